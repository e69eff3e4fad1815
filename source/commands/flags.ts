import meow, { type AnyFlags, type Result } from 'meow';
import { harmless } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import type { CommandName } from './help.ts';

/**
 * Reads a command's arguments. Flags have no defaults here, so that a command can tell a default
 * from a choice. Throws UserError for a flag that the command does not have.
 */
export const readFlags = <Flags extends AnyFlags>(
  command: CommandName,
  argv: readonly string[],
  flags: Flags,
): Pick<Result<Flags>, 'input' | 'flags'> => {
  const known = new Set(Object.keys(flags).map(dashed));
  for (const argument of argv) {
    if (argument === '--') break;
    const name = /^--?(?:no-)?([^=]+)/.exec(argument)?.[1];
    if (argument.startsWith('-') && argument !== '-' && name !== undefined && !known.has(name)) {
      throw new UserError(
        `${command} has no flag ${harmless(argument.split('=')[0] ?? argument)}. See understudy ${command} --help.`,
      );
    }
  }
  return meow({
    importMeta: import.meta,
    argv: [...argv],
    flags,
    autoHelp: false,
    autoVersion: false,
    inferType: false,
  });
};

const dashed = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The store's file: the flag, else UNDERSTUDY_DB, else understudy.db in the working directory. */
export const storeFile = (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string => flag ?? (environment['UNDERSTUDY_DB'] || 'understudy.db');
