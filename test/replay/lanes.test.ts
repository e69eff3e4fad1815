import { afterEach, describe, expect, it } from 'vitest';
import { statusFault } from '../../source/demo/faults.ts';
import { callModel } from '../../source/models/call/client.ts';
import { noLimits } from '../../source/configuration/settings.ts';
import { listPairs, loadPair } from '../../source/store/comparisons/pairs.ts';
import { captureOf, openStand, say, sideOf, type Stand } from './stand.ts';

let stand: Stand | null = null;

afterEach(async () => {
  await stand?.close();
  stand = null;
});

const open = async (options: Parameters<typeof openStand>[0]): Promise<Stand> => {
  stand = await openStand(options);
  return stand;
};

const captures = (count: number) => Array.from({ length: count }, (_, index) => captureOf(index));

const callsOf = (stood: Stand, model: string): number =>
  stood.calls().filter((call) => call.model === model).length;

describe('a failing model', () => {
  it('is paused and probed while the other side continues, then gets the calls it missed', async () => {
    let down = true;
    const stood = await open({
      captures: captures(120),
      answer: (request) =>
        sideOf(request) === 'candidate' && down ? statusFault(503, 'Down.') : say('an answer'),
    });
    const { ended, progress, stopped, events } = await stood.run({
      onEvent: (event) => {
        // It recovers only after the other side has finished.
        if (event.kind === 'answered' && callsOf(stood, 'incumbent') === 120) down = false;
      },
      // This is not about patience: the clock jumps while the baseline works.
      patience: { totalMs: 1e12, probes: 1e6 },
    });
    expect([ended, stopped]).toEqual(['done', { baseline: null, candidate: null }]);
    const kinds = events.map((event) => event.kind);
    expect(kinds).toContain('paused');
    expect(kinds).toContain('probing');
    expect(kinds).toContain('resumed');
    expect(callsOf(stood, 'incumbent')).toBe(120);
    const pairs = await listPairs(stood.store, stood.comparisonId);
    expect(new Set(pairs.map((pair) => pair.baseline))).toEqual(new Set(['answered']));
    // Every pair is accounted for: failed probes used up the attempts of some.
    const failed = Object.values(progress.failures.candidate).reduce((sum, n) => sum + n, 0);
    const answered = pairs.filter((pair) => pair.candidate === 'answered').length;
    expect(answered + failed).toBe(120);
    expect(answered).toBeGreaterThan(60);
    expect(progress).toMatchObject({ done: 120, paused: [], notSent: {} });
    // Queueing time is stored separately from the model's latency.
    const late = pairs.findLast((pair) => pair.candidate === 'answered');
    const { candidate } = (await loadPair(stood.store, stood.comparisonId, late?.captureId ?? ''))
      .sides;
    expect(candidate.kind === 'answered' && candidate.timings.queueMs).toBeGreaterThan(5000);
  });

  it('is stopped when patience runs out, with a reason for every unsent call', async () => {
    const stood = await open({
      captures: captures(60),
      answer: (request) =>
        sideOf(request) === 'candidate' ? statusFault(500, 'Broken.') : say('an answer'),
    });
    const { ended, progress, stopped } = await stood.run();
    expect([ended, stopped]).toEqual(['done', { baseline: null, candidate: 'server_error' }]);
    const failed = progress.failures.candidate.server_error ?? 0;
    expect(progress.notSent).toEqual({ server_error: 60 - failed });
    expect(callsOf(stood, 'incumbent')).toBe(60);
    // Ten failures in a row, ten probes and the calls already in flight: no server is hammered.
    expect(callsOf(stood, 'newcomer')).toBeLessThanOrEqual(10 + 4 + 10 + 1);
    expect(stood.waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(15 * 60_000);
  });

  it('receives no calls at all while it is rate limited', async () => {
    const sentAt: number[] = [];
    let turnedAwayAt: number | null = null;
    const stood = await open({
      captures: captures(12),
      answer: (request) =>
        sideOf(request) === 'candidate' && request.number === 3
          ? statusFault(429, 'Slow down.', { 'retry-after': '30' })
          : say('an answer'),
    });
    const { events, progress } = await stood.run({
      call: async (options) => {
        if (options.model.name === 'newcomer') sentAt.push(options.now());
        const result = await callModel(options);
        if (result.kind === 'failed') turnedAwayAt = options.now();
        return result;
      },
    });
    expect(progress).toMatchObject({ answered: 24, failures: { candidate: {} } });
    if (turnedAwayAt === null) {
      // The third call was the baseline's this time, which is just as valid.
      expect(events.some((event) => event.kind === 'retrying')).toBe(false);
      return;
    }
    const from: number = turnedAwayAt;
    expect(sentAt.filter((ms) => ms > from + 5 && ms < from + 30_000 - 5)).toEqual([]);
    expect(sentAt.some((ms) => ms >= from + 30_000 - 5)).toBe(true);
  });
});

describe('rate limits of a model', () => {
  it('apply to each model separately, within the total', async () => {
    const inFlight = { incumbent: 0, newcomer: 0 };
    const most = { incumbent: 0, newcomer: 0 };
    const stood = await open({ captures: captures(30) });
    await stood.run({
      concurrency: 8,
      modelLimits: ({ name }) => ({ ...noLimits, concurrency: name === 'newcomer' ? 2 : 3 }),
      call: async (options) => {
        const name = options.model.name as keyof typeof inFlight;
        most[name] = Math.max(most[name], ++inFlight[name]);
        return callModel(options).finally(() => inFlight[name]--);
      },
    });
    // Pairs start together: the lower limit sets the pace.
    expect(most.newcomer).toBe(2);
    expect(most.incumbent).toBeLessThanOrEqual(3);
  });

  it('spread requests across minutes', async () => {
    const sentAt: number[] = [];
    const stood = await open({ captures: captures(25) });
    const { progress } = await stood.run({
      modelLimits: ({ name }) =>
        name === 'newcomer' ? { ...noLimits, requestsPerMinute: 10 } : noLimits,
      call: (options) => {
        if (options.model.name === 'newcomer') sentAt.push(options.now());
        return callModel(options);
      },
    });
    expect(progress).toMatchObject({ done: 25, answered: 50 });
    for (const [index, ms] of sentAt.entries()) {
      const tenBefore = sentAt[index - 10];
      if (tenBefore !== undefined) expect(ms - tenBefore).toBeGreaterThanOrEqual(59_000);
    }
  });

  it('are learned from response headers', async () => {
    const sentAt: number[] = [];
    const stood = await open({ captures: captures(20) });
    await stood.run({
      call: async (options) => {
        if (options.model.name === 'newcomer') sentAt.push(options.now());
        const result = await callModel(options);
        if (options.model.name !== 'newcomer') return result;
        const requests = { limit: 5, remaining: sentAt.length === 3 ? 0 : 1, resetMs: 20_000 };
        return { ...result, rateLimits: { requests, tokens: null } };
      },
    });
    expect(sentAt).toHaveLength(20);
    for (const [index, ms] of sentAt.entries()) {
      const before = sentAt[index - 5];
      // The limit is known after the first answer; calls already in flight could not respect it.
      if (before !== undefined && index > 8) expect(ms - before).toBeGreaterThanOrEqual(59_000);
    }
  });
});

describe('warming up', () => {
  it('happens once per endpoint, before its first call', async () => {
    const order: string[] = [];
    const stood = await open({ captures: captures(3) });
    const { progress } = await stood.run({
      warmUp: ({ model }) => {
        order.push(`warm ${model.name}`);
        return Promise.resolve();
      },
      call: (options) => {
        order.push('call');
        return callModel(options);
      },
    });
    // Both models share an address, so one connection is warmed up.
    expect(order.filter((one) => one.startsWith('warm'))).toHaveLength(1);
    expect(order[0]).toMatch(/^warm/);
    expect(progress.answered).toBe(6);
  });

  it('is skipped when there is nothing to send', async () => {
    let warmed = 0;
    const stood = await open({ captures: captures(1) });
    await stood.run();
    await stood.run({
      warmUp: () => {
        warmed++;
        return Promise.resolve();
      },
    });
    expect(warmed).toBe(0);
  });

  it('is given up when the run is to end', async () => {
    const stood = await open({ captures: captures(3) });
    const ending = new AbortController();
    let isGivenUp = false;
    const { ended } = await stood.run({
      ending: ending.signal,
      warmUp: ({ signal }) => {
        signal.addEventListener('abort', () => {
          isGivenUp = true;
        });
        ending.abort();
        return Promise.withResolvers<void>().promise;
      },
    });
    expect([ended, isGivenUp, stood.calls()]).toEqual(['interrupted', true, []]);
  });
});
