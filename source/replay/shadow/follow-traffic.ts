import { takenAfter } from '../../store/comparisons/arrivals.ts';
import { pendingCaptures } from '../pending-captures.ts';
import type { Following } from '../replay-options.ts';
import type { ComparisonTally, ReplayRun } from '../run.ts';
import { answerAwaited, lookMs, sendAll, sendPending } from '../send-missing.ts';

/** The captures that are read from the store at once. */
const pageSize = 64;

/**
 * Sends what the comparisons lack, then what comes into the store, in the order in which it comes, until the
 * run is ended from outside or no model is left to send to. Nothing is kept in memory of what waits: while
 * calls wait for a limit, a paused model or the budget, captures wait in the store.
 */
export const followTraffic = async (run: ReplayRun, following: Following): Promise<void> => {
  const over = new AbortController();
  const looking = lookOut(run, following, over.signal).catch((error: unknown) =>
    run.calls.abort(error),
  );
  try {
    await sendArrivals(run, following);
  } finally {
    over.abort();
    await looking;
  }
};

/** Takes what comes into the store, and renews the budget when a day begins, whatever calls wait for. */
const lookOut = async (
  run: ReplayRun,
  { arrivals, budget }: Following,
  over: AbortSignal,
): Promise<void> => {
  const { calls } = run;
  const { at, wait } = run.options;
  while (!over.aborted && !calls.isEnding) {
    for (const [comparisonId, captures] of await arrivals.take()) {
      run.tally(comparisonId).total += captures;
      run.emit({ kind: 'arrived', comparisonId, captures });
    }
    await budget?.renew(at());
    if (calls.gate.isUsedUp) calls.gate.advance();
    await wait(lookMs, over);
  }
};

const sendArrivals = async (run: ReplayRun, { arrivals }: Following): Promise<void> => {
  const { calls } = run;
  const { comparisons, store, wait } = run.options;
  const comparisonIds = comparisons.map(({ comparisonId }) => comparisonId);
  let after = arrivals.takenTo;
  let later = new Map(await sendAll(run, { before: null, chosen: null }));
  try {
    while (!calls.isEnding && !run.isFutile) {
      const upTo = arrivals.takenTo;
      const page = await takenAfter(store, comparisonIds, { after, upTo, limit: pageSize });
      const last = page.at(-1);
      if (last !== undefined) {
        const ids = page.map(({ id }) => id);
        const sending = { before: null, pace: null, later };
        await sendPending(run, pendingCaptures(run, 0, ids), sending);
        after = last.number;
        continue;
      }
      after = upTo;
      // What is in flight counts as missing in these passes.
      if (later.size > 0 && calls.progress.paused.length === 0) {
        await calls.settled();
        later = new Map(await sendAll(run, { before: null, chosen: null }));
      } else if (run.awaited.size > 0) {
        await calls.settled();
        await answerAwaited(run);
      } else if (calls.isIdle && later.size === 0 && arrivals.takenTo === upTo) {
        for (const id of comparisonIds) countElsewhere(run.tally(id));
      }
      await wait(lookMs, calls.ending);
    }
  } finally {
    await calls.settled();
  }
};

/** Counts the pairs that this run found answered by others, where nothing is left to send. */
const countElsewhere = (tally: ComparisonTally): void => {
  const { doneBefore, doneInRun, total } = tally;
  tally.doneElsewhere = Math.max(0, total - doneBefore - doneInRun);
};
