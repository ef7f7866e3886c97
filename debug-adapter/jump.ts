/**
 * Going on elsewhere: "Jump to Cursor" within a function, and the calls of a line that a step can go into. Both are lists
 * that the client gets by number; the numbers hold until the program runs on.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Program } from '../emulator/symbols/program.ts';
import { functionRows, rowText } from './disassemble.ts';
import { Refusal } from './errors.ts';
import { branchTarget, flowOf } from './instructions.ts';
import { substituted } from './places.ts';
import { conclude, forget } from './run.ts';
import { adapterLine, checked, clientLine, type Session, targetOf } from './session.ts';
import { documentRows } from './source.ts';
import { frameOf, framesOf, registersOf, viewMemory } from './stack.ts';
import { threadNamed } from './threads.ts';

/** More calls than a line has. */
const CALL_LIMIT = 100;

export function gotoTargets(
  session: Session,
  args: DebugProtocol.GotoTargetsArguments,
): DebugProtocol.GotoTargetsResponse['body'] {
  const { program, machine } = targetOf(session);
  const source = checked<DebugProtocol.Source>(args.source, 'object', 'source');
  const line = adapterLine(session, Number(args.line));
  const document = source.sourceReference ? session.documents[source.sourceReference - 1] : undefined;
  const task = session.stop?.task ?? machine.current ?? 0;
  const own = program.functionAt(machine.arch.pc(registersOf(targetOf(session), task)));
  const found: { address: number; line: number }[] = document
    ? documentRows(session, document.address)
        .filter(row => row.line >= line)
        .slice(0, 1)
    : linesOf(program, substituted(source.path ?? '', session.launch?.substitutePath ?? []), line);
  // Another function's code would find a frame that is not its own.
  const inside = found.filter(({ address }) => own && address >= own.entry && address < own.end);
  session.gotoTargets = inside.map(({ address }) => address);
  return {
    targets: inside.map(({ address, line: at }, i) => ({
      id: i + 1,
      label: `${own!.name}, line ${clientLine(session, at)}`,
      line: clientLine(session, at),
      instructionPointerReference: `0x${address.toString(16)}`,
    })),
  };
}

function linesOf(program: Program, path: string, line: number): { address: number; line: number }[] {
  const found = program.pcsForLine(path, line);
  return found ? found.addresses.map(address => ({ address, line: found.line })) : [];
}

export function goTo(session: Session, args: DebugProtocol.GotoArguments): void {
  const target = targetOf(session);
  const { machine, program } = target;
  const { task, runs } = threadNamed(target, args.threadId);
  if (!runs) throw new Refusal('This goroutine does not run: it cannot go on elsewhere.');
  const address = session.gotoTargets[Number(args.targetId) - 1];
  if (address === undefined) throw new Refusal('This place to go to is gone: the program has run on since.');
  const registers = registersOf(target, task);
  const pc = machine.arch.pc(registers);
  const own = program.functionAt(pc);
  if (!own || address < own.entry || address >= own.end)
    throw new Refusal('The thread stands in another function: a jump there would find a frame that is not its own.');
  if (program.spDelta(pc) !== program.spDelta(address))
    throw new Refusal('The stack frame has another size there: step behind the prologue first.');
  machine.arch.setPc(registers, address);
  forget(session);
  conclude(session, { is: 'stopped', report: { reason: 'goto', task, breakpoints: [] } });
}

/** The line of an instruction as a frame sees it: what was inlined into it belongs to the line of the call. */
function placeAt(
  program: Program,
  address: number,
  level: number,
): { file: string | undefined; line: number } | undefined {
  const chain = program.inlinedAt(address);
  const call = chain[chain.length - 1 - level];
  return call ? { file: call.callFile, line: call.callLine } : program.lineAt(address);
}

/** A call that a step can go into. */
export interface CallSite {
  /** Of the call instruction. */
  readonly address: number;
}

export function stepInTargets(
  session: Session,
  args: DebugProtocol.StepInTargetsArguments,
): DebugProtocol.StepInTargetsResponse['body'] {
  const target = targetOf(session);
  const { program, machine } = target;
  const frame = frameOf(session, args.frameId);
  const { pc, function: fn, inlineLevel, file, line } = frame.view;
  session.callSites = [];
  if (!fn || framesOf(target, frame.task, 1)[0]?.pc !== pc) return { targets: [] };
  const memory = viewMemory(target, frame.task);
  const targets: DebugProtocol.StepInTarget[] = [];
  for (const row of functionRows(target, frame.task, fn)) {
    if (row.address < pc || !row.insn || flowOf(row.insn).is !== 'call' || targets.length >= CALL_LIMIT) continue;
    const at = placeAt(program, row.address, inlineLevel);
    if (at?.line !== line || at?.file !== file) continue;
    const branch = branchTarget(row.insn, machine.arch, registersOf(target, frame.task), memory);
    const callee = branch && !branch.indirect ? program.functionAt(branch.address)?.name : undefined;
    // What the compiler puts in between is nothing that anybody wrote.
    if (
      callee !== undefined &&
      /^runtime\.(more|gc|write|wb|panic|dup|duff|newobject|conv|slicebytetostring)/.test(callee)
    )
      continue;
    const id = session.callSites.push({ address: row.address });
    targets.push({ id, label: callee ?? rowText(target, row, session.launch?.syntax ?? 'go') });
  }
  return { targets };
}
