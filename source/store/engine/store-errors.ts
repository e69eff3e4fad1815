import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';

/**
 * Converts an error of SQLite or the file system to a UserError if the user can fix the cause: a
 * full disk, a lock, missing permissions, a file that is not a database. Returns any other error
 * unchanged, because it is a bug. `waitedMs` is how long the work waited for a lock.
 */
export const storeError = (error: unknown, file: string, waitedMs = 0): unknown => {
  const sentence = sentenceOf(codeOf(error), printable(file), waitedMs);
  return sentence === null ? error : new UserError(sentence, { cause: error });
};

/** Does work on the store's file. Throws the result of `storeError` on an error. */
export const storeErrors = <T>(file: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw storeError(error, file);
  }
};

/**
 * An error about a file that is an argument of the command: the advice to name another one is not about `--db`.
 * Returns anything but a UserError unchanged.
 */
export const argumentError = (error: unknown): unknown =>
  error instanceof UserError
    ? new UserError(error.message.replace(/ with --db\.$/, '.'), { cause: error.cause })
    : error;

/**
 * Whether the store could not be opened because its file, its directory or its disk takes no writes; it may
 * still be readable.
 */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof UserError &&
  /^(?:SQLITE_(?:READONLY|CANTOPEN|FULL|IOERR|PERM)|EACCES$|EPERM$|EROFS$|ENOSPC$|EDQUOT$)/.test(
    codeOf(error.cause),
  );

/** Whether another process holds the lock that the work needs. */
export const isLocked = (error: unknown): boolean => /^SQLITE_(?:BUSY|LOCKED)/.test(codeOf(error));

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const sentenceOf = (code: string, file: string, waitedMs: number): string | null => {
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return `The disk that holds ${file} is full. What was saved is kept; free some space and run the same command again.`;
  }
  if (code === 'EFBIG') {
    return `${file} may not grow any more: it is as large as the file system or a limit (ulimit -f) allows. Name another file, or raise the limit, and run the same command again.`;
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return `${file} could not be read or written (${code}). Check the disk, its free space and that the directory still exists; then run the same command again.`;
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    const locked =
      waitedMs < 100
        ? 'is locked by another program'
        : `has been locked by another program for ${(waitedMs / 1000).toFixed(1)} seconds`;
    return `${file} ${locked}. Close it there and run the same command again.`;
  }
  if (code === 'SQLITE_NOTADB') {
    return `${file} is not a SQLite database. Name another file with --db.`;
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return `${file} is damaged (${code}). Keep a copy; sqlite3 ${file} .recover may recover its contents.`;
  }
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    code === 'SQLITE_PERM' ||
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EROFS'
  ) {
    return `${file} cannot be written. Check the permissions of the file and of its directory, or name another file with --db.`;
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return `${file} cannot be created: there is no such directory. Create it, or name another file with --db.`;
  }
  if (code === 'ELOOP') {
    return `${file} is a symbolic link that leads back to itself. Name another file with --db.`;
  }
  if (code === 'ENAMETOOLONG') {
    return `The name of the store is longer than the file system allows: ${file.slice(0, 60)}… Name another file with --db.`;
  }
  if (code === 'EISDIR') return `${file} is a directory. Name a file with --db.`;
  return null;
};
