import { describe, expect, it } from 'vitest';
import { LiveCalls } from '../../source/review/screen/live-calls.ts';
import { ReplayNews } from '../../source/review/screen/replay-news.ts';
import type { ReplayEvent } from '../../source/replay/event.ts';

const key = { comparisonId: 'c', captureId: 'one', sample: 0 } as const;

const failure = {
  reason: 'rate_limited',
  message: '',
  status: 429,
  retryAfterMs: 4000,
  parameter: null,
} as const;

/** The news of a review of comparison `c`, with a clock that is set by hand. */
const open = () => {
  let nowMs = 0;
  const live = new LiveCalls({ nowMs: () => nowMs, onSecond: () => {} });
  const statuses: string[] = [];
  const news = new ReplayNews({
    comparisonId: 'c',
    models: { baseline: 'b', candidate: 'm' },
    live,
    forget: () => {},
    step: (action) => {
      if (action.kind === 'side') statuses.push(`${action.side} ${action.status}`);
    },
    shownCapture: () => 'one',
    nowMs: () => nowMs,
  });
  return {
    hear: (...events: readonly ReplayEvent[]) => events.forEach((event) => news.take(event)),
    seen: () => live.sides('one'),
    statuses,
    goTo: (ms: number) => {
      nowMs = ms;
    },
  };
};

describe('a live call', () => {
  it('is queued, then sent, then streams its text', () => {
    const { hear, seen } = open();
    hear({ ...key, side: 'baseline', kind: 'queued' });
    expect(seen().baseline).toEqual({ text: '', state: 'queued', reason: null, seconds: null });
    hear({ ...key, side: 'baseline', kind: 'sent', attempt: 1 });
    expect(seen().baseline?.state).toBe('sent');
    hear({ ...key, side: 'baseline', kind: 'text', text: 'one ' });
    hear({ ...key, side: 'baseline', kind: 'text', text: 'two' });
    expect(seen().baseline).toMatchObject({ text: 'one two', state: 'streaming' });
    expect(seen().candidate).toBeNull();
  });

  it('shows why and in how many seconds it is retried', () => {
    const { goTo, hear, seen } = open();
    hear({ ...key, side: 'candidate', kind: 'sent', attempt: 1 });
    hear({
      ...key,
      side: 'candidate',
      kind: 'retrying',
      attempt: 1,
      failure,
      delayMs: 4000,
      change: null,
    });
    const before = seen();
    expect(before.candidate).toMatchObject({
      state: 'retrying',
      reason: 'rate limited',
      seconds: 4,
    });
    // The same object as long as nothing visible changes, so that nothing is drawn.
    goTo(500);
    expect(seen()).toBe(before);
    goTo(1500);
    expect(seen().candidate?.seconds).toBe(3);
    goTo(9000);
    expect(seen().candidate?.seconds).toBe(0);
  });

  it('shows that its provider is paused if it is queued, and only until the pause is over', () => {
    const { goTo, hear, seen } = open();
    hear(
      { ...key, side: 'baseline', kind: 'sent', attempt: 1 },
      { ...key, side: 'candidate', kind: 'queued' },
      { kind: 'paused', model: 'm', side: 'candidate', reason: 'server_error', delayMs: 20_000 },
    );
    expect(seen().baseline?.state).toBe('sent');
    expect(seen().candidate).toMatchObject({
      state: 'paused',
      reason: 'server error',
      seconds: 20,
    });
    goTo(21_000);
    expect(seen().candidate?.state).toBe('queued');
    hear({ kind: 'paused', model: 'm', side: 'candidate', reason: 'timeout', delayMs: 20_000 });
    hear({ kind: 'resumed', model: 'm', side: 'candidate' });
    expect(seen().candidate?.state).toBe('queued');
  });

  it('ignores other comparisons, models and samples', () => {
    const { hear, seen, statuses } = open();
    hear({ ...key, comparisonId: 'd', side: 'baseline', kind: 'sent', attempt: 1 });
    hear({ ...key, sample: 1, side: 'baseline', kind: 'sent', attempt: 1 });
    expect([seen().baseline, statuses]).toEqual([null, []]);
    hear({ ...key, side: 'candidate', kind: 'queued' });
    hear({ kind: 'paused', model: 'x', side: 'candidate', reason: 'timeout', delayMs: 20_000 });
    expect(seen().candidate?.state).toBe('queued');
  });
});
