import manifest from '../../package.json' with { type: 'json' };
import type { ExitCode } from './flags/flag-definition.ts';

// The rest is imported when it is needed: --version and --help load next to nothing.

/**
 * Runs what the arguments name and resolves to its exit code. An error that the user can fix becomes one
 * line on stderr. Any other error is a bug, and the promise rejects with it.
 */
export const main = async (argv: readonly string[]): Promise<ExitCode> => {
  const output = watchOutput();
  const code = await run(argv);
  return output.isLost() ? 2 : code;
};

/**
 * Keeps the command going when nobody reads what it prints. A reader that closes the pipe early (`| head`) is
 * not an error: the command ends as it would have ended, with the exit code of its gate. A full disk is one.
 */
const watchOutput = (): { readonly isLost: () => boolean } => {
  let isLost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isLost) return;
    isLost = true;
    // The command may have ended before the write has failed.
    process.exitCode = 2;
    process.stderr.write(
      `understudy: Standard output cannot be written (${error.code ?? error.message}). Make room, or send it elsewhere, and run the command again.\n`,
    );
  });
  // There is nowhere left to say so.
  process.stderr.on('error', () => undefined);
  return { isLost: () => isLost };
};

const run = async ([name, ...rest]: readonly string[]): Promise<ExitCode> => {
  if (name === '--version' || name === '-v') return print(`${manifest.version}\n`);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const { helpText } = await import('./help.ts');
    return print(helpText(rest[0]));
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    const { isCommandName } = await import('./flags/command-table.ts');
    const { helpText } = await import('./help.ts');
    if (isCommandName(name)) return print(helpText(name));
  }
  const { useCompileCache } = await import('./compile-cache.ts');
  useCompileCache(process.env);
  const { runCommand } = await import('./run-command.ts');
  return await runCommand(name, rest);
};

const print = (text: string): 0 => {
  process.stdout.write(text);
  return 0;
};
