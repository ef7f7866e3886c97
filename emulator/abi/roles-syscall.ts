import { hex } from './go-values.ts';
import type { Stop, StopFacts } from './roles.ts';
import { type Draft, manualName, plain, set, valueHex } from './roles-draft.ts';
import type { ResultKind } from './row.ts';
import { syscallByNumber, syscallRow } from './syscalls.ts';

export function atSyscall(draft: Draft): Pick<Stop, 'convention' | 'call'> {
  const { facts, conventions, here, lines } = draft;
  const number = facts.arch.syscall.number(facts.registers);
  const args = facts.arch.syscall.args(facts.registers);
  const why = 'the instruction is a system call';
  const name = syscallByNumber(facts.arch.syscall.column, number);
  const row = name && syscallRow(name);
  const described = facts.describeCall?.(number, args);
  const shown = (register: string): string => manualName(draft, register);

  const title = name ?? `system call ${number}, which Linux does not have`;
  const after = row ? `→ after: ${RESULT_WORDS[name] ?? RESULTS[row.result]}` : '→ after: −ENOSYS';
  set(draft, conventions.syscall.number, { role: 'number', sure: 'certain', why, decoded: title });
  lines.push({
    is: 'value',
    places: [shown(conventions.syscall.number)],
    raw: valueHex(draft, conventions.syscall.number),
    name: 'number',
    type: '',
    text: title,
    after,
  });

  const names = row ? Object.keys(row.args) : [];
  const unused: string[] = [];
  conventions.syscall.args.forEach((register, i) => {
    const argument = names[i];
    if (argument === undefined) {
      if (row) {
        unused.push(register);
        set(draft, register, {
          role: `unused by ${name}`,
          sure: 'certain',
          why: `${name} takes ${names.length} arguments`,
        });
      }
      return;
    }
    let text = described?.args.find(a => a.name === argument)?.text ?? described?.args[i]?.text ?? '';
    if (text === '') text = plain(args[i]);
    const meaning = row?.args[argument].meaning.is;
    const fd =
      meaning === 'fd' || meaning === 'dirfd' ? facts.describeFd?.(Number(BigInt.asIntN(32, args[i]))) : undefined;
    if (fd !== undefined && !text.includes('<')) text = `${text} (${fd})`;
    set(draft, register, { role: argument, sure: 'certain', why, decoded: text });
    lines.push({ is: 'value', places: [shown(register)], raw: hex(args[i]), name: argument, type: '', text });
  });
  for (const { register, with: what } of conventions.syscall.clobbered) {
    if (!here.has(register))
      set(draft, register, {
        role: 'will be overwritten',
        sure: 'certain',
        why: `the instruction leaves the ${what} there`,
      });
  }
  const overwritten = conventions.syscall.clobbered;
  lines.push({
    is: 'others',
    places: unused.map(shown),
    text: unused.length > 0 ? `unused by ${name}` : '',
    besides:
      overwritten.length > 0
        ? `${overwritten.map(c => shown(c.register)).join(', ')}  will be overwritten (${overwritten.map(c => c.with).join(', ')})`
        : undefined,
  });
  if (described) lines.push({ is: 'text', text: described.text });
  return {
    convention: { name: 'Linux syscall ABI', sure: 'certain', why },
    call: {
      name: name ?? `syscall_${number}`,
      number,
      when: 'enter',
      text: described?.text ?? '',
      args: described?.args ?? [],
    },
  };
}

export function behindSyscall(
  draft: Draft,
  returned: NonNullable<StopFacts['returned']>,
): Pick<Stop, 'convention' | 'call'> {
  const { facts, conventions, lines } = draft;
  const why = 'a system call has just returned';
  const name = syscallByNumber(facts.arch.syscall.column, returned.number) ?? `syscall_${returned.number}`;
  const described = facts.describeCall?.(returned.number, returned.args, returned.result);
  const result = described?.result ?? returned.result.toString();
  const shown = (register: string): string => manualName(draft, register);
  set(draft, conventions.syscall.result, { role: 'result', sure: 'certain', why, decoded: result });
  lines.push({
    is: 'value',
    places: [shown(conventions.syscall.result)],
    raw: valueHex(draft, conventions.syscall.result),
    name: 'result',
    type: '',
    text: result,
  });
  for (const { register, with: what } of conventions.syscall.clobbered) {
    set(draft, register, { role: `was overwritten with the ${what}`, sure: 'certain', why });
  }
  const overwritten = conventions.syscall.clobbered;
  if (overwritten.length > 0) {
    lines.push({
      is: 'others',
      places: overwritten.map(c => shown(c.register)),
      text: `were overwritten (${overwritten.map(c => c.with).join(', ')})`,
    });
  }
  if (described) lines.push({ is: 'text', text: described.text });
  return {
    convention: { name: 'Linux syscall ABI', sure: 'certain', why },
    call: {
      name,
      number: returned.number,
      when: 'exit',
      text: described?.text ?? '',
      args: described?.args ?? [],
      result,
    },
  };
}

/** The numbers of a result in words. */
const RESULTS: Record<ResultKind, string> = {
  number: 'result, or −errno',
  fd: 'new file descriptor, or −errno',
  address: 'address, or −errno',
  pid: 'process id, or −errno',
  hex: 'result, or −errno',
  octal: 'previous mode',
  none: 'does not return, or cannot fail',
};
const RESULT_WORDS: Record<string, string> = Object.fromEntries([
  ...['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg'].map(n => [n, 'bytes written, or −errno']),
  ...[
    'read',
    'readv',
    'pread64',
    'preadv',
    'recvfrom',
    'recvmsg',
    'getrandom',
    'readlink',
    'readlinkat',
    'getdents64',
  ].map(n => [n, 'bytes read, or −errno']),
  ...['exit', 'exit_group', 'rt_sigreturn'].map(n => [n, 'does not return']),
  ...['execve', 'execveat'].map(n => [n, 'does not return, or −errno']),
  ...[
    'close',
    'fstat',
    'newfstatat',
    'munmap',
    'mprotect',
    'uname',
    'chdir',
    'unlink',
    'mkdir',
    'nanosleep',
    'sigaltstack',
    'rt_sigaction',
    'rt_sigprocmask',
  ].map(n => [n, '0, or −errno']),
]);
