import { open } from 'node:fs/promises';
import type { z } from 'zod';
import { printable, printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { configurationSchema, type Configuration } from './configuration-schema.ts';
import { resolveSettings, type Settings } from './settings.ts';

/** The file that is read if no other is named. */
export const configurationFile = 'understudy.config.json';

/** People write configurations by hand, so a larger file is something else. */
const maximumBytes = 1024 * 1024;

/**
 * Reads the configuration file that `--config` names (`flag`), else the one that UNDERSTUDY_CONFIG names,
 * else understudy.config.json in the working directory if it exists. Without a file the settings are
 * the defaults. Throws UserError if the file cannot be read or contains a mistake.
 */
export const readConfiguration = async (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> => {
  const named = flag ?? (environment['UNDERSTUDY_CONFIG'] || undefined);
  const file = named ?? configurationFile;
  try {
    const { text, day } = await readLimited(file);
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

/**
 * Parses the text of a configuration file. Throws UserError with the name of the file and the first
 * setting that is unknown or has an invalid value, or if the text is not JSON.
 */
export const parseConfiguration = (text: string, file: string): Configuration => {
  const name = printableLine(file);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = error instanceof Error ? printableLine(error.message) : '';
    throw new UserError(`${name} is not JSON: ${why}. Correct it and run the command again.`);
  }
  const read = configurationSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new UserError(
    issue === undefined ? `${name} is not a configuration.` : `In ${name}, ${issueText(issue)}.`,
  );
};

const issueText = (issue: z.core.$ZodIssue): string => {
  const place = settingName(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const inside = issue.path.length === 0 ? '' : ` in ${place}`;
      return `there is no setting ${issue.keys.map((key) => JSON.stringify(printableLine(key))).join(', ')}${inside}`;
    }
    case 'invalid_type':
      return `${place} must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return `${place} must be one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}`;
    case 'too_small':
      return `${place} must be at least ${String(issue.minimum)}${issue.origin === 'string' ? ' character long' : ''}`;
    case 'too_big':
      return `${place} must be at most ${String(issue.maximum)}`;
    case 'invalid_key': {
      const [inner] = issue.issues;
      return `${place} ${inner?.message ?? 'is not a valid name'}`;
    }
    default:
      return `${place} ${issue.message}`;
  }
};

const typeName = (type: string): string =>
  type === 'int'
    ? 'a whole number'
    : type === 'object' || type === 'record'
      ? 'an object'
      : type === 'boolean'
        ? 'true or false'
        : `a ${type}`;

/** `providers.acme.headers["x-team name"]`. */
const settingName = (path: readonly PropertyKey[]): string => {
  const place = path
    .map((key) => {
      const name = String(key);
      return /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(name)
        ? `.${name}`
        : `[${JSON.stringify(printableLine(name))}]`;
    })
    .join('')
    .replace(/^\./, '');
  return place === '' ? 'the configuration' : place;
};
