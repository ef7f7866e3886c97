/** The names that file system code compares with all the time, taken out of their tables in abi/flags.ts. */
import { AT, AT_FACCESS, O, POLL, S, S_IF } from '../../abi/flags.ts';

export const { S_IFSOCK, S_IFLNK, S_IFREG, S_IFBLK, S_IFDIR, S_IFCHR, S_IFIFO } = S_IF;
export const { S_ISUID, S_ISGID, S_ISVTX } = S;
export const { O_ACCMODE, O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK } = O;
export const { O_DIRECT, O_LARGEFILE, O_DIRECTORY, O_NOFOLLOW, O_NOCTTY, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE } = O;
export { AT_FDCWD } from '../../abi/flags.ts';
export const { AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, AT_REMOVEDIR } = AT;
export const { AT_EACCESS } = AT_FACCESS;
export const { POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM, POLLRDHUP } = POLL;

/** The file type's part of st_mode. */
export const S_IFMT = 0o170000;
/** Longest path with its NUL, and longest name, in bytes. */
export const PATH_MAX = 4096;
export const NAME_MAX = 255;
