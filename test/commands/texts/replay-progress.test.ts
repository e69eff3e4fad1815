import { describe, expect, it } from 'vitest';
import {
  eventLine,
  progressLine,
  progressText,
  shortProgressText,
  ReplayProgressView,
} from '../../../source/commands/texts/replay-progress.ts';
import type { ReplayProgress } from '../../../source/replay/run.ts';
import { cellWidth } from '../../../source/text/width.ts';

const progress = (changes: Partial<ReplayProgress> = {}): ReplayProgress => ({
  total: 412,
  done: 87,
  doneInRun: 80,
  inFlight: 8,
  retrying: 2,
  retryInMs: 700,
  awaited: 0,
  answeredElsewhere: 0,
  paused: [],
  answered: 158,
  tagged: 0,
  failures: { baseline: {}, candidate: { timeout: 1, rate_limited: 3 } },
  notSent: {},
  cost: 0.31,
  uncountedAnswers: 0,
  budget: 5,
  spentAtMost: 0.4,
  spentToday: null,
  isBudgetUsedUp: false,
  elapsedMs: 40_000,
  ...changes,
});

describe('the progress line', () => {
  it('shows what is done, the pace, the cost, the time left, what waits and what failed', () => {
    expect(progressLine(progress(), 200)).toBe(
      '━━━━━··················· 87 of 412 pairs · 2.0/s · $0.31 of $5.00 · 2 min 43 s left · 2 retrying · failed: candidate timeout 1, candidate rate_limited 3',
    );
  });

  it('is never wider than the terminal', () => {
    for (let width = 1; width < 160; width++) {
      expect(cellWidth(progressLine(progress(), width))).toBeLessThanOrEqual(width);
    }
  });

  it('shows a dash for unknown values', () => {
    const line = progressLine(
      progress({ doneInRun: 0, elapsedMs: 10, cost: null, budget: null, retrying: 0 }),
      200,
    );
    expect(line).toContain('87 of 412 pairs · — · — · — left');
  });

  it('shows the cost as a lower bound while the tokens of some answers are not counted', () => {
    expect(progressText(progress({ uncountedAnswers: 1 }))).toContain('≥ $0.31 of $5.00');
  });

  it('says when the next try comes if that takes a while', () => {
    expect(progressText(progress({ retryInMs: 598_000 }))).toContain('2 retrying in 9 min 58 s');
    expect(progressText(progress({ retryInMs: 9_999 }))).toContain('2 retrying · ');
  });

  it('counts pairs, and of what was not sent answers, with their names', () => {
    const notSent = { 'budget reached': 890, 'not recorded': 5 };
    for (const text of [
      progressText(progress({ done: 412, notSent })),
      progressLine(progress({ done: 412, notSent }), 250),
    ]) {
      expect(text).toContain('412 of 412 pairs');
      expect(text).toContain('895 answers not sent');
    }
    const one = progressText(progress({ total: 1, done: 1, notSent: { 'budget reached': 1 } }));
    expect(one).toContain('1 of 1 pair · ');
    expect(one).toContain('1 answer not sent');
    expect(shortProgressText(progress({ notSent }))).toMatch(
      /^87 of 412 · .*895 answers not sent · /,
    );
  });

  it('is full when everything is done', () => {
    const line = progressLine(progress({ done: 412, doneInRun: 405 }), 200);
    expect(line.startsWith(`${'━'.repeat(24)} 412 of 412`)).toBe(true);
  });
});

const key = { comparisonId: 'c', captureId: 'a', side: 'baseline', sample: 0 } as const;

describe('the log line of an event', () => {
  const failure = {
    reason: 'server_error' as const,
    message: 'boom \u001b[31m\nnext',
    status: 503,
    retryAfterMs: null,
    parameter: null,
  };

  it('names capture, side and reason, with control characters made visible', () => {
    const line = eventLine({
      kind: 'failed',
      comparisonId: 'c',
      captureId: 'req\u0007_1',
      side: 'candidate',
      sample: 0,
      attempts: 4,
      failure,
      unused: null,
    });
    expect(line).toMatch(
      /^failed req␇_1 candidate: server_error, boom ␛\[31m.next after 4 tries$/u,
    );
  });

  it('says what --adapt auto would change in a refused request', () => {
    const line = eventLine({
      ...key,
      kind: 'failed',
      attempts: 1,
      failure: { ...failure, reason: 'rejected', status: 400 },
      unused: { parameter: 'temper\u0007ature', action: 'removed', reason: 'after a 400: no' },
    });
    expect(line).toMatch(/ · --adapt auto sends it without temper␇ature$/u);
  });

  it('announces a retry', () => {
    const event = { ...key, captureId: 'req_1', attempt: 1, failure } as const;
    expect(eventLine({ kind: 'retrying', ...event, delayMs: 1500, change: null })).toContain(
      'retrying req_1 baseline in 1.5 s: server_error',
    );
    const change = { parameter: 'temperature', action: 'removed', reason: 'after a 400' } as const;
    expect(eventLine({ kind: 'retrying', ...event, delayMs: 0, change })).toContain(
      'sending req_1 baseline again without temperature: server_error',
    );
  });

  it('does not exist for successful events', () => {
    expect(eventLine({ ...key, kind: 'text', text: 'b' })).toBeNull();
  });
});

describe('the view of a replay', () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) => {
    written.length = 0;
    return { isTTY, columns: 60, write: (text: string) => written.push(text) };
  };

  it('is one line on a terminal, which ends once', () => {
    const view = new ReplayProgressView(stream(true), () => progress());
    view.show({ kind: 'stopped', model: 'a/b', side: 'baseline', reason: 'no_credit' });
    view.end();
    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^\r\u001b\[K[^\n]{1,59}$/u);
    expect(written[1]).toBe('\n');
  });

  it('is plain lines elsewhere: each failure, and every twentieth of the pairs', () => {
    let done = 0;
    const view = new ReplayProgressView(stream(false), () => progress({ total: 40, done }));
    for (done = 1; done <= 40; done++) {
      view.show({
        kind: 'outcome',
        comparisonId: 'c',
        captureId: `c${done}`,
        outcome: 'identical',
        byRule: false,
      });
    }
    done = 40;
    view.show({ kind: 'stopped', model: 'a/b', side: 'baseline', reason: 'no_credit' });
    view.end();
    expect(written).toHaveLength(22);
    expect(written.filter((line) => line.startsWith('replaying '))).toHaveLength(20);
    expect(written[20]).toBe('no more calls are sent to the baseline a/b: no_credit\n');
    expect(written.join('')).not.toContain('\u001b');
  });
});
