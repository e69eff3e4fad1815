import { allDropped, type Counters } from '../../recording/counters.ts';
import { count } from '../../text/numbers.ts';

/** Where captures go and how many, in one line without a line feed. */
export const countsLine = (counters: Counters): string => {
  const { requests, inFlight, passed, recorded, queuedExchanges, dropped } = counters;
  const reasons = [...dropped]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, number]) => `${count(number)} ${reason}`);
  const lost = allDropped(counters);
  return [
    `${count(requests)} ${requests === 1 ? 'call' : 'calls'}`,
    `${count(inFlight)} in flight`,
    `${count(recorded)} recorded`,
    ...(queuedExchanges > 0 ? [`${count(queuedExchanges)} waiting to be saved`] : []),
    ...(passed > 0 ? [`${count(passed)} passed on only`] : []),
    ...(lost > 0 ? [`${count(lost)} not recorded (${reasons.join(', ')})`] : []),
  ].join(' · ');
};

export type RecordProgress = {
  /** A sentence of its own, which stays. */
  readonly say: (sentence: string) => void;
  readonly end: () => void;
};

const every = { terminalMs: 500, otherwiseMs: 60_000 };

/**
 * Shows the counters: one line that is written over and over on a terminal, elsewhere a line a minute
 * if anything has come since the last.
 */
export const showProgress = (
  stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  counters: Counters,
): RecordProgress => {
  const live = stream.isTTY === true;
  let last = '';
  const show = (): void => {
    const line = countsLine(counters);
    if (line === last) return;
    last = line;
    if (!live) stream.write(`${line}\n`);
    else stream.write(`\r\u001b[K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
  };
  // Before anything has come there is nothing to say.
  if (!live) last = countsLine(counters);
  const timer = setInterval(show, live ? every.terminalMs : every.otherwiseMs);
  return {
    say: (sentence) => {
      stream.write(`${live ? '\r\u001b[K' : ''}${sentence}\n`);
      if (live) last = '';
    },
    end: () => {
      clearInterval(timer);
      if (live) stream.write('\r\u001b[K');
    },
  };
};
