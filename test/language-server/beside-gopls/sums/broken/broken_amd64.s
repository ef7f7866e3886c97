#include "textflag.h"

TEXT ·Add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	MOVQ b+16(FP), BX
	ADDQX BX, AX
	MOVQ AX, ret+16(FP)
	RET
