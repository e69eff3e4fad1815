import { remedyText } from '../../models/adaptation/remedy.ts';
import type { AskLine } from '../../money/settle-budget.ts';
import type { AskRemedy } from '../../replay/remedy-book.ts';
import { printableLine } from '../../text/printable.ts';
import { Interrupted } from '../../text/interrupted.ts';
import { truncateCells } from '../../text/width.ts';
import { catchInterrupt } from './signals.ts';

/**
 * Returns a function that asks on the terminal; null if stdin or stderr is not a terminal, so
 * nobody can be asked.
 */
export const terminalAsk = (): AskLine | null => {
  if (!hasPerson()) return null;
  return async (question) => {
    const interrupt = catchInterrupt();
    try {
      const line = await askLine(question, interrupt.signal);
      if (line !== null) return line;
      process.stderr.write('\n');
      throw new Interrupted('Nothing was sent; the imported captures are kept.');
    } finally {
      interrupt.release();
    }
  };
};

/** How long to wait for an answer: an unattended run must not hang. */
const answerMs = 60_000;

/**
 * Asks on the terminal whether rejected requests may be changed and resent, one question at a time.
 * The status line is hidden until the user answers. Only `y` and `yes` agree; an interruption or a
 * minute without an answer declines. Null if nobody can be asked.
 */
export const terminalAskRemedy = (options: {
  readonly hold: () => void;
  readonly release: () => void;
  readonly signal: AbortSignal;
}): AskRemedy | null => {
  if (!hasPerson()) return null;
  const { hold, release, signal } = options;
  const { stderr } = process;
  const ask: AskRemedy = async ({ modelLabel, remedy }) => {
    if (signal.aborted) return false;
    hold();
    try {
      const reason = truncateCells(printableLine(remedy.reason), 300);
      stderr.write(`${printableLine(modelLabel)}, ${reason}\n`);
      const line = await askLine(
        `Send its requests ${printableLine(remedyText(remedy))}, now and later in this comparison? [y/N] `,
        AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      );
      if (line === null) stderr.write('no\n');
      return /^y(?:es)?$/i.test(line?.trim() ?? '');
    } finally {
      release();
    }
  };
  let before: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = before.then(() => ask(question));
    before = answer.catch(() => undefined);
    return answer;
  };
};

/**
 * Returns whether a person can be asked. Questions go to stderr, so that stdout contains only the
 * command's output.
 */
const hasPerson = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * Asks on stderr and resolves to the typed line; null if stdin ends or `signal` fires first. The
 * terminal edits the line. stdin is read as Ink reads it afterwards: readline would leave it
 * paused, and the review would never receive a key.
 */
const askLine = async (question: string, signal: AbortSignal): Promise<string | null> => {
  const { stdin, stderr } = process;
  const answered = Promise.withResolvers<string | null>();
  let typed = '';
  const read = (): void => {
    // Read until it is empty; otherwise Node stops reading from the terminal.
    for (;;) {
      const chunk: unknown = stdin.read();
      if (chunk === null) break;
      typed += String(chunk);
    }
    const end = typed.indexOf('\n');
    if (end >= 0) answered.resolve(typed.slice(0, end));
  };
  const stop = (): void => answered.resolve(null);
  stdin.ref();
  stdin.on('readable', read);
  stdin.once('end', stop);
  if (stdin.readableEnded) stop();
  signal.addEventListener('abort', stop, { once: true });
  stderr.write(question);
  try {
    return await answered.promise;
  } finally {
    stdin.removeListener('readable', read);
    stdin.removeListener('end', stop);
    signal.removeEventListener('abort', stop);
    // An open terminal would otherwise keep the process alive.
    stdin.unref();
  }
};
