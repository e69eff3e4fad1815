import { describe, expect, it } from 'vitest';
import type { Failure, FailureReason } from '../../../source/models/answer.ts';
import {
  Health,
  defaultPatience,
  type HealthChange,
} from '../../../source/replay/limits/health.ts';

const failure = (reason: FailureReason, retryAfterMs: number | null = null): Failure => ({
  reason,
  message: '',
  status: null,
  retryAfterMs,
  parameter: null,
});

/** A model's health with a manual clock. */
const start = (patience = defaultPatience) => {
  const health = new Health(patience);
  let nowMs = 0;
  const fail = (
    reason: FailureReason,
    times = 1,
    retryAfterMs: number | null = null,
  ): HealthChange => {
    let news: HealthChange = null;
    for (let time = 0; time < times; time++) {
      news = health.failed(failure(reason, retryAfterMs), health.sent(), nowMs);
    }
    return news;
  };
  return {
    health,
    fail,
    goTo: (ms: number) => {
      nowMs = ms;
    },
    now: () => nowMs,
  };
};

describe('the health of a model', () => {
  it.each<readonly [FailureReason, number]>([
    ['connection', 5],
    ['server_error', 10],
    ['timeout', 10],
    ['rate_limited', 10],
    ['truncated', 10],
    ['not_an_answer', 10],
  ])('pauses after %s %i times in a row', (reason, times) => {
    const { health, fail } = start();
    expect(fail(reason, times - 1)).toBeNull();
    expect(fail(reason)).toBe('paused');
    expect([health.state, health.untilMs, health.reason]).toEqual(['open', 5000, reason]);
  });

  it.each<FailureReason>(['unauthorized', 'no_credit', 'not_found'])(
    'is stopped after five failures with %s, which waiting cannot fix',
    (reason) => {
      const { health, fail } = start();
      expect(fail(reason, 4)).toBeNull();
      expect(fail(reason)).toBe('stopped');
      expect(health.state).toBe('stopped');
    },
  );

  it('restarts the count after an answer, and after a rejection that shows the server works', () => {
    const { health, fail } = start();
    fail('unauthorized', 4);
    health.answered();
    expect(fail('unauthorized', 4)).toBeNull();
    fail('server_error', 9);
    fail('rejected');
    expect(fail('server_error', 9)).toBeNull();
    expect(health.state).toBe('closed');
  });

  it('doubles the wait after each failed probe, up to five minutes', () => {
    const { health, fail, goTo } = start();
    fail('connection', 5);
    const pauses: number[] = [];
    for (let probe = 0; probe < 9; probe++) {
      pauses.push(health.untilMs);
      goTo(health.untilMs);
      expect(fail('connection')).toBe('paused');
    }
    expect(pauses.map((ms, index) => ms - (pauses[index - 1] ?? 0))).toEqual(
      [5, 10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * 1000),
    );
  });

  it('waits as long as the server asks, as long as there is patience', () => {
    const { health, fail } = start();
    fail('server_error', 10, 900_000);
    expect(health.untilMs).toBe(900_000);
  });

  it.each(['rate_limited', 'server_error'] as const)(
    'is stopped at once when the server asks for more patience after %s',
    (reason) => {
      const { health, fail } = start();
      expect(fail(reason, 1, 900_001)).toBe('stopped');
      expect(health.reason).toBe(reason);
      const impatient = start({ totalMs: 0, probes: 0 });
      expect(impatient.fail('rate_limited', 1, 60_000)).toBeNull();
      expect(impatient.fail('rate_limited', 1, 60_001)).toBe('stopped');
    },
  );

  it('sends one probe at a time and resumes when it is answered', () => {
    const { health, fail, goTo } = start();
    fail('connection', 5);
    goTo(5000);
    expect(health.sent()).toBe(true);
    expect(health.state).toBe('probing');
    // Sent before the pause, failed after it: this changes nothing.
    expect(health.failed(failure('connection'), false, 5000)).toBeNull();
    expect(health.answered()).toBe('resumed');
    expect([health.state, health.probes, health.reason]).toEqual(['closed', 0, null]);
  });

  it('probes again after the user interrupted a probe', () => {
    const { health, fail, goTo } = start();
    fail('connection', 5);
    goTo(5000);
    expect(health.failed(failure('interrupted'), health.sent(), 5000)).toBeNull();
    expect([health.state, health.probes]).toEqual(['open', 0]);
  });

  it('is stopped when both the probes and the time allowed are used up', () => {
    const { health, fail, goTo, now } = start();
    fail('server_error', 10);
    let probes = 0;
    while (health.state !== 'stopped') {
      goTo(health.untilMs);
      fail('server_error');
      probes++;
    }
    expect(probes).toBe(10);
    expect(now()).toBeGreaterThanOrEqual(15 * 60_000);
    expect(health.reason).toBe('server_error');
  });

  it('is stopped at once without patience', () => {
    const { health, fail } = start({ totalMs: 0, probes: 0 });
    expect(fail('connection', 5)).toBe('stopped');
    expect(health.state).toBe('stopped');
  });
});
