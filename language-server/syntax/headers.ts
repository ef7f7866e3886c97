/**
 * The headers of Go's installation that nearly every file includes, by what they define: they are known without an
 * installation, in a browser too. Source: runtime/textflag.h and runtime/funcdata.h of Go 1.27.
 */
import { tokenize } from './lexer.ts';
import type { Macro } from './preprocess.ts';

/** Flags of TEXT and GLOBL, with what each means. */
export const TEXT_FLAGS: Readonly<Record<string, { readonly value: number; readonly sentence: string }>> = {
  NOPROF: { value: 1, sentence: 'Not profiled. Deprecated: it has no effect any more.' },
  DUPOK: { value: 2, sentence: 'More than one copy may be linked; the linker keeps one.' },
  NOSPLIT: { value: 4, sentence: 'No check for stack growth: the frame and all callees must fit into what is left.' },
  RODATA: { value: 8, sentence: 'The data is read-only.' },
  NOPTR: { value: 16, sentence: 'The data holds no pointers: the garbage collector does not look at it.' },
  WRAPPER: { value: 32, sentence: 'A wrapper, which does not count as disabling recover.' },
  NEEDCTXT: { value: 64, sentence: 'A closure: it uses the context register.' },
  TLSBSS: { value: 256, sentence: 'A word of thread-local storage.' },
  NOFRAME: { value: 512, sentence: 'No frame is made, even where the function calls: only with a frame size of 0.' },
  REFLECTMETHOD: { value: 1024, sentence: 'It can call reflect.Type.Method: the linker keeps all exported methods.' },
  TOPFRAME: { value: 2048, sentence: 'The outermost frame: an unwinder stops here.' },
  ABIWRAPPER: { value: 4096, sentence: 'A wrapper between two ABIs.' },
};

const FUNCDATA = `PCDATA_UnsafePoint 0;PCDATA_StackMapIndex 1;PCDATA_InlTreeIndex 2;PCDATA_ArgLiveIndex 3
PCDATA_PanicBounds 4;FUNCDATA_ArgsPointerMaps 0;FUNCDATA_LocalsPointerMaps 1;FUNCDATA_StackObjects 2
FUNCDATA_InlTree 3;FUNCDATA_OpenCodedDeferInfo 4;FUNCDATA_ArgInfo 5;FUNCDATA_ArgLiveInfo 6;FUNCDATA_WrapInfo 7
GO_ARGS FUNCDATA $FUNCDATA_ArgsPointerMaps, go_args_stackmap(SB)
GO_RESULTS_INITIALIZED PCDATA $PCDATA_StackMapIndex, $1
NO_LOCAL_POINTERS FUNCDATA $FUNCDATA_LocalsPointerMaps, no_pointers_stackmap(SB)
ArgsSizeUnknown 0x80000000`;

export const MACRO_SENTENCES: Readonly<Record<string, string>> = {
  GO_ARGS: 'The arguments’ pointers are described by the Go declaration of this function.',
  GO_RESULTS_INITIALIZED: 'From here on the results hold values that the garbage collector may look at.',
  NO_LOCAL_POINTERS: 'The frame holds no pointers to the heap while this function calls others.',
};

const macro = (name: string, text: string): Macro => ({
  name,
  body: tokenize(text).map(({ kind, text: word }) => ({ kind, text: word })),
});

const HEADERS: Readonly<Record<string, readonly Macro[]>> = {
  'textflag.h': Object.entries(TEXT_FLAGS).map(([name, { value }]) => macro(name, String(value))),
  'funcdata.h': FUNCDATA.split(/[;\n]/).map(line => {
    const blank = line.indexOf(' ');
    return macro(line.slice(0, blank), line.slice(blank + 1));
  }),
};

/** What a header defines; undefined for one that is not of the installation. */
export function headerMacros(name: string): readonly Macro[] | undefined {
  return HEADERS[name.slice(name.lastIndexOf('/') + 1)];
}
