import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import process from 'node:process';
import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { LiveReplay } from '../../replay/event.ts';
import { openReview } from '../../review/screen/open-review.tsx';
import type { ReviewServices } from '../../review/screen/services.ts';
import type { ReviewEnd } from '../../review/screen/controller.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import { nextEventId } from '../../store/event-id.ts';
import type { Store } from '../../store/open.ts';
import { listPairs, loadPair } from '../../store/comparisons/pairs.ts';
import { appendEvent, listEvents } from '../../store/verdicts.ts';

/** Whether the review can be opened: a terminal on both ends that can place a cursor. */
export const hasTerminal = (): boolean =>
  process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';

/** Whose verdicts these are: the flag, else the login name. */
export const reviewerName = (flag: string | undefined): string => {
  if (flag !== undefined) return flag;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that no name belongs to.
    return `user ${process.getuid?.() ?? 0}`;
  }
};

/** Opens the review of a comparison on this process's terminal. */
export const reviewOnTerminal = (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly reviewer: string;
    readonly remark: string | null;
    readonly notice: string | null;
    readonly cost: (
      side: Side,
      answer: Pick<Answer, 'usage' | 'cost'>,
      batch: boolean,
    ) => number | null;
    readonly summary: () => Promise<string>;
    readonly retry: (captureId: string) => Promise<LiveReplay>;
    readonly replay: LiveReplay | null;
    readonly watch: ReviewServices['watch'];
  },
): Promise<ReviewEnd> =>
  openReview(
    {
      comparisonId: comparison.id,
      reviewer: options.reviewer,
      title: {
        baseline: comparison.baseline,
        candidate: comparison.candidate,
        remark: options.remark,
      },
      notice: options.notice,
      listPairs: () => listPairs(store, comparison.id, options.reviewer),
      listEvents: () => listEvents(store, comparison.id, options.reviewer),
      loadPair: (captureId) => loadPair(store, comparison.id, captureId),
      appendEvent: (event) => appendEvent(store, event),
      cost: options.cost,
      summary: options.summary,
      retry: options.retry,
      replay: options.replay,
      watch: options.watch,
      nowMs: () => Date.now(),
      newId: (previous) => nextEventId(previous, Date.now(), randomBytes(10)),
    },
    {
      stdin: process.stdin,
      stdout: process.stdout,
      colour: !process.env['NO_COLOR'],
      workerUrl: new URL('./comparison-worker.js', import.meta.url),
    },
  );
