import { constants, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { harmless } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';

/** A copy of a store that is thrown away. */
export type StoreCopy = { readonly file: string; readonly remove: () => void };

/**
 * Copies the store of a file, which may not exist and is not opened: SQLite would write beside it.
 * The copy is in the temporary directory, shares its blocks with the store where the file system can,
 * and goes away with `remove` or with a signal that ends the program. Throws UserError when there is
 * no room for it and while the store is written faster than it can be copied.
 */
export const copyStore = (file: string): StoreCopy => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-dry-run-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const quit = (): never => {
    remove();
    process.exit(130);
  };
  for (const name of names) process.on(name, quit);
  const copy: StoreCopy = {
    file: join(folder, 'understudy.db'),
    remove: () => {
      for (const name of names) process.removeListener(name, quit);
      remove();
    },
  };
  try {
    for (let tries = 1; !copyOnce(file, copy.file); tries++) {
      if (tries < 5) continue;
      throw new UserError(
        `${harmless(file)} is being written, so that it cannot be copied for a dry run. Try again when it is at rest.`,
      );
    }
    return copy;
  } catch (error) {
    copy.remove();
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new UserError(
        `A dry run works on a copy of ${harmless(file)}, and ${harmless(tmpdir())} has no room for it. Set TMPDIR to a directory that has.`,
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new UserError(`${harmless(file)} cannot be read: no permission. See its rights.`);
    }
    throw error;
  }
};

/**
 * Whether the copy is whole. What was committed since the last checkpoint is in the log beside the
 * store, which is copied second: a log that is longer by then does no harm, and a checkpoint between
 * the two changes the store's time.
 */
const copyOnce = (from: string, to: string): boolean => {
  const before = statOf(from);
  if (before?.isDirectory()) {
    throw new UserError(`${harmless(from)} is a directory. Name a file with --db.`);
  }
  if (before === null) {
    if (statOf(dirname(from)) !== null) return true;
    throw new UserError(
      `${harmless(from)} cannot be created: there is no such directory. Create it, or name another file with --db.`,
    );
  }
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  rmSync(`${to}-wal`, { force: true });
  if (statOf(`${from}-wal`) !== null) copyFileSync(`${from}-wal`, `${to}-wal`);
  const after = statOf(from);
  return after !== null && after.mtimeNs === before.mtimeNs && after.size === before.size;
};

const statOf = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
