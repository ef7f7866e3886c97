#include "textflag.h"
#include "go_asm.h"

#define ADD3(a, b) \
	ADDQ a, b

GLOBL ·table(SB), NOPTR, $32

// func Sum(list []int64, start int64) (total int64)
TEXT ·Sum(SB), NOSPLIT, $8-40
	MOVQ list_base+0(FP), SI
	MOVQ list_len+8(FP), CX
	MOVQ start+24(FP),   AX
loop:
	TESTQ CX, CX
	JEQ   done
	ADD3((SI), AX)
	ADDQ  $8, SI
	DECQ  CX
	JMP   loop
done:
	MOVQ AX, 0(SP)
	CALL ·twice(SB)
	MOVQ AX, total+32(FP)
	RET

TEXT ·norm(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ point_x(SI), AX
	ADDQ point_y(SI), AX
	MOVQ $const_lanes, CX
	MOVQ AX, ret+8(FP)
	RET
