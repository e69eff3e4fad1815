import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { commands, helpText, isCommandName } from './help.ts';
import { Interrupted } from '../text/interrupted.ts';
import { version } from './version.ts';

/** What a command is: its arguments without its own name in, the exit code out. */
export type Command = (argv: readonly string[]) => Promise<number>;

const loaders: Record<keyof typeof commands, () => Promise<Command>> = {
  demo: async () => (await import('./demo.ts')).demo,
  compare: async () => (await import('./compare.ts')).compare,
  replay: async () => (await import('./replay.ts')).replay,
  review: async () => (await import('./review.ts')).review,
  summary: async () => (await import('./summary.ts')).summary,
  spend: async () => (await import('./spend.ts')).spend,
  import: async () => (await import('./import.ts')).importFiles,
  record: async () => (await import('./record.ts')).record,
  scrub: async () => (await import('./scrub.ts')).scrub,
  models: async () => (await import('./models.ts')).models,
};

/**
 * Runs the command that the arguments name and returns the exit code: 0 done, 2 the user's mistake
 * or a failed prerequisite, 130 interrupted. A bug of ours rejects and so ends with its stack.
 */
export const main = async (argv: readonly string[]): Promise<number> => {
  // A reader that has had enough (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const [name, ...rest] = argv;
  if (name === '--version' || name === '-v') return print(`${version}\n`);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    return print(helpText(rest[0]));
  }
  try {
    if (!isCommandName(name)) {
      throw new UserError(
        `There is no command ${JSON.stringify(name)}. Commands: ${Object.keys(commands).join(', ')}. See understudy --help.`,
      );
    }
    if (rest.includes('--help') || rest.includes('-h')) return print(helpText(name));
    const command = await loaders[name]();
    return await command(rest);
  } catch (error) {
    if (error instanceof UserError) {
      // The name of a file may hold a line feed, and the sentence is one line.
      process.stderr.write(`understudy: ${harmlessLine(error.message)}\n`);
      return 2;
    }
    if (error instanceof Interrupted) {
      process.stderr.write(`${harmlessLine(error.message)}\n`);
      return 130;
    }
    throw error;
  }
};

const print = (text: string): number => {
  process.stdout.write(text);
  return 0;
};
