import { costOfAnswer } from '../models/prices.ts';
import type { PreparedReplay } from '../replay/prepare/prepare-replay.ts';
import type { ReplayEvent } from '../replay/replay-event.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { jsonDocument } from '../text/json-document.ts';
import { dollars, duration, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { announceRun, bySide, exitCode, outcomesOf, printOutcomes } from './run-replay.ts';
import { serveMetrics, ShadowCounts, shadowMetricsText, type PairUse } from './shadow-metrics.ts';
import { keepHeapSteady } from './terminal/heap.ts';
import { catchCallInterrupt } from './terminal/signals.ts';
import { StatusLine } from './terminal/status-line.ts';
import { eventLine, progressLine } from './texts/replay-progress.ts';

/** An event as it is printed: one line of text, or an object for one line of JSON. */
type PrintedEvent = { readonly text: string; readonly json: Readonly<Record<string, unknown>> };

/**
 * Follows the store without a screen: one line on stdout for each event, the progress on stderr. At the first
 * Ctrl-C or SIGTERM it sends nothing more, lets the calls in flight end, and prints the result; a second one
 * aborts them. A closed pipe ends it like a first Ctrl-C. Returns the exit code: 0, or 2 if a side kept failing
 * and was stopped.
 */
export const runFollow = async (
  prepared: PreparedReplay,
  options: {
    readonly db: string | undefined;
    /** Whether events are printed as JSON. */
    readonly json: boolean;
    /** The port of `/metrics`; null for none. */
    readonly metricsPort: number | null;
  },
): Promise<0 | 2 | 130> => {
  const { db, json, metricsPort } = options;
  announceRun(prepared);
  keepHeapSteady();
  const counts = new Map(
    prepared.comparisons.map(({ comparison }) => [
      comparison.id,
      new ShadowCounts(comparison.candidate),
    ]),
  );
  const interrupt = catchCallInterrupt();
  const failing = new AbortController();
  // Nobody reads its lines any more.
  const closing = new AbortController();
  process.stdout.once('error', () => closing.abort());
  let writing = Promise.resolve();
  let status: StatusLine | null = null;
  const print = ({ json: facts, text }: PrintedEvent): void => {
    const at = new Date().toISOString();
    const line = json ? jsonDocument({ at, ...facts }, 'one line').trimEnd() : `${at} ${text}`;
    // A line of progress would otherwise stand in its way.
    if (process.stdout.isTTY) status?.print(line);
    else process.stdout.write(`${line}\n`);
  };
  const running = prepared.start({
    signal: AbortSignal.any([interrupt.signal, failing.signal]),
    ending: AbortSignal.any([interrupt.ending, closing.signal]),
    texts: false,
    onEvent: (event) => {
      const own = 'comparisonId' in event ? counts.get(event.comparisonId) : undefined;
      if (event.kind === 'failed') own?.addFailure(event.side, event.failure.reason);
      if (event.kind === 'not_sent') own?.addNotSent(event.side, event.reason);
      // The events of a pair are printed in their order.
      writing = writing.then(async () => {
        const printed = await printedEvent(prepared, event, own);
        if (printed !== null) print(printed);
      });
    },
  });
  const metrics =
    metricsPort === null
      ? null
      : await serveMetrics(metricsPort, () =>
          shadowMetricsText([...counts.values()], running.progress()),
        ).catch(async (error: unknown) => {
          failing.abort();
          await running.done;
          throw error;
        });
  try {
    status = new StatusLine(process.stderr, {
      text: (width) => progressLine(running.progress(), width),
      redrawMs: 100,
    });
    status.print('Following. Ctrl-C ends it when the calls in flight have ended.');
    if (metrics !== null) status.print(`Metrics: ${metrics.url}`);
    const shown = status;
    const result = await running.done.finally(() => shown.finish());
    await writing;
    const outcomes = outcomesOf(result, prepared.asked.patience);
    if (!json) await printOutcomes(prepared, outcomes, { db, total: { ...result, batches: null } });
    return exitCode(outcomes);
  } finally {
    metrics?.server.close();
    metrics?.server.closeAllConnections();
    interrupt.release();
  }
};

/** Returns an event as it is printed; null for what is of no interest afterwards. */
const printedEvent = async (
  prepared: PreparedReplay,
  event: ReplayEvent,
  counts: ShadowCounts | undefined,
): Promise<PrintedEvent | null> => {
  switch (event.kind) {
    case 'outcome':
      return outcomeEvent(prepared, event, counts);
    case 'failed': {
      const { attempts, captureId, comparisonId, failure, side } = event;
      const { message, reason } = failure;
      const json = { comparison: comparisonId, capture: captureId, side, attempts };
      return {
        text: eventLine(event) ?? '',
        json: { event: 'failed', ...json, reason, message },
      };
    }
    case 'not_sent': {
      const { captureId, comparisonId, reason, side } = event;
      return {
        text: `not sent ${printableLine(captureId)} ${side}: ${printableLine(reason)}`,
        json: { event: 'not_sent', comparison: comparisonId, capture: captureId, side, reason },
      };
    }
    case 'budget_used_up':
    case 'budget_renewed':
      return {
        text: budgetEventText(event),
        json: { event: event.kind, period: event.period },
      };
    case 'paused':
    case 'resumed':
    case 'stopped': {
      const { kind, ...facts } = event;
      return { text: eventLine(event) ?? '', json: { event: kind, ...facts } };
    }
    default:
      return null;
  }
};

const budgetEventText = ({
  kind,
  period,
}: Extract<ReplayEvent, { readonly period: unknown }>): string =>
  kind === 'budget_renewed'
    ? 'calls are sent again: a new day has begun'
    : `paused: the ${period}'s budget is used up. Calls go on at 00:00 UTC of the next ${period}`;

const outcomeEvent = async (
  { comparisons, pricesOf, store }: PreparedReplay,
  event: Extract<ReplayEvent, { readonly kind: 'outcome' }>,
  counts: ShadowCounts | undefined,
): Promise<PrintedEvent> => {
  const { byRule, captureId, comparisonId, outcome } = event;
  const pair = await loadPair(store, comparisonId, captureId);
  const own = comparisons.find(({ comparison }) => comparison.id === comparisonId);
  const prices = own === undefined ? null : pricesOf(own.comparison);
  const use: PairUse = bySide((side) => {
    const record = pair.sides[side];
    if (record.kind !== 'answered') return { totalMs: null, usd: null };
    const { answer, batch, timings } = record;
    const price = prices?.priceAt(side, { at: null, model: answer.model }) ?? null;
    return { totalMs: timings.totalMs, usd: costOfAnswer(answer, price, batch) };
  });
  counts?.addOutcome(outcome, byRule, use);
  const { baseline, candidate } = use;
  const { endpoint } = pair.capture;
  const took = [baseline, candidate].map(({ totalMs }) =>
    totalMs === null ? unknown : duration(totalMs),
  );
  const cost = [baseline, candidate].map(({ usd }) => dollars(usd));
  const name = byRule && outcome !== 'different' ? `${outcome} by rule` : outcome;
  const model =
    comparisons.length === 1 ? '' : ` ${printableLine(own?.comparison.candidate ?? '')}`;
  return {
    text: `${name} ${printableLine(captureId)} ${printableLine(endpoint)}${model} · ${took.join(' → ')} · ${cost.join(' → ')}`,
    json: {
      event: 'outcome',
      comparison: comparisonId,
      candidate: own?.comparison.candidate ?? null,
      capture: captureId,
      endpoint,
      outcome,
      byRule,
      baselineMs: baseline.totalMs,
      candidateMs: candidate.totalMs,
      baselineUsd: baseline.usd,
      candidateUsd: candidate.usd,
    },
  };
};
