/**
 * What a syscall handler throws when the call fails: `throw ENOENT`. The dispatcher catches it, and the call returns
 * −errno. The rows stand in abi/errno.ts; here they get their short names.
 */
import { ERRNO, type Errno, errnoByName, errnoByNumber, RESTART } from '../abi/errno.ts';

export { Errno } from '../abi/errno.ts';

export const {
  EPERM,
  ENOENT,
  ESRCH,
  EINTR,
  EIO,
  ENXIO,
  E2BIG,
  ENOEXEC,
  EBADF,
  ECHILD,
  EAGAIN,
  ENOMEM,
  EACCES,
  EFAULT,
  ENOTBLK,
  EBUSY,
  EEXIST,
  EXDEV,
  ENODEV,
  ENOTDIR,
  EISDIR,
  EINVAL,
  ENFILE,
  EMFILE,
  ENOTTY,
  ETXTBSY,
  EFBIG,
  ENOSPC,
  ESPIPE,
  EROFS,
  EMLINK,
  EPIPE,
  EDOM,
  ERANGE,
  EDEADLK,
  ENAMETOOLONG,
  ENOLCK,
  ENOSYS,
  ENOTEMPTY,
  ELOOP,
  ENOMSG,
  EIDRM,
  ECHRNG,
  EL2NSYNC,
  EL3HLT,
  EL3RST,
  ELNRNG,
  EUNATCH,
  ENOCSI,
  EL2HLT,
  EBADE,
  EBADR,
  EXFULL,
  ENOANO,
  EBADRQC,
  EBADSLT,
  EBFONT,
  ENOSTR,
  ENODATA,
  ETIME,
  ENOSR,
  ENONET,
  ENOPKG,
  EREMOTE,
  ENOLINK,
  EADV,
  ESRMNT,
  ECOMM,
  EPROTO,
  EMULTIHOP,
  EDOTDOT,
  EBADMSG,
  EOVERFLOW,
  ENOTUNIQ,
  EBADFD,
  EREMCHG,
  ELIBACC,
  ELIBBAD,
  ELIBSCN,
  ELIBMAX,
  ELIBEXEC,
  EILSEQ,
  ESTRPIPE,
  EUSERS,
  ENOTSOCK,
  EDESTADDRREQ,
  EMSGSIZE,
  EPROTOTYPE,
  ENOPROTOOPT,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  EOPNOTSUPP,
  EPFNOSUPPORT,
  EAFNOSUPPORT,
  EADDRINUSE,
  EADDRNOTAVAIL,
  ENETDOWN,
  ENETUNREACH,
  ENETRESET,
  ECONNABORTED,
  ECONNRESET,
  ENOBUFS,
  EISCONN,
  ENOTCONN,
  ESHUTDOWN,
  ETOOMANYREFS,
  ETIMEDOUT,
  ECONNREFUSED,
  EHOSTDOWN,
  EHOSTUNREACH,
  EALREADY,
  EINPROGRESS,
  ESTALE,
  EUCLEAN,
  ENOTNAM,
  ENAVAIL,
  EISNAM,
  EREMOTEIO,
  EDQUOT,
  ENOMEDIUM,
  EMEDIUMTYPE,
  ECANCELED,
  ENOKEY,
  EKEYEXPIRED,
  EKEYREVOKED,
  EKEYREJECTED,
  EOWNERDEAD,
  ENOTRECOVERABLE,
  ERFKILL,
  EHWPOISON,
} = ERRNO;

export const EWOULDBLOCK = EAGAIN;
export const ENOTSUP = EOPNOTSUPP;

/** The constant with this number; EIO for a number that has no name. */
export const errnoOf = (number: number): Errno => errnoByNumber(number) ?? EIO;

/** The constant with this name, as a `Host` answers it; EIO for a name that is none. */
export const errnoNamed = (name: string): Errno => errnoByName(name) ?? EIO;

/** Thrown by calls that a signal interrupts: the program sees the call made again, or EINTR. */
export class Restart {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

/** Restart if the handler has SA_RESTART (or if no handler runs), else EINTR. */
export const ERESTARTSYS = new Restart(RESTART.ERESTARTSYS[0]);
/** Always restart. */
export const ERESTARTNOINTR = new Restart(RESTART.ERESTARTNOINTR[0]);
/** Restart if no handler runs, else EINTR. */
export const ERESTARTNOHAND = new Restart(RESTART.ERESTARTNOHAND[0]);
/** Restart through restart_syscall if no handler runs, else EINTR. */
export const ERESTART_RESTARTBLOCK = new Restart(RESTART.ERESTART_RESTARTBLOCK[0]);
