import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { remedyText } from '../../models/adaptation/remedy.ts';
import type { AskRemedy } from '../../replay/remedy-book.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { truncateCells } from '../../text/width.ts';

/** Asks on stderr and reads from stdin; null where one of them is no terminal. */
export const terminalAskRemedy = (options: {
  readonly hold: () => void;
  readonly release: () => void;
  readonly signal: AbortSignal;
}): AskRemedy | null => {
  const { stdin, stderr } = process;
  return stdin.isTTY && stderr.isTTY
    ? askRemedy({ ...options, input: stdin, output: stderr })
    : null;
};

/** A run that nobody watches must not stand still: no answer is a no. */
export const answerMs = 60_000;

/**
 * Asks on a terminal whether requests to a model may be changed after a refusal, one question at a
 * time; the progress is held back meanwhile. Anything but `y` is a no, as are an interruption and no
 * answer within a minute.
 */
export const askRemedy = (options: {
  readonly input: Readable;
  readonly output: Writable;
  readonly hold: () => void;
  readonly release: () => void;
  readonly signal: AbortSignal;
}): AskRemedy => {
  const { hold, input, output, release, signal } = options;
  let before: Promise<unknown> = Promise.resolve();
  const ask: AskRemedy = async ({ modelLabel, remedy }) => {
    if (signal.aborted) return false;
    hold();
    const said = truncateCells(harmlessLine(remedy.reason), 300);
    output.write(`${harmlessLine(modelLabel)}, ${said}\n`);
    output.write(
      `Send its requests ${harmlessLine(remedyText(remedy))}, now and later in this comparison? [y/N] `,
    );
    // The terminal stays as it is: Ctrl-C means what it means to the run.
    const lines = createInterface({ input, terminal: false });
    const answer = Promise.withResolvers<string | null>();
    const none = (): void => answer.resolve(null);
    const timer = setTimeout(none, answerMs);
    lines.once('line', answer.resolve);
    lines.once('close', none);
    signal.addEventListener('abort', none, { once: true });
    const line = await answer.promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', none);
    lines.close();
    if (line === null) output.write('no\n');
    release();
    return /^y(?:es)?$/i.test(line?.trim() ?? '');
  };
  return (question) => {
    const answer = before.then(() => ask(question));
    before = answer.catch(() => undefined);
    return answer;
  };
};
