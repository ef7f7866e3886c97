/**
 * The headers of Go's installation that nearly every file includes, by what they define: they are known without an
 * installation, in a browser too. Source: runtime/textflag.h and runtime/funcdata.h of Go 1.27.
 */
import { tokenize } from './lexer.ts';
import type { Macro } from './preprocess.ts';
import { TEXT_FLAGS } from './words.ts';

const FUNCDATA = `PCDATA_UnsafePoint 0;PCDATA_StackMapIndex 1;PCDATA_InlTreeIndex 2;PCDATA_ArgLiveIndex 3
PCDATA_PanicBounds 4;FUNCDATA_ArgsPointerMaps 0;FUNCDATA_LocalsPointerMaps 1;FUNCDATA_StackObjects 2
FUNCDATA_InlTree 3;FUNCDATA_OpenCodedDeferInfo 4;FUNCDATA_ArgInfo 5;FUNCDATA_ArgLiveInfo 6;FUNCDATA_WrapInfo 7
GO_ARGS FUNCDATA $FUNCDATA_ArgsPointerMaps, go_args_stackmap(SB)
GO_RESULTS_INITIALIZED PCDATA $PCDATA_StackMapIndex, $1
NO_LOCAL_POINTERS FUNCDATA $FUNCDATA_LocalsPointerMaps, no_pointers_stackmap(SB)
ArgsSizeUnknown 0x80000000`;

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
