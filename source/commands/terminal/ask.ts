import type { AskLine } from '../../money/settle-budget.ts';
import { Interrupted } from '../../text/interrupted.ts';

/** Asks on stderr, so that stdout holds nothing but the answer of the command; null: nobody is there. */
export const terminalAsk = (): AskLine | null => {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return null;
  // The terminal edits the line. Its stream is read as Ink reads it afterwards: what readline leaves
  // behind, a paused stream, would never wake up for the review.
  return async (question) => {
    const answered = Promise.withResolvers<string>();
    let typed = '';
    const read = (): void => {
      // To the end, or the terminal is not read any more.
      for (;;) {
        const chunk = stdin.read() as Buffer | string | null;
        if (chunk === null) break;
        typed += String(chunk);
      }
      const end = typed.indexOf('\n');
      if (end >= 0) answered.resolve(typed.slice(0, end));
    };
    const stop = (): void => {
      stderr.write('\n');
      answered.reject(new Interrupted('Nothing was sent; what was imported is kept.'));
    };
    stdin.ref();
    stdin.on('readable', read);
    stdin.once('end', stop);
    process.once('SIGINT', stop);
    stderr.write(question);
    try {
      return await answered.promise;
    } finally {
      stdin.removeListener('readable', read);
      stdin.removeListener('end', stop);
      process.removeListener('SIGINT', stop);
      // Without this a program that has nothing more to read would wait for it all the same.
      stdin.unref();
    }
  };
};
