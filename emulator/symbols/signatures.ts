/**
 * Go declarations of the assembly functions on the way into the kernel, for programs that do not describe them: a
 * stripped one, or one where no Go code needed the compiler's wrapper.
 *
 * Source: the declarations in syscall, internal/runtime/syscall, runtime/os_linux.go, runtime/stubs*.go and
 * golang.org/x/sys/unix.
 */
import type { Value, ValueType } from '../abi/go-abi.ts';

/** A suffix of the name, then arguments, then results. Types are the few of SCALARS and pointers. */
const DECLARATIONS = `
syscall.Syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) r1, r2, errno uintptr
syscall/linux.Syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) r1, r2, errno uintptr
unix.Syscall(trap, a1, a2, a3 uintptr) r1, r2 uintptr, err syscall.Errno
unix.RawSyscall(trap, a1, a2, a3 uintptr) r1, r2 uintptr, err syscall.Errno
unix.Syscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) r1, r2 uintptr, err syscall.Errno
unix.RawSyscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) r1, r2 uintptr, err syscall.Errno
unix.SyscallNoError(trap, a1, a2, a3 uintptr) r1, r2 uintptr
unix.RawSyscallNoError(trap, a1, a2, a3 uintptr) r1, r2 uintptr
syscall.Syscall(trap, a1, a2, a3 uintptr) r1, r2 uintptr, err syscall.Errno
syscall.RawSyscall(trap, a1, a2, a3 uintptr) r1, r2 uintptr, err syscall.Errno
syscall.RawSyscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) r1, r2 uintptr, err syscall.Errno
syscall.rawVforkSyscall(trap, a1, a2, a3 uintptr) r1 uintptr, err syscall.Errno
runtime.write1(fd uintptr, p unsafe.Pointer, n int32) ret int32
runtime.read(fd int32, p unsafe.Pointer, n int32) ret int32
runtime.open(name *byte, mode, perm int32) ret int32
runtime.closefd(fd int32) ret int32
runtime.exit(code int32)
runtime.exitThread(wait *atomic.Uint32)
runtime.usleep(usec uint32)
runtime.gettid() ret uint32
runtime.futex(addr unsafe.Pointer, op int32, val uint32, ts, addr2 unsafe.Pointer, val3 uint32) ret int32
runtime.clone(flags int32, stk, mp, gp, fn unsafe.Pointer) ret int32
runtime.sysMmap(addr unsafe.Pointer, n uintptr, prot, flags, fd int32, off uint32) p unsafe.Pointer, err int
runtime.sysMunmap(addr unsafe.Pointer, n uintptr)
runtime.madvise(addr unsafe.Pointer, n uintptr, flags int32) ret int32
runtime.rt_sigaction(sig uintptr, new, old *sigactiont, size uintptr) ret int32
runtime.rtsigprocmask(how int32, new, old *sigset, size int32)
runtime.sigaltstack(new, old *stackt)
runtime.tgkill(tgid, tid, sig int)
runtime.sched_getaffinity(pid, len uintptr, buf *byte) ret int32
runtime.memmove(to, from unsafe.Pointer, n uintptr)
runtime.memclrNoHeapPointers(ptr unsafe.Pointer, n uintptr)
runtime.memequal(a, b unsafe.Pointer, size uintptr) ret bool
runtime.cmpstring(a, b string) ret int
runtime.morestack()
runtime.morestack_noctxt()
runtime.goexit()
runtime.gogo(buf *gobuf)
runtime.mstart()
runtime.asminit()
runtime.publicationBarrier()
runtime.procyield(cycles uint32)
runtime.osyield()
runtime.nanotime1() ret int64
runtime.walltime() sec int64, nsec int32
runtime.asmcgocall(fn, arg unsafe.Pointer) ret int32
time.now() sec int64, nsec int32, mono int64
runtime.getfp() ret uintptr
runtime.mcall(fn func(*g))
runtime.systemstack(fn func())
runtime.memhash(p unsafe.Pointer, h, s uintptr) ret uintptr
runtime.strhash(p unsafe.Pointer, h uintptr) ret uintptr
bytealg.IndexByte(b []uint8, c uint8) ret int
bytealg.IndexByteString(s string, c uint8) ret int
bytealg.Index(a, b []uint8) ret int
bytealg.IndexString(a, b string) ret int
bytealg.Count(b []uint8, c uint8) ret int
bytealg.CountString(s string, c uint8) ret int
bytealg.Compare(a, b []uint8) ret int
`;

const BYTE: ValueType = { kind: 'uint', name: 'uint8', size: 1 };

const SCALARS: Readonly<Record<string, ValueType>> = {
  uintptr: { kind: 'uint', name: 'uintptr', size: 8 },
  int: { kind: 'int', name: 'int', size: 8 },
  int64: { kind: 'int', name: 'int64', size: 8 },
  int32: { kind: 'int', name: 'int32', size: 4 },
  uint32: { kind: 'uint', name: 'uint32', size: 4 },
  uint8: BYTE,
  '[]uint8': { kind: 'slice', name: '[]uint8', size: 24, element: () => BYTE },
  string: { kind: 'string', name: 'string', size: 16 },
  'func()': { kind: 'func', name: 'func()', size: 8 },
  'func(*g)': { kind: 'func', name: 'func(*g)', size: 8 },
  bool: { kind: 'bool', name: 'bool', size: 1 },
  'syscall.Errno': { kind: 'uint', name: 'syscall.Errno', size: 8 },
};

const typeNamed = (name: string): ValueType => SCALARS[name] ?? { kind: 'pointer', name, size: 8 };

/** "a, b uintptr, c int32": names take the type of the next one that has one. */
function values(list: string, isResult: boolean): Value[] {
  const found: Value[] = [];
  let type = '';
  for (const item of list
    .split(',')
    .map(text => text.trim())
    .reverse()) {
    if (item === '') continue;
    const [name, own] = item.split(' ');
    if (own !== undefined) type = own;
    found.unshift({ name, type: typeNamed(type), isResult });
  }
  return found;
}

const KNOWN: ReadonlyMap<string, readonly Value[]> = new Map(
  DECLARATIONS.trim()
    .split('\n')
    .map(line => {
      const [, name, args, results] = line.match(/^([^(]+)\((.*)\)(?: (.*))?$/)!;
      return [name, [...values(args, false), ...values(results ?? '', true)]] as const;
    }),
);

/** Arguments and results of a function by its name, or undefined. */
export function knownSignature(name: string): readonly Value[] | undefined {
  for (let at = 0; at >= 0; at = name.indexOf('/', at + 1)) {
    const found = KNOWN.get(at === 0 ? name : name.slice(at + 1));
    if (found) return found;
  }
  return undefined;
}
