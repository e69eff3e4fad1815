import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Side } from '../../comparison/outcome.ts';
import { pairText, receivedText, sideText } from '../pair-text.ts';
import type { PairView } from '../pair-view.ts';
import type { Action, Effect, EventPair } from '../session/step.ts';
import type { ComparisonServices, ReviewServices } from './services.ts';

/** The file descriptors of the terminal, which stdin and stdout may not be. */
export type TerminalFiles = { readonly input: number; readonly output: number };

/** The terminal of a review, besides its frames. */
export type Terminal = {
  /** Leaves the terminal to another program until the promise that it returns has settled. */
  readonly handOver: (work: (terminal: TerminalFiles) => Promise<void>) => Promise<void>;
  /** Stops the process until the shell continues it. */
  readonly stop: () => Promise<void>;
  /** Writes a sequence that draws nothing. */
  readonly write: (sequence: string) => void;
};

/** The effects that hand something to another program. */
type HandOverEffect = Extract<Effect, { kind: 'edit_comment' | 'copy' | 'page' | 'suspend' }>;

/** The parts of a review that other programs need. */
type HandOverScreen = {
  readonly tools: ReviewServices['tools'];
  readonly view: () => PairView | null;
  /** The models of the pair on the screen. */
  readonly models: () => ComparisonServices['models'];
  readonly act: (action: Action) => void;
  readonly fail: (error: unknown) => void;
};

/** Hands pairs and comments to the clipboard, the editor, the pager and the shell. */
export class HandOver {
  readonly #screen: HandOverScreen;
  readonly #folder = new PrivateFolder();
  #terminal: Terminal | null = null;

  constructor(screen: HandOverScreen) {
    this.#screen = screen;
  }

  /** Sets what the review can do with its terminal besides drawing. */
  setTerminal(terminal: Terminal): void {
    this.#terminal = terminal;
  }

  perform(effect: HandOverEffect): void {
    void this.#carryOut(effect).catch((error: unknown) => this.#screen.fail(error));
  }

  /** Removes the files of this review. */
  async close(): Promise<void> {
    await this.#folder.remove();
  }

  #carryOut(effect: HandOverEffect): Promise<void> {
    switch (effect.kind) {
      case 'edit_comment':
        return this.#editComment(effect.pair, effect.comment);
      case 'copy':
        return this.#copy(effect.what, effect.side);
      case 'page':
        return this.#page();
      case 'suspend':
        return this.#terminal?.stop() ?? Promise.resolve();
    }
  }

  async #editComment(pair: EventPair, comment: string): Promise<void> {
    await this.#terminal?.handOver(async (terminal) => {
      const { editor } = this.#screen.tools;
      const { failure, text } = await editText(this.#folder, editor, comment, terminal);
      this.#screen.act(
        failure === null
          ? { kind: 'comment_written', pair, text }
          : { kind: 'notice', notice: { text: failure, tone: 'warning' } },
      );
    });
  }

  /** Puts a text into the clipboard, and into a file: no terminal says whether it took it. */
  async #copy(what: 'answer' | 'request', side: Side): Promise<void> {
    const view = this.#screen.view();
    if (view === null) {
      this.#say('this pair is still being loaded', 'plain');
      return;
    }
    const { curlCommand } = await import('../curl-command.ts');
    const model = this.#screen.models()[side];
    const otherSide = side === 'baseline' ? 'candidate' : 'baseline';
    const text =
      what === 'answer'
        ? receivedText(view, side)
        : model === null
          ? null
          : curlCommand(view, model);
    if (text === null) {
      const why = what === 'answer' ? 'has no answer' : 'has no address: its answers are recorded';
      const hasOther = what === 'answer' || this.#screen.models()[otherSide] !== null;
      const other = hasOther ? ' (tab: the other side)' : '';
      this.#say(`the ${side} ${why}${other}`, 'warning');
      return;
    }
    const file = await this.#folder.write(`${what}.txt`, text);
    const sequence = clipboardSequence(text);
    if (sequence !== null) this.#terminal?.write(sequence);
    const name = what === 'answer' ? `the ${side}'s answer` : `the request to the ${side} as curl`;
    const place = sequence === null ? 'too long for the clipboard: it is' : 'copied; also';
    this.#say(`${name}: ${place} in ${file} until you quit`, 'plain');
  }

  async #page(): Promise<void> {
    const view = this.#screen.view();
    if (view === null) {
      this.#say('this pair is still being loaded', 'plain');
      return;
    }
    const { difftool, pager } = this.#screen.tools;
    await this.#terminal?.handOver(async (terminal) => {
      const files =
        difftool === null
          ? [await this.#folder.write('pair.txt', pairText(view))]
          : [
              await this.#folder.write('baseline.txt', sideText(view, 'baseline')),
              await this.#folder.write('candidate.txt', sideText(view, 'candidate')),
            ];
      const failure = await runOnTerminal(difftool ?? pager, files, terminal);
      await Promise.all(files.map((file) => rm(file, { force: true })));
      // Many difftools end with 1 where the files differ.
      if (failure !== null && difftool === null) this.#say(failure, 'warning');
    });
  }

  #say(text: string, tone: 'plain' | 'warning'): void {
    this.#screen.act({ kind: 'notice', notice: { text, tone } });
  }
}

/** A folder that only its owner can read, for the files of one review; removed with it. */
class PrivateFolder {
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

/**
 * Runs a command of the user's shell on the terminal with the files as its arguments. Resolves with a
 * sentence if it could not be run or failed, otherwise with null.
 */
const runOnTerminal = async (
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
const editText = async (
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
const clipboardSequence = (text: string): string | null => {
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  return encoded.length > maximumClipboard ? null : `\u001B]52;c;${encoded}\u0007`;
};
