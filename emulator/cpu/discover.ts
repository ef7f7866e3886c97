/** Finds the code of a function to compile: everything its entry reaches by direct jumps, and behind its calls. */
import type { Insn } from '../isa/x64/row.ts';
import type { BasicBlock, Region } from './tier1.ts';

/** A region larger than this makes V8's optimiser slow. */
const LIMIT = 1500;

/** `at` decodes an instruction, or says undefined where there is none. */
export function discover(entry: number, at: (address: number) => Insn | undefined): Region | undefined {
  const insns = new Map<number, Insn>();
  const leaders = new Set([entry]);
  const work = [entry];
  while (work.length && insns.size < LIMIT) {
    let pc = work.pop() as number;
    while (!insns.has(pc) && insns.size < LIMIT) {
      const insn = at(pc);
      if (!insn) break;
      insns.set(pc, insn);
      const next = pc + insn.length;
      const name = insn.form.row.name;
      const target = insn.operands[0]?.is === 'rel' ? insn.operands[0].target : undefined;
      if (name === 'jmp') {
        if (target !== undefined) {
          leaders.add(target);
          work.push(target);
        }
        break;
      }
      if (name === 'jcc' && target !== undefined) {
        leaders.add(target);
        work.push(target);
      }
      if (name === 'ret' || name === 'ud2' || name === 'hlt') break;
      if (name === 'call' || name === 'syscall') {
        leaders.add(next);
        work.push(next);
        break;
      }
      pc = next;
    }
  }
  const blocks = new Map<number, BasicBlock>();
  for (const start of leaders) {
    if (!insns.has(start)) continue;
    const list: Insn[] = [];
    for (let pc = start; ; ) {
      const insn = insns.get(pc);
      if (!insn || (pc !== start && leaders.has(pc))) break;
      list.push(insn);
      pc += insn.length;
      if (['jmp', 'ret', 'call', 'syscall', 'ud2', 'hlt'].includes(insn.form.row.name)) break;
    }
    blocks.set(start, { start, insns: list });
  }
  return blocks.size ? { entry, blocks } : undefined;
}
