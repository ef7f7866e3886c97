/** What holds in a whole function by its convention: g, the zero register, frame pointer, closure, and what is free. */
import { hex } from './go-values.ts';
import type { FunctionFacts, Sureness } from './roles.ts';
import { type Draft, goName, read, set, valueHex } from './roles-draft.ts';

/** g, the zero register, stack and frame pointer: as far as the function's convention promises them. */
export function fixedRoles(draft: Draft, f: FunctionFacts, withLine: boolean): void {
  const { conventions, facts } = draft;
  const { goInternal, stack } = conventions;
  if (f.abi !== 'ABIInternal') {
    const why = 'ABI0 leaves it undefined';
    set(draft, goInternal.g, { role: 'undefined in ABI0', sure: f.sure ? 'certain' : 'likely', why });
    if (goInternal.zero)
      set(draft, goInternal.zero, { role: 'undefined in ABI0', sure: f.sure ? 'certain' : 'likely', why });
    return;
  }
  const sure: Sureness = f.sure ? 'computed' : 'likely';
  set(draft, stack.framePointer, { role: 'frame pointer', sure, why: 'ABIInternal' });
  const { goroutine } = facts;
  const running = facts.function ? ` ${facts.function.name}` : '';
  const text = !goroutine
    ? ''
    : goroutine.id === 0
      ? `system stack${goroutine.serves === undefined ? '' : ` of goroutine ${goroutine.serves}`}, running${running}`
      : goroutine.status === 'running'
        ? `goroutine ${goroutine.id}, running${running}`
        : `goroutine ${goroutine.id}, status ${goroutine.status}`;
  set(draft, goInternal.g, {
    role: 'current goroutine (g)',
    sure,
    why: 'ABIInternal keeps g there',
    decoded: text || undefined,
  });
  if (goInternal.zero) {
    set(draft, goInternal.zero, { role: 'always zero', sure, why: 'ABIInternal keeps it zero between functions' });
  }
  if (withLine || facts.atEntry) {
    draft.lines.push({
      is: 'value',
      places: [goName(draft, goInternal.g)],
      raw: valueHex(draft, goInternal.g),
      name: 'g',
      type: '',
      text,
    });
  }
}

/** Names that the compiler gives to function literals, to what `defer` and `go` wrap, and to method values. */
export const CLOSURES = /\.(func|deferwrap|gowrap)\d+(\.\d+)*$|\.\d+$|-fm$/;

export function closure(draft: Draft, isClosure: boolean): void {
  const register = draft.conventions.goInternal.closure;
  if (!isClosure) return;
  const value = read(draft, register);
  set(draft, register, {
    role: 'closure context',
    sure: 'likely',
    why: 'a call through a func value passes its closure there',
  });
  draft.lines.push({
    is: 'value',
    places: [goName(draft, register)],
    raw: hex(value),
    name: '',
    type: '',
    text: 'closure context',
  });
}

export function freeLine(draft: Draft): void {
  const { goInternal } = draft.conventions;
  const free = [goInternal.closure, ...goInternal.scratch].filter(register => !draft.here.has(register));
  for (const register of free) {
    set(draft, register, { role: 'free here', sure: 'computed', why: 'ABIInternal passes nothing in it' });
  }
  const { zero } = goInternal;
  draft.lines.push({
    is: 'others',
    places: free.map(register => goName(draft, register)),
    text: 'free here',
    besides: zero ? `${goName(draft, zero)}  ${zeroText(read(draft, zero))}` : undefined,
  });
}

function zeroText(value: bigint): string {
  return value === 0n ? '0 (always)' : `${hex(value)} (should be 0: code that is not Go's changed it)`;
}
