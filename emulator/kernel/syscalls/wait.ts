/** Waiting for children: wait4, waitid (kernel/exit.c). */
import { P, W } from '../../abi/flags.ts';
import { CLD_CODE, SIG } from '../../abi/signals.ts';
import { RUSAGE } from '../../abi/structs.ts';
import { writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result } from '../context.ts';
import { ECHILD, EINVAL } from '../errors.ts';
import { childInfo, SIGINFO_SIZE } from '../siginfo.ts';
import type { Process } from '../state.ts';
import { processTime, reap } from '../tasks.ts';
import { rusage } from './system.ts';

type Change = { child: Process; code: number; status: number };

/** What wait4's status says of the child, if it has something to say. */
function changeOf(child: Process, options: number, exited: boolean): Change | undefined {
  const { run } = child;
  if (run.is === 'zombie') {
    if (!exited) return undefined;
    const killed = (run.status & 0x7f) !== 0;
    const code = killed ? (run.status & 0x80 ? CLD_CODE.CLD_DUMPED : CLD_CODE.CLD_KILLED) : CLD_CODE.CLD_EXITED;
    return { child, code, status: run.status };
  }
  if (run.is === 'stopped' && options & W.WUNTRACED && !child.stopReported)
    return { child, code: CLD_CODE.CLD_STOPPED, status: (run.signo << 8) | 0x7f };
  if (child.continued && options & W.WCONTINUED) return { child, code: CLD_CODE.CLD_CONTINUED, status: 0xffff };
  return undefined;
}

/** Looks for a child; undefined: none has changed yet. Throws ECHILD if there is none to wait for. */
function findChange(c: Context, match: (p: Process) => boolean, options: number, exited: boolean): Change | undefined {
  const children = [...c.state.processes.values()].filter(p => p.parent === c.process.id && match(p));
  if (children.length === 0) throw ECHILD;
  for (const child of children) {
    const change = changeOf(child, options, exited);
    if (change) return change;
  }
  return undefined;
}

function consume(c: Context, change: Change, options: number): void {
  if (options & W.WNOWAIT) return;
  if (change.code === CLD_CODE.CLD_STOPPED) change.child.stopReported = true;
  else if (change.code === CLD_CODE.CLD_CONTINUED) change.child.continued = false;
  else reap(c, change.child);
}

const waitForChild = (c: Context): Result =>
  c.block({ what: 'child', keys: [`child:${c.process.id}`], onSignal: 'restart' });

function matches(c: Context, pid: number): (p: Process) => boolean {
  if (pid > 0) return p => p.id === pid;
  if (pid === -1) return () => true;
  const group = pid === 0 ? c.process.group : -pid;
  return p => p.group === group;
}

export const waitCalls: HandlerTable = {
  wait4(c, { upid, stat_addr, options, ru }) {
    const known = W.WNOHANG | W.WUNTRACED | W.WCONTINUED | W.__WNOTHREAD | W.__WCLONE | W.__WALL;
    if (options & ~known) throw EINVAL;
    const change = findChange(c, matches(c, upid), options, true);
    if (!change) return options & W.WNOHANG ? 0 : waitForChild(c);
    const status = new Uint8Array(4);
    new DataView(status.buffer).setInt32(0, change.status, true);
    if (stat_addr !== 0) c.space.write(stat_addr, status);
    if (ru !== 0) c.space.write(ru, writeStruct(RUSAGE, rusage(processTime(c, change.child))));
    consume(c, change, options);
    return change.child.id;
  },
  waitid(c, { which, upid, infop, options, ru }) {
    const known = W.WNOHANG | W.WNOWAIT | W.WEXITED | W.WSTOPPED | W.WCONTINUED | W.__WNOTHREAD | W.__WCLONE | W.__WALL;
    if (options & ~known || !(options & (W.WEXITED | W.WSTOPPED | W.WCONTINUED))) throw EINVAL;
    let match: (p: Process) => boolean;
    if (which === P.P_ALL) match = () => true;
    else if (which === P.P_PID && upid > 0) match = p => p.id === upid;
    else if (which === P.P_PGID && upid >= 0) match = p => p.group === (upid || c.process.group);
    else if (which === P.P_PIDFD && c.files.pidfdProcess) {
      const id = c.files.pidfdProcess(c, upid);
      match = p => p.id === id;
    } else throw EINVAL;
    const change = findChange(c, match, options, (options & W.WEXITED) !== 0);
    if (!change) {
      if (!(options & W.WNOHANG)) return waitForChild(c);
      if (infop !== 0) c.space.write(infop, new Uint8Array(SIGINFO_SIZE));
      return 0;
    }
    const { child, code } = change;
    const told = code === CLD_CODE.CLD_EXITED ? change.status >> 8 : change.status & 0x7f;
    const stop = child.run.is === 'stopped' ? child.run.signo : SIG.SIGCONT;
    const status = child.run.is === 'zombie' ? told : stop;
    if (infop !== 0) c.space.write(infop, childInfo(SIG.SIGCHLD, code, child.id, child.credentials.uid, status, 0n));
    if (ru !== 0) c.space.write(ru, writeStruct(RUSAGE, rusage(processTime(c, child))));
    consume(c, change, options);
    return 0;
  },
};
