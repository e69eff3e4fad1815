import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { node, program } from '../helpers/program.ts';

/** What a run of the program left behind. */
export type Run = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Starts the program in a directory, with nothing of this process's environment. */
export const startProgram = (
  directory: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Run> } => {
  const child = spawn(node, [program, ...argv], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without the terminal from which the tests are run.
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, ended };
};

/** Runs the program in a line of a shell, in which it stands as `"$0" "$@"`. */
const runInShell = async (
  directory: string,
  line: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> => {
  const child = spawn('bash', ['-c', line, node, program, ...argv], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
};

/** Runs the program in a pipe of a shell: `before | understudy …`. */
export const runInPipe = (
  directory: string,
  before: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> => runInShell(directory, `${before} | "$0" "$@"`, argv, environment);

/** Runs the program into a pipe whose reader is gone: `understudy … | true`. */
export const runIntoClosedPipe = (directory: string, argv: readonly string[]): Promise<Run> =>
  runInShell(directory, 'set -o pipefail; "$0" "$@" | true', argv);

/** Runs the program with its output on a full disk. */
export const runIntoFullDisk = (directory: string, argv: readonly string[]): Promise<Run> =>
  runInShell(directory, '"$0" "$@" > /dev/full', argv);

/** Runs the program to its end. */
export const runProgram = (
  directory: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> => startProgram(directory, argv, environment).ended;
