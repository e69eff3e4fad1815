import manifest from '../../package.json' with { type: 'json' };
import type { ExitCode } from './flags/flag-definition.ts';

// The rest is imported when it is needed: --version and --help load next to nothing.

/**
 * Runs what the arguments name and resolves to its exit code. An error that the user can fix becomes one
 * line on stderr. Any other error is a bug, and the promise rejects with it.
 */
export const main = async (argv: readonly string[]): Promise<ExitCode> => {
  // A reader that closes the pipe early (`| head`) is not an error: what it left is lost, and the command ends
  // as it would have ended, with the exit code of its gate.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const [name, ...rest] = argv;
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
