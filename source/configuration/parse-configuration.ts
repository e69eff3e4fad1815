import type { z } from 'zod';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { configurationSchema, type Configuration } from './configuration.ts';

/**
 * The configuration in a text of JSON. Throws UserError with one sentence that names `file` and the
 * place in it: what is no JSON, is not known, or has a value that cannot be.
 */
export const parseConfiguration = (text: string, file: string): Configuration => {
  const name = harmlessLine(file);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = error instanceof Error ? harmlessLine(error.message) : '';
    throw new UserError(`${name} is no JSON: ${why}. Put that right and run it again.`);
  }
  const read = configurationSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new UserError(
    issue === undefined ? `${name} is no configuration.` : `In ${name}, ${sentenceOf(issue)}.`,
  );
};

const sentenceOf = (issue: z.core.$ZodIssue): string => {
  const place = placeOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const inside = issue.path.length === 0 ? '' : ` in ${place}`;
      return `there is no setting ${issue.keys.map((key) => JSON.stringify(harmlessLine(key))).join(', ')}${inside}`;
    }
    case 'invalid_type':
      return `${place} is ${article(issue.expected)}, and what stands there is not`;
    case 'invalid_value':
      return `${place} is one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}, and what stands there is not`;
    case 'too_small':
      return `${place} is at least ${String(issue.minimum)}${issue.origin === 'string' ? ' character long' : ''}, and what stands there is less`;
    case 'too_big':
      return `${place} is at most ${String(issue.maximum)}, and what stands there is more`;
    case 'invalid_key': {
      const [inner] = issue.issues;
      return `${place} ${inner?.message ?? 'is no name'}`;
    }
    default:
      return `${place} ${issue.message}`;
  }
};

const article = (type: string): string =>
  type === 'int'
    ? 'a whole number'
    : type === 'object' || type === 'record'
      ? 'an object'
      : type === 'boolean'
        ? 'true or false'
        : `a ${type}`;

/** `providers.acme.headers["x-team name"]`. */
const placeOf = (path: readonly PropertyKey[]): string => {
  const place = path
    .map((key) => {
      const name = String(key);
      return /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(name)
        ? `.${name}`
        : `[${JSON.stringify(harmlessLine(name))}]`;
    })
    .join('')
    .replace(/^\./, '');
  return place === '' ? 'the whole' : place;
};
