import type { Side } from '../../comparison/outcome.ts';
import type { AnswerKey, ModelEvent, ReplayEvent } from '../../replay/replay-event.ts';
import type { CallProgress } from '../../replay/calls/run-calls.ts';
import type { FailureCounts, RunProgress } from '../../replay/run-progress.ts';
import type { ReplayProgress } from '../../replay/run.ts';
import { remedyText } from '../../models/adaptation/remedy.ts';
import { printableLine } from '../../text/printable.ts';
import { count, dollars, duration, unknown } from '../../text/numbers.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import { StatusLine, type StatusStream } from '../terminal/status-line.ts';

/** Returns a replay's progress as one line: `87 of 412 pairs · 2 retrying · $0.31 of $5.00`. */
export const progressText = (progress: ReplayProgress): string =>
  progressParts(pairsText(progress), progress);

/** The same where there is little room, as above the pair of a review: `87 of 412 · 2 retrying · $0.31 of $5.00`. */
export const shortProgressText = (progress: ReplayProgress): string =>
  progressParts(`${count(progress.done)} of ${count(progress.total)}`, progress);

const progressParts = (counted: string, progress: ReplayProgress): string =>
  [
    counted,
    ...waitingTexts(progress),
    ...failureTexts(progress),
    ...notSentTexts(progress),
    dayText(progress) ?? costText(progress),
    ...usedUpText(progress),
  ].join(' · ');

/**
 * Returns the status line of a terminal, at most `width` cells: a bar, finished pairs, pairs per
 * second, the cost so far, the time left at the pace of this run, and the waiting and failed calls.
 */
export const progressLine = (progress: ReplayProgress, width: number): string => {
  const { done, doneInRun, elapsedMs, total } = progress;
  const perSecond = elapsedMs > 0 ? (doneInRun / elapsedMs) * 1000 : 0;
  const left = perSecond > 0 ? ((total - done) / perSecond) * 1000 : null;
  const parts = [
    pairsText(progress),
    doneInRun === 0 ? unknown : `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`,
    dayText(progress) ?? costText(progress),
    ...usedUpText(progress),
    `${left === null ? unknown : duration(left)} left`,
    ...waitingTexts(progress),
    ...failureTexts(progress),
    ...notSentTexts(progress),
  ];
  const text = parts.join(' · ');
  const room = Math.min(24, width - cellWidth(text) - 1);
  return truncateCells(room >= 8 ? `${bar(done, total, room)} ${text}` : text, width);
};

/**
 * Returns the log line for an event: a failure, a retry, or a change of a model's state; null for
 * the rest.
 */
export const eventLine = (event: ReplayEvent): string | null => {
  switch (event.kind) {
    case 'failed':
      return `failed ${named(event)}: ${reasonText(event.failure)}${event.attempts > 1 ? ` after ${event.attempts} tries` : ''}${event.unused === null ? '' : ` · --adapt auto sends it ${printableLine(remedyText(event.unused))}`}`;
    case 'paused':
      return `${modelNamed(event)} is paused (${event.reason}): nothing is sent to it for ${duration(event.delayMs)}`;
    case 'probing':
      return `${modelNamed(event)} is probed with one call`;
    case 'resumed':
      return `${modelNamed(event)} answers again`;
    case 'retrying':
      return event.change === null
        ? `retrying ${named(event)} in ${duration(event.delayMs)}: ${reasonText(event.failure)}`
        : `sending ${named(event)} again ${printableLine(remedyText(event.change))}: ${reasonText(event.failure)}`;
    case 'stopped':
      return `no more calls are sent to ${modelNamed(event)}: ${event.reason}`;
    default:
      return null;
  }
};

/** Returns the failures of a run by side and reason: `candidate timeout 3`. */
export const failureTexts = ({ failures }: RunProgress): readonly string[] => {
  const sideTexts = (side: Side, counts: FailureCounts): readonly string[] =>
    Object.entries(counts).map(([reason, number]) => `${side} ${reason} ${count(number)}`);
  const texts = [
    ...sideTexts('baseline', failures.baseline),
    ...sideTexts('candidate', failures.candidate),
  ];
  return texts.length === 0 ? [] : [`failed: ${texts.join(', ')}`];
};

/** Formats `$0.31 of $5.00`; `≥ $0.31` if the tokens of some answers were not counted. */
export const costText = ({
  budget,
  cost,
  uncountedAnswers,
}: Pick<RunProgress, 'budget' | 'cost' | 'uncountedAnswers'>): string => {
  const spent = `${cost !== null && uncountedAnswers > 0 ? '≥ ' : ''}${dollars(cost)}`;
  return budget === null ? spent : `${spent} of ${dollars(budget)}`;
};

/** Formats `$0.31 of $5.00 today`; null without a budget that is renewed. */
const dayText = ({ budget, spentToday }: ReplayProgress): string | null => {
  if (spentToday === null) return null;
  return `${dollars(spentToday)}${budget === null ? '' : ` of ${dollars(budget)}`} today`;
};

const usedUpText = ({ isBudgetUsedUp }: ReplayProgress): readonly string[] =>
  isBudgetUsedUp ? ['paused by the budget until 00:00 UTC'] : [];

const pairsText = ({ done, total }: ReplayProgress): string =>
  `${count(done)} of ${count(total)} ${total === 1 ? 'pair' : 'pairs'}`;

/** Returns the answers that this run did not ask for, so that `done` is not mistaken for answered. */
const notSentTexts = ({ notSent }: RunProgress): readonly string[] => {
  const number = Object.values(notSent).reduce((all, one) => all + one, 0);
  return number === 0 ? [] : [`${count(number)} ${number === 1 ? 'answer' : 'answers'} not sent`];
};

/** A shorter wait is over before anyone wonders. */
const noticeableMs = 10_000;

/** Returns what waits: calls for their next attempt, pairs for another run, and models. */
export const waitingTexts = (
  progress: CallProgress & Pick<ReplayProgress, 'awaited'>,
): readonly string[] => [
  ...retryingText(progress),
  ...awaitedText(progress),
  ...pausedTexts(progress),
];

const retryingText = ({ retrying, retryInMs }: CallProgress): readonly string[] => {
  if (retrying === 0) return [];
  const when = retryInMs < noticeableMs ? '' : ` in ${duration(retryInMs)}`;
  return [`${count(retrying)} retrying${when}`];
};

const awaitedText = ({ awaited }: Pick<ReplayProgress, 'awaited'>): readonly string[] =>
  awaited === 0 ? [] : [`${count(awaited)} with another run`];

/** Returns the paused models. */
const pausedTexts = ({ paused }: CallProgress): readonly string[] =>
  paused.map(({ leftMs, model, reason }) => {
    const when = leftMs > 0 ? `for ${duration(leftMs)}` : 'and is being probed';
    return `${printableLine(model)} is paused ${when} (${reason})`;
  });

/** What a run says that was asked to end while calls are in flight. */
export const endingText = (inFlight: number): string =>
  `Nothing more is sent. Waiting for ${count(inFlight)} ${inFlight === 1 ? 'call' : 'calls'} in flight, whose answers are paid for; Ctrl-C again aborts them.`;

const bar = (done: number, total: number, width: number): string => {
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  return '━'.repeat(filled) + '·'.repeat(width - filled);
};

const named = ({ captureId, sample, side }: AnswerKey): string =>
  `${printableLine(captureId)} ${side}${sample === 0 ? '' : ` sample ${sample}`}`;

const modelNamed = ({ model, side }: ModelEvent): string => `the ${side} ${printableLine(model)}`;

const reasonText = ({
  reason,
  message,
}: {
  readonly reason: string;
  readonly message: string;
}): string => truncateCells(`${reason}, ${printableLine(message)}`, 200);

const redrawMs = 100;

/** The events that can complete a pair: progress is recounted only after them. */
const completing: ReadonlySet<ReplayEvent['kind']> = new Set(['outcome', 'failed', 'not_sent']);

/**
 * Shows the progress of a replay. On a terminal this is one line, redrawn ten times a second.
 * Elsewhere it prints a line for each failure, each retry and every 5 % of the pairs.
 */
export class ReplayProgressView {
  readonly #stream: StatusStream;
  readonly #progress: () => ReplayProgress;
  readonly #line: StatusLine;
  #twentieth = 0;

  constructor(stream: StatusStream, progress: () => ReplayProgress) {
    this.#stream = stream;
    this.#progress = progress;
    this.#line = new StatusLine(stream, {
      text: (width) => progressLine(progress(), width),
      redrawMs,
    });
  }

  show(event: ReplayEvent): void {
    if (this.#stream.isTTY === true) return;
    const line = eventLine(event);
    if (line !== null) this.#line.print(line);
    if (!completing.has(event.kind)) return;
    const now = this.#progress();
    const twentieth = Math.floor((now.done * 20) / Math.max(1, now.total));
    if (twentieth <= this.#twentieth) return;
    this.#twentieth = twentieth;
    this.#line.print(`replaying ${progressText(now)}`);
  }

  /** Prints a line above the progress. */
  print(text: string): void {
    this.#line.print(text);
  }

  hold(): void {
    this.#line.hold();
  }

  release(): void {
    this.#line.release();
  }

  /** Shows the final state, which stays. */
  end(): void {
    this.#line.finish();
    if (this.#stream.isTTY !== true) this.#line.print(`replayed ${progressText(this.#progress())}`);
  }
}
