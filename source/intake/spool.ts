import { createWriteStream, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { printable } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { onStopSignal } from '../threads/stop-signals.ts';

/**
 * Copies what can be read only once (a pipe) to a temporary file of mode 0600, and resolves to a path that
 * this process can read as often as it likes. The file lives as long as the process: where the system names
 * open files in `/dev/fd`, it has no name of its own, so that not even a killed process leaves it behind;
 * elsewhere the process removes it when it ends. A signal that stops the program ends it at once with exit
 * code 130. `name` is the input in messages. Throws UserError if the temporary directory has no room, and
 * the error of `source`.
 */
export const spool = async (source: Readable, name: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-input-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const release = onStopSignal(() => process.exit(130));
  try {
    const file = join(folder, 'traffic');
    const descriptor = openSync(file, 'wx+', 0o600);
    const byDescriptor = `/dev/fd/${descriptor}`;
    const isNameless = existsSync(byDescriptor);
    if (isNameless) {
      remove();
      process.off('exit', remove);
    }
    await pipeline(source, createWriteStream(file, { fd: descriptor, autoClose: false }));
    return isNameless ? byDescriptor : file;
  } catch (error) {
    remove();
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw new UserError(
      `${printable(name)} is copied to a temporary file, and ${printable(tmpdir())} does not have enough space for it. Set TMPDIR to a directory that does.`,
      { cause: error },
    );
  } finally {
    release();
  }
};
