import type { ImportProgress } from '../../intake/take-in.ts';
import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';

/** The stream of a status line: stderr, or a substitute. */
export type StatusStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

/** Moves to the first column and erases to the end of the line. */
const eraseLine = '\r\u001b[K';

/**
 * A line below the output that shows a command's progress. On a terminal it is redrawn in place,
 * and permanent lines are printed above it; elsewhere only the permanent lines are written. Its
 * timer does not keep the process alive.
 */
export class StatusLine {
  readonly #stream: StatusStream;
  readonly #text: (width: number) => string;
  readonly #isRedrawn: boolean;
  readonly #timer: NodeJS.Timeout | null;
  #isEnded = false;
  #shown = '';
  /** Lines printed while the status line is hidden; null if it is not hidden. */
  #held: string[] | null = null;

  /**
   * `text` returns the current state in at most `width` cells, without control characters.
   * `redrawMs` is the time between two redraws. Without a terminal the text is written as a line
   * every `logMs` if it has changed, or never.
   */
  constructor(
    stream: StatusStream,
    options: {
      readonly text: (width: number) => string;
      readonly redrawMs: number;
      readonly logMs?: number;
    },
  ) {
    this.#stream = stream;
    this.#text = options.text;
    this.#isRedrawn = stream.isTTY === true;
    if (this.#isRedrawn) {
      this.#timer = setInterval(() => this.#draw(), options.redrawMs).unref();
      this.#draw();
    } else if (options.logMs !== undefined) {
      this.#shown = this.#current();
      this.#timer = setInterval(() => this.#log(), options.logMs).unref();
    } else {
      this.#timer = null;
    }
  }

  /** Writes a permanent line. */
  print(line: string): void {
    if (this.#held !== null) {
      this.#held.push(line);
      return;
    }
    this.#erase();
    this.#stream.write(`${line}\n`);
    this.#draw();
  }

  /** Shows the current state now and not with the next drawing. */
  redraw(): void {
    this.#draw();
  }

  /** Clears the line and writes nothing until `release`, because a person is asked something. */
  hold(): void {
    this.#held ??= [];
    this.#erase();
  }

  /** Writes the lines that were held back. */
  release(): void {
    const lines = this.#held ?? [];
    this.#held = null;
    for (const line of lines) this.print(line);
    this.#draw();
  }

  /** Ends the line and removes it. */
  clear(): void {
    this.release();
    this.#erase();
    this.#end();
  }

  /** Ends the line and leaves it, with the last state. */
  finish(): void {
    this.release();
    if (this.#isRedrawn) this.#stream.write('\n');
    this.#end();
  }

  #end(): void {
    this.#isEnded = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /**
   * Returns the current line. One cell stays free, because some terminals wrap when the last one is
   * written.
   */
  #current(): string {
    const width = Math.max(1, (this.#stream.columns ?? 80) - 1);
    return this.#isRedrawn ? truncateCells(this.#text(width), width) : this.#text(Infinity);
  }

  #draw(): void {
    if (!this.#isRedrawn || this.#isEnded || this.#held !== null) return;
    const line = this.#current();
    if (line === this.#shown) return;
    this.#shown = line;
    this.#stream.write(`${eraseLine}${line}`);
  }

  #erase(): void {
    if (!this.#isRedrawn || this.#isEnded) return;
    this.#shown = '';
    this.#stream.write(eraseLine);
  }

  #log(): void {
    const line = this.#current();
    if (line === this.#shown) return;
    this.#shown = line;
    this.#stream.write(`${line}\n`);
  }
}

/**
 * The redraw interval. Nobody reads faster, and writing to a terminal takes time from the import.
 */
const importRedrawMs = 50;

/** Shows the number of records read from a file, on a terminal only. `note` writes a sentence that stays. */
export const importProgress = (
  stream: StatusStream,
): ImportProgress & { readonly note: (sentence: string) => void } => {
  let latest: Parameters<ImportProgress['show']>[0] = { file: '', read: 0 };
  let line: StatusLine | null = null;
  // Formatted when it is drawn: records come by the thousand between two drawings.
  const text = (): string => {
    const { file, largeRecord, read } = latest;
    const large =
      largeRecord === undefined ? '' : `, reading one of ${Math.round(largeRecord / 1e6)} MB`;
    return `${printableLine(file).slice(-40)}: ${count(read)} read${large}`;
  };
  return {
    note: (sentence) => {
      if (line === null) stream.write(`${sentence}\n`);
      else line.print(sentence);
    },
    show: (progress) => {
      latest = progress;
      line ??= new StatusLine(stream, { text, redrawMs: importRedrawMs });
      // The thread that would draw it is about to be busy.
      if (progress.largeRecord !== undefined) line.redraw();
    },
    end: () => {
      line?.clear();
      line = null;
    },
  };
};
