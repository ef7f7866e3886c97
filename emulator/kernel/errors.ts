/**
 * What a syscall handler throws when the call fails: `throw ENOENT`. The dispatcher catches it, and the call returns
 * −errno. The restart codes (include/linux/errno.h) are thrown by calls that a signal interrupts; they never reach the
 * program, which sees the call made again, or EINTR.
 */

export class Errno {
  readonly name: string;
  readonly number: number;
  constructor(name: string, number: number) {
    this.name = name;
    this.number = number;
  }
}

const byNumber = new Map<number, Errno>();

function errno(name: string, number: number): Errno {
  const e = new Errno(name, number);
  byNumber.set(number, e);
  return e;
}

/** The constant with this number; EIO for a number that has no name. */
export function errnoOf(number: number): Errno {
  return byNumber.get(number) ?? EIO;
}

/** The constant with this name, as a `Host` answers it; EIO for a name that is none. */
export function errnoNamed(name: string): Errno {
  for (const e of byNumber.values()) if (e.name === name) return e;
  return EIO;
}

export const EPERM = errno('EPERM', 1);
export const ENOENT = errno('ENOENT', 2);
export const ESRCH = errno('ESRCH', 3);
export const EINTR = errno('EINTR', 4);
export const EIO = errno('EIO', 5);
export const ENXIO = errno('ENXIO', 6);
export const E2BIG = errno('E2BIG', 7);
export const ENOEXEC = errno('ENOEXEC', 8);
export const EBADF = errno('EBADF', 9);
export const ECHILD = errno('ECHILD', 10);
export const EAGAIN = errno('EAGAIN', 11);
export const ENOMEM = errno('ENOMEM', 12);
export const EACCES = errno('EACCES', 13);
export const EFAULT = errno('EFAULT', 14);
export const ENOTBLK = errno('ENOTBLK', 15);
export const EBUSY = errno('EBUSY', 16);
export const EEXIST = errno('EEXIST', 17);
export const EXDEV = errno('EXDEV', 18);
export const ENODEV = errno('ENODEV', 19);
export const ENOTDIR = errno('ENOTDIR', 20);
export const EISDIR = errno('EISDIR', 21);
export const EINVAL = errno('EINVAL', 22);
export const ENFILE = errno('ENFILE', 23);
export const EMFILE = errno('EMFILE', 24);
export const ENOTTY = errno('ENOTTY', 25);
export const ETXTBSY = errno('ETXTBSY', 26);
export const EFBIG = errno('EFBIG', 27);
export const ENOSPC = errno('ENOSPC', 28);
export const ESPIPE = errno('ESPIPE', 29);
export const EROFS = errno('EROFS', 30);
export const EMLINK = errno('EMLINK', 31);
export const EPIPE = errno('EPIPE', 32);
export const EDOM = errno('EDOM', 33);
export const ERANGE = errno('ERANGE', 34);
export const EDEADLK = errno('EDEADLK', 35);
export const ENAMETOOLONG = errno('ENAMETOOLONG', 36);
export const ENOLCK = errno('ENOLCK', 37);
export const ENOSYS = errno('ENOSYS', 38);
export const ENOTEMPTY = errno('ENOTEMPTY', 39);
export const ELOOP = errno('ELOOP', 40);
export const ENOMSG = errno('ENOMSG', 42);
export const EIDRM = errno('EIDRM', 43);
export const ECHRNG = errno('ECHRNG', 44);
export const EL2NSYNC = errno('EL2NSYNC', 45);
export const EL3HLT = errno('EL3HLT', 46);
export const EL3RST = errno('EL3RST', 47);
export const ELNRNG = errno('ELNRNG', 48);
export const EUNATCH = errno('EUNATCH', 49);
export const ENOCSI = errno('ENOCSI', 50);
export const EL2HLT = errno('EL2HLT', 51);
export const EBADE = errno('EBADE', 52);
export const EBADR = errno('EBADR', 53);
export const EXFULL = errno('EXFULL', 54);
export const ENOANO = errno('ENOANO', 55);
export const EBADRQC = errno('EBADRQC', 56);
export const EBADSLT = errno('EBADSLT', 57);
export const EBFONT = errno('EBFONT', 59);
export const ENOSTR = errno('ENOSTR', 60);
export const ENODATA = errno('ENODATA', 61);
export const ETIME = errno('ETIME', 62);
export const ENOSR = errno('ENOSR', 63);
export const ENONET = errno('ENONET', 64);
export const ENOPKG = errno('ENOPKG', 65);
export const EREMOTE = errno('EREMOTE', 66);
export const ENOLINK = errno('ENOLINK', 67);
export const EADV = errno('EADV', 68);
export const ESRMNT = errno('ESRMNT', 69);
export const ECOMM = errno('ECOMM', 70);
export const EPROTO = errno('EPROTO', 71);
export const EMULTIHOP = errno('EMULTIHOP', 72);
export const EDOTDOT = errno('EDOTDOT', 73);
export const EBADMSG = errno('EBADMSG', 74);
export const EOVERFLOW = errno('EOVERFLOW', 75);
export const ENOTUNIQ = errno('ENOTUNIQ', 76);
export const EBADFD = errno('EBADFD', 77);
export const EREMCHG = errno('EREMCHG', 78);
export const ELIBACC = errno('ELIBACC', 79);
export const ELIBBAD = errno('ELIBBAD', 80);
export const ELIBSCN = errno('ELIBSCN', 81);
export const ELIBMAX = errno('ELIBMAX', 82);
export const ELIBEXEC = errno('ELIBEXEC', 83);
export const EILSEQ = errno('EILSEQ', 84);
export const ERESTART = errno('ERESTART', 85);
export const ESTRPIPE = errno('ESTRPIPE', 86);
export const EUSERS = errno('EUSERS', 87);
export const ENOTSOCK = errno('ENOTSOCK', 88);
export const EDESTADDRREQ = errno('EDESTADDRREQ', 89);
export const EMSGSIZE = errno('EMSGSIZE', 90);
export const EPROTOTYPE = errno('EPROTOTYPE', 91);
export const ENOPROTOOPT = errno('ENOPROTOOPT', 92);
export const EPROTONOSUPPORT = errno('EPROTONOSUPPORT', 93);
export const ESOCKTNOSUPPORT = errno('ESOCKTNOSUPPORT', 94);
export const EOPNOTSUPP = errno('EOPNOTSUPP', 95);
export const EPFNOSUPPORT = errno('EPFNOSUPPORT', 96);
export const EAFNOSUPPORT = errno('EAFNOSUPPORT', 97);
export const EADDRINUSE = errno('EADDRINUSE', 98);
export const EADDRNOTAVAIL = errno('EADDRNOTAVAIL', 99);
export const ENETDOWN = errno('ENETDOWN', 100);
export const ENETUNREACH = errno('ENETUNREACH', 101);
export const ENETRESET = errno('ENETRESET', 102);
export const ECONNABORTED = errno('ECONNABORTED', 103);
export const ECONNRESET = errno('ECONNRESET', 104);
export const ENOBUFS = errno('ENOBUFS', 105);
export const EISCONN = errno('EISCONN', 106);
export const ENOTCONN = errno('ENOTCONN', 107);
export const ESHUTDOWN = errno('ESHUTDOWN', 108);
export const ETOOMANYREFS = errno('ETOOMANYREFS', 109);
export const ETIMEDOUT = errno('ETIMEDOUT', 110);
export const ECONNREFUSED = errno('ECONNREFUSED', 111);
export const EHOSTDOWN = errno('EHOSTDOWN', 112);
export const EHOSTUNREACH = errno('EHOSTUNREACH', 113);
export const EALREADY = errno('EALREADY', 114);
export const EINPROGRESS = errno('EINPROGRESS', 115);
export const ESTALE = errno('ESTALE', 116);
export const EUCLEAN = errno('EUCLEAN', 117);
export const ENOTNAM = errno('ENOTNAM', 118);
export const ENAVAIL = errno('ENAVAIL', 119);
export const EISNAM = errno('EISNAM', 120);
export const EREMOTEIO = errno('EREMOTEIO', 121);
export const EDQUOT = errno('EDQUOT', 122);
export const ENOMEDIUM = errno('ENOMEDIUM', 123);
export const EMEDIUMTYPE = errno('EMEDIUMTYPE', 124);
export const ECANCELED = errno('ECANCELED', 125);
export const ENOKEY = errno('ENOKEY', 126);
export const EKEYEXPIRED = errno('EKEYEXPIRED', 127);
export const EKEYREVOKED = errno('EKEYREVOKED', 128);
export const EKEYREJECTED = errno('EKEYREJECTED', 129);
export const EOWNERDEAD = errno('EOWNERDEAD', 130);
export const ENOTRECOVERABLE = errno('ENOTRECOVERABLE', 131);
export const ERFKILL = errno('ERFKILL', 132);
export const EHWPOISON = errno('EHWPOISON', 133);

export const EDEADLOCK = EDEADLK;
export const ENOTSUP = EOPNOTSUPP;
export const EWOULDBLOCK = EAGAIN;

/** Restart if the handler has SA_RESTART (or if there is no handler), else EINTR. */
export const ERESTARTSYS = errno('ERESTARTSYS', 512);
/** Always restart. */
export const ERESTARTNOINTR = errno('ERESTARTNOINTR', 513);
/** Restart if no handler runs, else EINTR. */
export const ERESTARTNOHAND = errno('ERESTARTNOHAND', 514);
/** Restart through restart_syscall if no handler runs, else EINTR. */
export const ERESTART_RESTARTBLOCK = errno('ERESTART_RESTARTBLOCK', 516);
