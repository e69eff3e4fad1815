import { open } from 'node:fs/promises';
import { printable } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { resolveSettings, type Settings } from './settings.ts';

/** The default name of the configuration file. */
export const configurationFile = 'understudy.config.json';

/** The size limit. People write configurations by hand, so a larger file is something else. */
const maximumBytes = 1024 * 1024;

/**
 * Reads the configuration file: the one given by `--config` (`flag`), otherwise the one given by
 * UNDERSTUDY_CONFIG, otherwise understudy.config.json in the working directory if it exists.
 * Without a file, returns the defaults. Throws UserError if the file cannot be read or contains a
 * mistake.
 */
export const readConfiguration = async (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> => {
  const named = flag ?? (environment['UNDERSTUDY_CONFIG'] || undefined);
  const file = named ?? configurationFile;
  try {
    const { text, day } = await readLimited(file);
    // Loads zod, which a start without a file does not need.
    const { parseConfiguration } = await import('./configuration-schema.ts');
    return resolveSettings(parseConfiguration(text, file), {
      file,
      isNamed: named !== undefined,
      day,
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && named === undefined) return noSettings();
    const why =
      code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown reason'})`;
    throw new UserError(
      `The configuration ${printable(file)} ${why}. Name another file with --config, or omit --config and unset UNDERSTUDY_CONFIG.`,
    );
  }
};

/**
 * The text of a file or a pipe, and the day of its last change. A device may have no end, so it is not read,
 * and a pipe is not read beyond the limit.
 */
const readLimited = async (
  file: string,
): Promise<{ readonly text: string; readonly day: string }> => {
  const handle = await open(file, 'r');
  try {
    const found = await handle.stat();
    // Reading a directory fails with its own code.
    if (!found.isFile() && !found.isFIFO() && !found.isDirectory()) {
      throw new UserError(
        `The configuration ${printable(file)} is neither a file nor a pipe. Name another file with --config.`,
      );
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > maximumBytes) {
        throw new UserError(
          `The configuration ${printable(file)} is larger than 1 MiB, so it cannot be a configuration. Name another file with --config.`,
        );
      }
    }
    const text = Buffer.concat(chunks).toString('utf8');
    return { text, day: found.mtime.toISOString().slice(0, 10) };
  } finally {
    await handle.close();
  }
};

/** The settings without a configuration. */
export const noSettings = (): Settings =>
  resolveSettings({}, { file: null, isNamed: false, day: '' });
