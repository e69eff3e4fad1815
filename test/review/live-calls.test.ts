import { describe, expect, it } from 'vitest';
import { createLiveTexts } from '../../source/review/screen/live-calls.ts';
import { replayNews } from '../../source/review/screen/replay-news.ts';
import type { ReplayEvent } from '../../source/replay/event.ts';

const key = { comparisonId: 'c', captureId: 'one', sample: 0 } as const;

const failure = {
  reason: 'rate_limited',
  message: '',
  status: 429,
  retryAfterMs: 4000,
  parameter: null,
} as const;

/** What a review of the comparison `c` takes in, on a clock that is moved by hand. */
const open = () => {
  const live = createLiveTexts();
  let nowMs = 0;
  const statuses: string[] = [];
  const hear = replayNews({
    comparisonId: 'c',
    models: { baseline: 'b', candidate: 'm' },
    live,
    loader: { get: () => null, want: () => {}, forget: () => {}, costAgain: () => {} },
    step: (action) => {
      if (action.kind === 'side') statuses.push(`${action.side} ${action.status}`);
    },
    shown: () => 'one',
    nowMs: () => nowMs,
  });
  return {
    hear: (...events: readonly ReplayEvent[]) => events.forEach(hear),
    seen: () => live.of('one', nowMs),
    statuses,
    goTo: (ms: number) => {
      nowMs = ms;
    },
  };
};

describe('what is seen of calls', () => {
  it('is that they wait for their turn, are sent, and come', () => {
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

  it('is why and in how many seconds one is tried again', () => {
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
    // The same object while nothing is seen to change, so that nothing is drawn for it.
    goTo(500);
    expect(seen()).toBe(before);
    goTo(1500);
    expect(seen().candidate?.seconds).toBe(3);
    goTo(9000);
    expect(seen().candidate?.seconds).toBe(0);
  });

  it('is that the provider is paused, for what waits and while it lasts', () => {
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

  it('is nothing of other comparisons and of repeated answers', () => {
    const { hear, seen, statuses } = open();
    hear({ ...key, comparisonId: 'd', side: 'baseline', kind: 'sent', attempt: 1 });
    hear({ ...key, sample: 1, side: 'baseline', kind: 'sent', attempt: 1 });
    expect([seen().baseline, statuses]).toEqual([null, []]);
    hear({ ...key, side: 'candidate', kind: 'queued' });
    hear({ kind: 'paused', model: 'x', side: 'candidate', reason: 'timeout', delayMs: 20_000 });
    expect(seen().candidate?.state).toBe('queued');
  });
});
