import { createInterface } from 'node:readline/promises';
import { Interrupted } from '../interrupted.ts';

/** Asks the user something and gives the line that was typed. Throws Interrupted for Ctrl-C and Ctrl-D. */
export type Ask = (question: string) => Promise<string>;

/** Asks on stderr, so that stdout holds nothing but the answer of the command; null: nobody is there. */
export const terminalAsk = (): Ask | null => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => {
      process.stderr.write('\n');
      stopped.reject(new Interrupted('Nothing was sent; what was imported is kept.'));
    };
    lines.once('SIGINT', stop);
    lines.once('close', stop);
    try {
      return await Promise.race([lines.question(question), stopped.promise]);
    } finally {
      lines.removeListener('close', stop);
      lines.close();
    }
  };
};
