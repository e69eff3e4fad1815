import type * as z from 'zod';
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { configurationSchema, type Configuration } from './configuration-schema.ts';

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

/** The most values that a message lists. */
const mostListed = 20;

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
      // What is one of very many says itself what it should be.
      if (issue.values.length > mostListed) return `${place} ${issue.message}`;
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

/** `providers.acme.headers["x-team name"]`, `rules[0].path`. */
const settingName = (path: readonly PropertyKey[]): string => {
  const place = path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(name)
        ? `.${name}`
        : `[${JSON.stringify(printableLine(name))}]`;
    })
    .join('')
    .replace(/^\./, '');
  return place === '' ? 'the configuration' : place;
};
