import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { argumentError, storeErrors } from './store-errors.ts';

/**
 * Writes a file by `write`, which gets the name of an empty file that only its owner can read, and puts it
 * at `target` when it is complete and on the disk. Returns its size in bytes. Throws UserError if there is
 * a file at `target`, which stays as it is, or if the file cannot be written.
 */
export const writeWhole = (target: string, write: (file: string) => void): number => {
  if (existsSync(target)) throw isThere(target);
  try {
    return storeErrors(target, () => writeBeside(target, write));
  } catch (error) {
    throw argumentError(error);
  }
};

const writeBeside = (target: string, write: (file: string) => void): number => {
  const partial = join(dirname(target), `.${basename(target)}.partial`);
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o600));
    write(partial);
    const descriptor = openSync(partial, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
    linkSync(partial, target);
    return statSync(target).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw isThere(target);
    throw error;
  } finally {
    rmSync(partial, { force: true });
  }
};

const isThere = (target: string): UserError =>
  new UserError(
    `${printable(target)} exists, and a backup overwrites nothing. Name another file, or remove it.`,
  );
