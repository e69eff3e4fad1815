/** The properties common to all flags. */
type FlagFacts = {
  /** A sentence fragment for help: lower case, no full stop at the end. */
  readonly help: string;
  readonly group: FlagGroup;
  /** Whether the command requires it. */
  readonly required?: true;
};

/** A flag that is on or off. One that is on by default is written `--no-NAME`. */
export type SwitchFlag = FlagFacts & { readonly kind: 'switch'; readonly default: boolean };

/** A flag whose value is a whole number within inclusive bounds. */
export type WholeFlag = FlagFacts & {
  readonly kind: 'whole';
  /** The value's placeholder in help. */
  readonly value: string;
  /** The unit of the number, for messages. */
  readonly unit?: string;
  readonly least: number;
  readonly most: number;
  readonly default: number;
};

/** A flag whose value is one of a few words. */
export type ChoiceFlag = FlagFacts & {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
  /** A description of the default, if it is not a single value. */
  readonly otherwise?: string;
};

/** A flag whose value is parsed by its command. */
export type TextFlag = FlagFacts & {
  readonly kind: 'text';
  readonly value: string;
  readonly repeatable?: true;
  readonly default?: string;
  readonly otherwise?: string;
  /** The completions of the value in a shell: file names, or these words. */
  readonly completes?: 'files' | readonly string[];
};

export type Flag = SwitchFlag | WholeFlag | ChoiceFlag | TextFlag;

/** Flags by the name of their property in code: `dryRun` is written `--dry-run`. */
export type FlagSet = Readonly<Record<string, Flag>>;

/** A paragraph of help, or a titled list of terms with their explanations. */
export type HelpBlock =
  | string
  | { readonly title: string; readonly rows: readonly (readonly [term: string, text: string])[] };

/** The positional arguments of a command. */
export type CommandArguments = {
  /** The form in help, such as `FILES…`; empty if there are none. */
  readonly usage: string;
  /** The noun for one of them, with its article, for messages. */
  readonly noun: string;
  readonly least: 0 | 1;
  /** Null for any number. */
  readonly most: 0 | 1 | null;
  readonly choices?: readonly string[];
  /** Whether they are files, if there is at most one. */
  readonly completes?: 'files';
  /** Advice after a refusal. */
  readonly hint?: string;
};

/** One command: everything for its help, its parser and its documentation. */
export type CommandEntry = {
  /** One line for lists of commands. */
  readonly purpose: string;
  readonly arguments: CommandArguments;
  readonly about: readonly HelpBlock[];
  /** The meaning of an exit code here, if the general meaning is not enough. */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>;
  readonly flags: FlagSet;
  /** The text after the flags in help. */
  readonly notes: readonly HelpBlock[];
};

/** The meaning of every exit code, common to all commands. */
export const exitCodes = {
  0: 'done',
  1: 'a check was not met',
  2: 'an error that you can mend, or a run that could not finish; one sentence says what, where and what to do next',
  3: 'there is not enough evidence yet to decide a check',
  130: 'interrupted; everything is kept',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** The headings of flags in help, in order. */
export const flagGroups = {
  models: 'Models',
  selection:
    'Which captures to replay (all conditions must hold; a comparison remembers its selection)',
  run: 'The run',
  requests: 'Requests',
  traffic: 'Reading files',
  proxy: 'The proxy',
  output: 'Output',
  general: 'General',
} as const;

export type FlagGroup = keyof typeof flagGroups;

/**
 * Returns a flag's name as typed, without its dashes: `dryRun` is `dry-run`, `redact` is
 * `no-redact`.
 */
export const flagName = (property: string, flag: Flag): string => {
  const dashed = property.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return flag.kind === 'switch' && flag.default ? `no-${dashed}` : dashed;
};

/** Returns the placeholder for a flag's value in help; null for a switch. */
export const flagPlaceholder = (flag: Flag): string | null => {
  if (flag.kind === 'switch') return null;
  return flag.kind === 'choice' ? flag.choices.join('|') : flag.value;
};

/** Returns a flag as typed, with the placeholder for its value: `--db FILE`. */
export const flagTerm = (property: string, flag: Flag): string => {
  const placeholder = flagPlaceholder(flag);
  return `--${flagName(property, flag)}${placeholder === null ? '' : ` ${placeholder}`}`;
};

/** Describes the default of a flag; null if there is none. */
export const flagDefault = (flag: Flag): string | null => {
  if (flag.kind === 'switch') return null;
  if (flag.kind !== 'whole' && flag.otherwise !== undefined) return flag.otherwise;
  return flag.default === undefined ? null : String(flag.default);
};
