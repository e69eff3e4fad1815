import meow, { type AnyFlags, type Result } from 'meow';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import type { CommandName } from './help.ts';

/**
 * Reads a command's arguments. Flags have no defaults here, so that a command can tell a default
 * from a choice. Throws UserError for a flag that the command does not have, that is given twice, or
 * that lacks its value.
 */
export const readFlags = <Flags extends AnyFlags>(
  command: CommandName,
  argv: readonly string[],
  flags: Flags,
): Pick<Result<Flags>, 'input' | 'flags'> => {
  const known = new Set(Object.keys(flags).map(dashed));
  const repeatable = new Set(
    Object.keys(flags)
      .filter((name) => flags[name]?.isMultiple === true)
      .map(dashed),
  );
  const given = new Set<string>();
  for (const argument of argv) {
    if (argument === '--') break;
    const name = /^--?(?:no-)?([^=]+)/.exec(argument)?.[1];
    // A negative number is a value, if a wrong one.
    if (name === undefined || !argument.startsWith('-') || /^-\d/.test(argument)) continue;
    if (!known.has(name)) {
      throw new UserError(
        `${command} has no flag ${harmlessLine(argument.split('=')[0] ?? argument)}. See understudy ${command} --help.`,
      );
    }
    if (given.has(name) && !repeatable.has(name))
      throw new UserError(`--${name} is given twice. Name it once.`);
    given.add(name);
  }
  const read = meow({
    importMeta: import.meta,
    argv: [...argv],
    flags,
    autoHelp: false,
    autoVersion: false,
    // Nothing of package.json is wanted, so it is not looked for.
    pkg: {},
    inferType: false,
  });
  for (const [name, value] of Object.entries(read.flags)) {
    if (value === '' || (Array.isArray(value) && value.includes(''))) {
      throw new UserError(`--${dashed(name)} needs a value. See understudy ${command} --help.`);
    }
  }
  return read;
};

const dashed = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The store's file: the flag, else UNDERSTUDY_DB, else understudy.db in the working directory. */
export const storeFile = (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string => flag ?? (environment['UNDERSTUDY_DB'] || 'understudy.db');
