import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** A folder that only its owner can read, for the files of one review; removed with it. */
export class PrivateFolder {
  #path: Promise<string> | null = null;

  /** Writes a file that only its owner can read, and returns its path. */
  async write(name: string, text: string): Promise<string> {
    // mkdtemp creates the folder with mode 0700.
    this.#path ??= mkdtemp(join(tmpdir(), 'understudy-'));
    const file = join(await this.#path, name);
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  }

  /** Removes the folder with everything in it. */
  async remove(): Promise<void> {
    if (this.#path !== null) await rm(await this.#path, { recursive: true, force: true });
    this.#path = null;
  }
}

/** The file descriptors of the terminal, which stdin and stdout may not be. */
export type TerminalFiles = { readonly input: number; readonly output: number };

/**
 * Runs a command of the user's shell on the terminal with the files as its arguments. Resolves with a
 * sentence if it could not be run or failed, otherwise with null.
 */
export const runOnTerminal = async (
  command: string,
  files: readonly string[],
  terminal: TerminalFiles,
): Promise<string | null> => {
  const ignore = (): void => undefined;
  // Ctrl-C in the other program is not meant for the review.
  process.on('SIGINT', ignore);
  try {
    return await new Promise((resolve) => {
      const child = spawn('sh', ['-c', `${command} "$@"`, 'sh', ...files], {
        stdio: [terminal.input, terminal.output, terminal.output],
      });
      child.on('error', (error) => resolve(`${command} could not be run: ${error.message}`));
      child.on('exit', (code) =>
        resolve(
          code === 0
            ? null
            : `${command} ended with ${code === null ? 'a signal' : `code ${code}`}`,
        ),
      );
    });
  } finally {
    process.removeListener('SIGINT', ignore);
  }
};

/** Opens an editor on a text; resolves with the text after it, and removes the file. */
export const editText = async (
  folder: PrivateFolder,
  editor: string,
  text: string,
  terminal: TerminalFiles,
): Promise<{ readonly text: string; readonly failure: string | null }> => {
  const file = await folder.write('comment.txt', `${text}\n`);
  try {
    const failure = await runOnTerminal(editor, [file], terminal);
    return { text: await readFile(file, 'utf8'), failure };
  } finally {
    await rm(file, { force: true });
  }
};

/** The longest text, as base64, that terminals take for the clipboard. */
const maximumClipboard = 74_994;

/** Returns the sequence that puts a text into the terminal's clipboard; null if it is too long. */
export const clipboardSequence = (text: string): string | null => {
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  return encoded.length > maximumClipboard ? null : `\u001B]52;c;${encoded}\u0007`;
};
