import { nearest } from '../text/nearest.ts';
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import {
  commandNames,
  isCommandName,
  type Command,
  type CommandName,
} from './flags/command-table.ts';
import type { ExitCode } from './flags/flag-definition.ts';
import { Interrupted } from '../text/interrupted.ts';

const loaders: { readonly [Name in CommandName]: () => Promise<Command<Name>> } = {
  demo: async () => (await import('./demo.ts')).demo,
  compare: async () => (await import('./compare.ts')).compare,
  replay: async () => (await import('./replay.ts')).replay,
  review: async () => (await import('./review.ts')).review,
  judge: async () => (await import('./judge.ts')).judge,
  summary: async () => (await import('./summary.ts')).summary,
  export: async () => (await import('./export.ts')).exportComparison,
  verdicts: async () => (await import('./import-verdicts.ts')).importVerdicts,
  rules: async () => (await import('./rules.ts')).rules,
  spend: async () => (await import('./spend.ts')).spend,
  import: async () => (await import('./import.ts')).importFiles,
  record: async () => (await import('./record.ts')).record,
  merge: async () => (await import('./merge.ts')).merge,
  scrub: async () => (await import('./scrub.ts')).scrub,
  backup: async () => (await import('./backup.ts')).backup,
  models: async () => (await import('./models.ts')).models,
  completion: async () => (await import('./completion.ts')).completion,
};

/**
 * Runs a command and resolves to its exit code. A UserError becomes one line on stderr. Any other error
 * is a bug, and the promise rejects with it.
 */
export const runCommand = async (name: string, argv: readonly string[]): Promise<ExitCode> => {
  try {
    if (!isCommandName(name)) throw unknownCommand(name);
    const command = await loaders[name]();
    return await command(argv);
  } catch (error) {
    if (error instanceof UserError) {
      // A file name in the message may contain a line feed.
      process.stderr.write(`understudy: ${printableLine(error.message)}\n`);
      return 2;
    }
    if (error instanceof Interrupted) {
      process.stderr.write(`${printableLine(error.message)}\n`);
      return 130;
    }
    throw error;
  }
};

const unknownCommand = (name: string): UserError => {
  const meant = nearest(name, commandNames);
  const hint =
    meant.length > 0
      ? `Did you mean ${meant.join(' or ')}?`
      : `Commands: ${commandNames.join(', ')}.`;
  return new UserError(
    `There is no command ${JSON.stringify(name)}. ${hint} See understudy --help.`,
  );
};
