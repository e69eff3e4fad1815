import { chmodSync, constants, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { onStopSignal } from '../../threads/stop-signals.ts';
import { awaitBuild } from './store-build.ts';

/** A temporary copy of a store. */
export type StoreCopy = { readonly file: string; readonly remove: () => void };

/**
 * Copies the file of a store, which may be missing. It does not open the store, because SQLite would then
 * write files next to it. `purpose` says in messages what the copy is for. The copy is in the temporary
 * directory and shares blocks with the store if the file system can do that. `remove`, or a signal that ends the
 * program, deletes it. Waits while an import is building the store. Throws UserError if there is no room, or if
 * the store is written faster than it can be copied.
 */
export const copyStore = async (file: string, purpose = 'a dry run'): Promise<StoreCopy> => {
  await awaitBuild(file);
  const folder = mkdtempSync(join(tmpdir(), 'understudy-copy-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const release = onStopSignal(() => {
    remove();
    process.exit(130);
  });
  const copy: StoreCopy = {
    file: join(folder, 'understudy.db'),
    remove: () => {
      release();
      remove();
    },
  };
  try {
    for (let tries = 1; !copyOnce(file, copy.file); tries++) {
      if (tries < 5) continue;
      throw new UserError(
        `${printable(file)} is being written and cannot be copied for ${purpose}. Try again when nothing writes to it.`,
      );
    }
    return copy;
  } catch (error) {
    copy.remove();
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new UserError(
        `A copy of ${printable(file)} is needed for ${purpose}, and ${printable(tmpdir())} does not have enough space. Set TMPDIR to a directory that does.`,
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new UserError(
        `${printable(file)} cannot be read: permission denied. Check its permissions.`,
      );
    }
    throw error;
  }
};

/**
 * Copies the store once. Returns whether the copy is complete. Commits since the last checkpoint
 * are in the write-ahead log, which is copied second; growth of the log in between is harmless. A
 * checkpoint between the two copies changes the modification time of the store.
 */
const copyOnce = (from: string, to: string): boolean => {
  const before = statOf(from);
  if (before?.isDirectory()) {
    throw new UserError(`${printable(from)} is a directory. Name a file with --db.`);
  }
  if (before === null) {
    if (statOf(dirname(from)) !== null) return true;
    throw new UserError(
      `${printable(from)} cannot be created: there is no such directory. Create it, or name another file with --db.`,
    );
  }
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, 0o600);
  rmSync(`${to}-wal`, { force: true });
  if (statOf(`${from}-wal`) !== null) {
    copyFileSync(`${from}-wal`, `${to}-wal`);
    chmodSync(`${to}-wal`, 0o600);
  }
  const after = statOf(from);
  return after !== null && after.mtimeNs === before.mtimeNs && after.size === before.size;
};

const statOf = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
