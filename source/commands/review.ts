import { UserError } from '../text/user-error.ts';
import { findComparison } from '../store/comparisons.ts';
import { openStore } from '../store/open.ts';
import { readFlags, storeFile } from './flags.ts';
import type { Command } from './main.ts';
import { hasTerminal, reviewerName, reviewOnTerminal } from './review-screen.ts';

/** `understudy review [COMPARISON]`: go on reviewing. */
export const review: Command = async (argv) => {
  const { input, flags } = readFlags('review', argv, {
    db: { type: 'string' },
    reviewer: { type: 'string' },
  });
  if (input.length > 1) {
    throw new UserError(
      'review takes one comparison, by its id or name. See understudy review --help.',
    );
  }
  if (!hasTerminal()) {
    throw new UserError(
      'The review needs a terminal, and this is none. Open it in one; understudy summary prints the numbers anywhere.',
    );
  }
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const comparison = await findComparison(store, input[0] ?? null);
    const end = await reviewOnTerminal(store, comparison, {
      reviewer: reviewerName(flags.reviewer),
      remark: null,
      cost: () => null,
      summary: () => Promise.resolve(''),
      retry: null,
      replay: null,
    });
    return end.interrupted ? 130 : 0;
  } finally {
    await store.close();
  }
};
