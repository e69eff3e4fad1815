import { flagTerm, type CommandEntry, type ExitCode } from './flag-definition.ts';
import { replayCommands } from './replay-commands.ts';
import { reviewCommands } from './review-commands.ts';
import { trafficCommands } from './traffic-commands.ts';
import { storeCommands } from './store-commands.ts';
import { configFlag, helpFlag, jsonFlag, noArguments } from './shared-flags.ts';

// The single table of commands and flags, in a file for each group of commands. It generates the parser,
// the help, docs/commands.md, the README's list of commands and the completion scripts. It is loaded at
// every start, so it imports no package and only small modules.

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Commands about the program itself. */
export const programCommands = {
  models: {
    purpose: 'the catalogue: providers, prices, published scores, whether a key is set',
    arguments: noArguments,
    about: [
      'Prints the catalogue of models, with current prices, and of providers. With --baseline, it prints published prices and scores next to those of one model.',
    ],
    exits: {},
    flags: {
      baseline: {
        kind: 'text',
        value: 'NAME',
        group: 'output',
        help: "compare prices with this model's",
      },
      ...jsonFlag,
      ...configFlag,
      ...helpFlag,
    },
    notes: [],
  },
  completion: {
    purpose: 'a completion script for bash, zsh or fish',
    arguments: {
      usage: shells.join('|'),
      noun: 'a shell',
      least: 1,
      most: 1,
      choices: shells,
    },
    about: [
      'Prints a script that completes commands, flags and their values.',
      {
        title: 'Install it with',
        rows: [
          ['bash', `eval "$(understudy completion bash)" in ~/.bashrc`],
          ['zsh', `eval "$(understudy completion zsh)" in ~/.zshrc, after compinit`],
          ['fish', 'understudy completion fish > ~/.config/fish/completions/understudy.fish'],
        ],
      },
    ],
    exits: {},
    flags: helpFlag,
    notes: [],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

/** Every command, in the order in which a new user meets them. */
export const commands = {
  ...replayCommands,
  ...reviewCommands,
  ...trafficCommands,
  ...storeCommands,
  ...programCommands,
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandName = keyof typeof commands;

export const commandNames = Object.keys(commands) as readonly CommandName[];

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** A command: takes its arguments without its own name, returns an exit code. */
export type Command<Name extends CommandName> = (
  argv: readonly string[],
) => Promise<0 | 2 | 130 | Extract<keyof (typeof commands)[Name]['exits'], ExitCode>>;

/** Returns the usage of a command: its name, its arguments and its required flags. */
export const commandUsage = (name: CommandName): string => {
  const { arguments: taken, flags }: CommandEntry = commands[name];
  const required = Object.entries(flags)
    .filter(([, flag]) => flag.required === true)
    .map(([property, flag]) => flagTerm(property, flag));
  return ['understudy', name, taken.usage, ...required].filter((word) => word !== '').join(' ');
};
