import meow, { type AnyFlag } from 'meow';
import { nearest } from '../../text/nearest.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { commands, commandUsage, type CommandName } from './command-table.ts';
import { defaultStoreFile } from './shared-flags.ts';
import { flagName, type CommandEntry, type Flag, type FlagSet } from './flag-definition.ts';

type FlagsOf<Name extends CommandName> = (typeof commands)[Name]['flags'];

/** A flag's value, with its default if the table has one; otherwise possibly undefined. */
type FlagValue<Of> = Of extends { kind: 'switch' }
  ? boolean
  : Of extends { kind: 'whole' }
    ? number
    : Of extends { repeatable: true }
      ? readonly string[]
      : (Of extends { choices: readonly (infer Choice)[] } ? Choice : string) | WithoutDefault<Of>;

type WithoutDefault<Of> = Of extends { default: string } ? never : undefined;

/** The parsed arguments of a command. */
export type ReadFlags<Name extends CommandName> = {
  /** The arguments that are not flags: files, or the name of a comparison. */
  readonly input: readonly string[];
  readonly flags: {
    readonly [Property in keyof FlagsOf<Name>]: FlagValue<FlagsOf<Name>[Property]>;
  };
  /** The number of times that each flag was given, to distinguish a default from a choice. */
  readonly given: ReadonlyMap<keyof FlagsOf<Name>, number>;
};

/** The same, for a command that is known only at run time. */
type UntypedFlags = {
  readonly input: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly given: ReadonlyMap<string, number>;
};

/**
 * Parses a command's arguments by the table. Throws UserError for a flag that is unknown to the
 * command, repeated or without its value, for a value that is not among its choices or out of
 * bounds, and for too many or too few arguments.
 */
export function readFlags<Name extends CommandName>(
  command: Name,
  argv: readonly string[],
): ReadFlags<Name>;
export function readFlags(command: CommandName, argv: readonly string[]): UntypedFlags {
  const flags: FlagSet = commands[command].flags;
  const given = flagsGiven(command, argv, flags);
  const read = meow({
    importMeta: import.meta,
    argv: [...argv],
    flags: Object.fromEntries(
      Object.entries(flags).map(([property, flag]) => [property, declaration(flag)]),
    ),
    autoHelp: false,
    autoVersion: false,
    // Without it, meow would look for a package.json. It names the process after this, too.
    pkg: { name: 'understudy', bin: 'understudy' },
    inferType: false,
  });
  checkInput(command, read.input);
  const found: Readonly<Record<string, unknown>> = read.flags;
  const values = Object.fromEntries(
    Object.entries(flags).map(([property, flag]) => {
      const value = found[property];
      const words = [value].flat().filter((word) => word !== '' && word !== undefined);
      if (words.length < (given.get(property) ?? 0)) {
        throw new UserError(
          `--${flagName(property, flag)} needs a value. See understudy ${command} --help.`,
        );
      }
      return [property, flagValue(flagName(property, flag), flag, value)];
    }),
  );
  return { input: read.input, flags: values, given };
}

/** Returns the number of times that the arguments name each flag, by its property. */
const flagsGiven = (
  command: CommandName,
  argv: readonly string[],
  flags: FlagSet,
): ReadonlyMap<string, number> => {
  const byName = new Map<string, readonly [property: string, flag: Flag]>();
  for (const [property, flag] of Object.entries(flags)) {
    byName.set(flagName(property, flag), [property, flag]);
    // `--redact` states the default.
    if (flag.kind === 'switch' && flag.default) byName.set(property, [property, flag]);
  }
  const given = new Map<string, number>();
  for (const argument of argv) {
    if (argument === '--') break;
    // A negative number is a value, although an invalid one.
    if (!/^-[^\d]/.test(argument)) continue;
    const [written = argument] = argument.split('=');
    const name = written.slice(2);
    const [property, flag] = (written.startsWith('--') ? byName.get(name) : undefined) ?? [];
    if (property === undefined || flag === undefined) {
      throw new UserError(
        `${command} has no flag ${printableLine(written)}. ${flagsMeant(written, flags)}See understudy ${command} --help.`,
      );
    }
    if (flag.kind === 'switch' && argument.includes('=')) {
      throw new UserError(`--${name} takes no value. Remove the = and the value.`);
    }
    const before = given.get(property) ?? 0;
    if (before > 0 && !(flag.kind === 'text' && flag.repeatable === true)) {
      throw new UserError(`--${name} is given twice. Give it once.`);
    }
    given.set(property, before + 1);
  }
  return given;
};

const flagsMeant = (written: string, flags: FlagSet): string => {
  const names = Object.entries(flags).map(([property, flag]) => flagName(property, flag));
  const meant = nearest(written.replace(/^-+/, ''), names).map((name) => `--${name}`);
  return meant.length === 0 ? '' : `Did you mean ${meant.join(' or ')}? `;
};

const declaration = (flag: Flag): AnyFlag => {
  if (flag.kind === 'switch') return { type: 'boolean', default: flag.default };
  const isMultiple = flag.kind === 'text' && flag.repeatable === true;
  return isMultiple ? { type: 'string', isMultiple } : { type: 'string' };
};

const flagValue = (name: string, flag: Flag, found: unknown): unknown => {
  if (flag.kind === 'switch') return found === true;
  if (flag.kind === 'text' && flag.repeatable === true) return found ?? [];
  if (typeof found !== 'string') return flag.default;
  if (flag.kind === 'whole') return wholeValue(name, flag, found);
  if (flag.kind === 'choice') return choiceValue(`--${name}`, flag.choices, found);
  return found;
};

const wholeValue = (
  name: string,
  { least, most, unit }: Extract<Flag, { kind: 'whole' }>,
  word: string,
): number => {
  const value = /^\d+$/.test(word.trim()) ? Number(word) : Number.NaN;
  if (value >= least && value <= most) return value;
  const counted = unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`;
  throw notThat(`--${name}`, `${counted} from ${least} ${upTo}`, word);
};

const choiceValue = (what: string, choices: readonly string[], word: string): string => {
  const found = choices.find((choice) => choice === word);
  if (found !== undefined) return found;
  const listed = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  throw notThat(what, listed, word);
};

/** Creates the error for an invalid value: `--port must be a whole number from …, not "x".` */
export const notThat = (flag: string, expected: string, word: string): UserError =>
  new UserError(
    `${flag} must be ${expected}, not ${JSON.stringify(printableLine(word)).slice(0, 200)}.`,
  );

const checkInput = (command: CommandName, input: readonly string[]): void => {
  const { arguments: taken }: CommandEntry = commands[command];
  const { choices, least, most, noun } = taken;
  const hint = taken.hint ?? `See understudy ${command} --help.`;
  if (input.length < least) {
    throw new UserError(`${command} needs ${noun}: ${commandUsage(command)}. ${hint}`);
  }
  const excess = most === null ? undefined : input[most];
  if (excess !== undefined) {
    const shown = JSON.stringify(printableLine(excess)).slice(0, 200);
    throw new UserError(
      most === 0
        ? `${command} takes no argument ${shown}. ${hint}`
        : `${command} takes ${noun}, and ${shown} is one more. ${hint}`,
    );
  }
  if (choices === undefined) return;
  for (const word of input) choiceValue(`The argument of ${command}`, choices, word);
};

/**
 * The store's file: the flag, else UNDERSTUDY_DB, else understudy.db in the working directory. Throws
 * UserError for a database in memory, which would keep nothing of what it is given.
 */
export const storeFile = (
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string => {
  const file = flag ?? (environment['UNDERSTUDY_DB'] || defaultStoreFile);
  if (file !== '' && file !== ':memory:') return file;
  throw new UserError(
    `The store is a file, and ${JSON.stringify(file)} would be gone when the command ends. Name a file with --db.`,
  );
};
