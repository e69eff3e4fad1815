import { assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure, FailureReason } from '../../../source/models/answer.ts';
import {
  maximumAttempts,
  maximumRateLimited,
  modelPauseMs,
  pollDelayMs,
  probeDelayMs,
  retryDelayMs as boundedDelayMs,
  withLongWait,
} from '../../../source/replay/limits/retry.ts';

const failure = (reason: FailureReason, retryAfterMs: number | null = null): Failure => ({
  reason,
  message: '',
  status: null,
  retryAfterMs,
  parameter: null,
});

const minuteMs = 60_000;

const retryDelayMs = (
  one: Failure,
  failedAttempts: number,
  random: () => number,
  longestMs = 60 * minuteMs,
): number | null => boundedDelayMs(one, failedAttempts, random, longestMs);

const passing = [
  'connection',
  'timeout',
  'rate_limited',
  'server_error',
  'truncated',
  'stream_error',
] as const;

describe('retryDelayMs', () => {
  it.each(passing)('retries after %s, but not forever', (reason) => {
    const most = reason === 'rate_limited' ? maximumRateLimited : maximumAttempts;
    expect(retryDelayMs(failure(reason), most - 1, Math.random)).not.toBeNull();
    expect(retryDelayMs(failure(reason), most, Math.random)).toBeNull();
  });

  it.each([
    'rejected',
    'unauthorized',
    'not_found',
    'no_credit',
    'too_large',
    'not_an_answer',
    'interrupted',
  ] as const)('does not retry after %s', (reason) => {
    expect(retryDelayMs(failure(reason, 1000), 1, Math.random)).toBeNull();
  });

  it('waits at least as long as the server asks, as long as the run has patience', () => {
    const hourMs = 3_600_000;
    expect(retryDelayMs(failure('rate_limited', hourMs), 1, () => 0)).toBe(hourMs);
    expect(retryDelayMs(failure('rate_limited', hourMs), 1, () => 0.999_999)).toBe(hourMs + 1000);
    expect(retryDelayMs(failure('server_error', 0), 1, () => 0.5)).toBe(0);
  });

  it('does not wait longer than the run does, and says so', () => {
    const tooLong = failure('rate_limited', 60 * minuteMs + 1);
    expect(retryDelayMs(tooLong, 1, () => 0)).toBeNull();
    expect(withLongWait({ ...tooLong, message: 'Slow down' }, 15 * minuteMs).message).toBe(
      'Slow down. It asks for a wait of 60 min 0 s; this run waits at most 15 min 0 s (--patience).',
    );
    const short = failure('rate_limited', 15 * minuteMs);
    expect(withLongWait(short, 15 * minuteMs)).toBe(short);
    const refused = failure('rejected', 60 * minuteMs);
    expect(withLongWait(refused, minuteMs)).toBe(refused);
  });

  it('doubles its own delays, half of each random', () => {
    const waits = [1, 2, 3].map((failed) => [
      retryDelayMs(failure('server_error'), failed, () => 0),
      retryDelayMs(failure('server_error'), failed, () => 1),
    ]);
    expect(waits).toEqual([
      [250, 500],
      [500, 1000],
      [1000, 2000],
    ]);
  });

  it('chooses positive delays of at most 30 seconds', () => {
    assert(
      property(
        constantFrom(...passing),
        integer({ min: 1, max: 3 }),
        double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (reason, failed, random) => {
          const delay = retryDelayMs(failure(reason), failed, () => random);
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeLessThanOrEqual(30_000);
        },
      ),
    );
  });
});

describe('waiting for a model', () => {
  it('holds back every call after a rate limit, for the time asked or the delay of that call', () => {
    expect(modelPauseMs(failure('rate_limited', 7000), 7100)).toBe(7000);
    expect(modelPauseMs(failure('rate_limited'), 400)).toBe(400);
    expect(modelPauseMs(failure('rate_limited'), null)).toBe(1000);
    expect(modelPauseMs(failure('server_error', 7000), 7100)).toBeNull();
  });

  it('probes a failing model at growing intervals, or when its server asks', () => {
    const failed = failure('connection');
    expect([0, 1, 2, 10].map((probes) => probeDelayMs(failed, probes))).toEqual([
      5000, 10_000, 20_000, 300_000,
    ]);
    expect(probeDelayMs(failure('server_error', 60_000), 3)).toBe(60_000);
  });

  it('polls a batch no sooner than the interval, except for the first Retry-After', () => {
    const poll = (asked: number | null, failuresInRow: number): number | null =>
      pollDelayMs(failure('server_error', asked), { failuresInRow, intervalMs: 5000 }, () => 0);
    expect([poll(null, 1), poll(20, 1), poll(20, 2), poll(9000, 2)]).toEqual([
      5000, 20, 5000, 9000,
    ]);
    const last = { failuresInRow: 1, intervalMs: 5000 };
    expect(pollDelayMs(failure('unauthorized'), last, Math.random)).toBeNull();
  });
});
