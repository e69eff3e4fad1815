import { createTally, sumOfTallies, type ReplayProgress } from './progress.ts';
import type { Run } from './run.ts';

/** How far a run is, in one of its comparisons or (null) over all, so long after it began. */
export const progressOf = (
  run: Run,
  comparisonId: string | null,
  elapsedMs: number,
): ReplayProgress => {
  const { budget, gate, lanes, money, options, tallies } = run;
  const tally =
    comparisonId === null
      ? sumOfTallies([...tallies.values()])
      : (tallies.get(comparisonId) ?? createTally());
  const nowMs = options.now();
  return {
    total: tally.total,
    done: tally.doneBefore + tally.doneInRun + tally.doneElsewhere,
    doneInRun: tally.doneInRun,
    inFlight: gate.inFlight,
    retrying: gate.retrying,
    awaited: awaitedPairs(run, comparisonId),
    paused: lanes.flatMap(({ lane }) => {
      const pause = lane.stopped === null ? lane.pause(nowMs) : null;
      if (pause === null) return [];
      const leftMs = Math.max(0, pause.untilMs - nowMs);
      return [{ model: lane.label, reason: pause.reason, leftMs }];
    }),
    answered: tally.answered,
    answeredElsewhere: tally.answeredElsewhere,
    failures: {
      baseline: { ...tally.failures.baseline },
      candidate: { ...tally.failures.candidate },
    },
    notSent: { ...tally.notSent },
    cost: isPriced(run) ? money.cost : null,
    uncountedAnswers: money.uncountedAnswers,
    budget: options.budget,
    spentAtMost: budget.spent,
    elapsedMs,
  };
};

/** Whether it is known what every live model costs: by its price, or since its answers say it. */
const isPriced = ({ baseline, candidates }: Run): boolean =>
  [baseline, ...candidates].every(
    ({ live, price }) =>
      live === null || price !== null || (live.answers > 0 && live.answers === live.pricedAnswers),
  );

/** How many pairs wait for another run, in one comparison or (null) over all. */
export const awaitedPairs = ({ awaited }: Run, comparisonId: string | null): number => {
  let pairs = 0;
  for (const ids of awaited.values()) {
    if (comparisonId === null) pairs += ids.size;
    else if (ids.has(comparisonId)) pairs++;
  }
  return pairs;
};
