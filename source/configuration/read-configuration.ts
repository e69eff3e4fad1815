import { readFile, stat } from 'node:fs/promises';
import { harmless } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { parseConfiguration } from './parse-configuration.ts';
import { settingsOf, type Settings } from './settings.ts';

/** The file that is read where no other is named. */
export const configurationFile = 'understudy.config.json';

/** A configuration is written by hand: a larger file is none. */
const maximumBytes = 1024 * 1024;

/**
 * The settings of a file: the one that `--config` names (`flag`), else UNDERSTUDY_CONFIG, else
 * understudy.config.json in the working directory if it is there, else none. The first two are named
 * by the user; the last is only found, and may send fewer keys. Throws UserError for a file that cannot be read or has a mistake in it.
 */
export const readConfiguration = async (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> => {
  const named = flag ?? (environment['UNDERSTUDY_CONFIG'] || undefined);
  const file = named ?? configurationFile;
  try {
    const { size, mtime } = await stat(file);
    if (size > maximumBytes) {
      throw new UserError(
        `The configuration ${harmless(file)} is larger than 1 MiB, so it is none. Name another one with --config.`,
      );
    }
    const text = await readFile(file, 'utf8');
    const day = mtime.toISOString().slice(0, 10);
    return settingsOf(parseConfiguration(text, file), {
      file,
      isNamed: named !== undefined,
      day,
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && named === undefined) return noSettings();
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? 'unknown reason'})`;
    throw new UserError(
      `The configuration ${harmless(file)} ${why}. Name another one with --config, or leave --config and UNDERSTUDY_CONFIG out.`,
    );
  }
};

/** The settings without a configuration. */
export const noSettings = (): Settings => settingsOf({}, { file: null, isNamed: false, day: '' });
