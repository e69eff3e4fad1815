import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { statusFault } from '../../source/demo/faults.ts';
import { callModel } from '../../source/models/call/client.ts';
import type { Model } from '../../source/models/model.ts';
import { listPairs, loadPair } from '../../source/store/comparisons/pairs.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { answerOf } from '../helpers/filled-store.ts';
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

const states = async ({ store, comparisonId }: Stand) => {
  const rows = await listPairs(store, comparisonId);
  return {
    baseline: rows.map((row) => row.baseline),
    candidate: rows.map((row) => row.candidate),
    outcomes: rows.map((row) => row.outcome),
  };
};

describe('a replay', () => {
  it('answers both sides of every pair with one call each, and compares them', async () => {
    const { run, calls, store, comparisonId } = await open({
      captures: captures(10),
      answer: (request) =>
        say(request.prompt === 'prompt 3' && sideOf(request) === 'candidate' ? 'else' : 'same'),
    });
    const { ended, progress, events } = await run();
    expect(ended).toBe('done');
    expect(progress).toMatchObject({
      total: 10,
      done: 10,
      doneInRun: 10,
      inFlight: 0,
      answered: 20,
    });
    expect(calls().map((call) => [call.attempt, call.end])).toEqual(
      Array.from({ length: 20 }, () => [1, 'answered']),
    );
    const rows = await listPairs(store, comparisonId);
    expect(rows.map((row) => row.outcome).toSorted()).toEqual([
      'different',
      ...Array.from({ length: 9 }, () => 'identical'),
    ]);
    expect(rows.find((row) => row.outcome === 'different')?.captureId).toBe('capture-3');
    expect(events.filter((event) => event.kind === 'outcome')).toHaveLength(10);

    const { baseline } = (await loadPair(store, comparisonId, 'capture-3')).sides;
    expect(baseline).toMatchObject({ kind: 'answered', recorded: false, attempts: [] });
    expect(baseline.kind === 'answered' && baseline.timings.queueMs).toBeGreaterThanOrEqual(0);
    expect(baseline.kind === 'answered' && baseline.timings.totalMs).toBeGreaterThan(0);
  });

  it('reports sent, received and stored answers to a live view, in this order', async () => {
    const { run } = await open({ captures: captures(1), answer: () => say('one two three') });
    const { events } = await run();
    const ofBaseline = events.filter((event) => 'side' in event && event.side === 'baseline');
    const text = ofBaseline.map((event) => (event.kind === 'text' ? event.text : '')).join('');
    expect(text).toBe('one two three');
    expect([...new Set(ofBaseline.map((event) => event.kind))]).toEqual([
      'queued',
      'sent',
      'text',
      'answered',
    ]);
    expect(events.at(-1)?.kind).toBe('outcome');
  });

  it('sends only missing answers when run again', async () => {
    let broken = true;
    const { run, calls, store, comparisonId } = await open({
      captures: captures(6),
      answer: (request) =>
        broken && request.prompt === 'prompt 2' && sideOf(request) === 'candidate'
          ? statusFault(400)
          : say('an answer'),
    });
    const first = await run();
    expect(first.progress.failures).toEqual({ baseline: {}, candidate: { rejected: 1 } });
    expect(first.progress.done).toBe(6);
    broken = false;
    const second = await run();
    expect(second.progress).toMatchObject({ total: 6, done: 6, doneInRun: 1, answered: 1 });
    expect(calls()).toHaveLength(13);
    const { candidate } = (await loadPair(store, comparisonId, 'capture-2')).sides;
    expect(candidate).toMatchObject({ kind: 'answered', attempts: [{ number: 1 }] });
    expect(await run()).toMatchObject({ ended: 'done', progress: { doneInRun: 0, done: 6 } });
    expect(calls()).toHaveLength(13);
  });

  it('stops at once when interrupted, and resumes without gaps or double payment', async () => {
    let stalled = true;
    const { run, calls, ...rest } = await open({
      captures: captures(20),
      answer: (request) =>
        stalled && request.number > 12 ? { kind: 'stall', afterPieces: 0 } : say('an answer'),
    });
    const controller = new AbortController();
    let answered = 0;
    const first = await run({
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'answered' && ++answered === 12) controller.abort();
      },
    });
    expect(first.ended).toBe('interrupted');
    expect(first.progress).toMatchObject({
      answered: 12,
      inFlight: 0,
      failures: { baseline: {}, candidate: {} },
    });
    const between = await states({ ...rest, run, calls });
    expect(between.outcomes).not.toContain('failed');
    expect(
      [...between.baseline, ...between.candidate].filter((state) => state === 'answered'),
    ).toHaveLength(12);

    stalled = false;
    const second = await run();
    expect(second).toMatchObject({
      ended: 'done',
      progress: { total: 20, done: 20, answered: 28 },
    });
    const answeredByServer = calls().filter((call) => call.end === 'answered');
    expect(answeredByServer).toHaveLength(40);
    expect(new Set(answeredByServer.map((call) => call.bodyHash)).size).toBe(40);
    expect((await states({ ...rest, run, calls })).outcomes).not.toContain(null);
  });

  it('does nothing if it is aborted before it starts', async () => {
    const { run, calls } = await open({ captures: captures(3) });
    const { ended } = await run({ signal: AbortSignal.abort() });
    expect([ended, calls().length]).toEqual(['interrupted', 0]);
  });

  it('continues with one side while the other fails or is slow', async () => {
    const stood = await open({
      captures: captures(8),
      answer: (request) =>
        sideOf(request) === 'baseline' ? say('an answer') : statusFault(422, 'no such parameter'),
    });
    const { ended, progress, events } = await stood.run({
      call: async (options) => {
        if (options.model.name === 'incumbent') await setTimeout(5);
        return callModel(options);
      },
    });
    expect(ended).toBe('done');
    expect(progress.failures).toEqual({ baseline: {}, candidate: { rejected: 8 } });
    const { baseline, candidate, outcomes } = await states(stood);
    expect(new Set(baseline)).toEqual(new Set(['answered']));
    expect(new Set(candidate)).toEqual(new Set(['failed']));
    expect(new Set(outcomes)).toEqual(new Set(['failed']));
    const failure = events.find((event) => event.kind === 'failed')?.failure;
    expect(failure?.message).toContain('no such parameter');
  });

  it('waits as long as a server asks, stores the failures and then gets the answer', async () => {
    const { run, waits, store, comparisonId } = await open({
      captures: captures(1),
      answer: (request) =>
        sideOf(request) === 'candidate' && request.attempt <= 2
          ? statusFault(429, 'slow down', { 'retry-after': '90' })
          : say('an answer'),
    });
    const { events, progress } = await run();
    expect(progress).toMatchObject({ answered: 2, retrying: 0, failures: { candidate: {} } });
    expect(waits).toHaveLength(2);
    expect(waits.every((ms) => ms >= 90_000 && ms <= 91_000)).toBe(true);
    const retrying = events.filter((event) => event.kind === 'retrying');
    expect(retrying.map((event) => event.attempt)).toEqual([1, 2]);
    const { candidate } = (await loadPair(store, comparisonId, 'capture-0')).sides;
    expect(
      candidate.attempts.map(({ number, failure, final }) => [number, failure.reason, final]),
    ).toEqual([
      [1, 'rate_limited', false],
      [2, 'rate_limited', false],
    ]);
  });

  it('sends other calls while one waits for its retry', async () => {
    let calls = 0;
    let freed = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      freed = resolve;
    });
    const { run } = await open({
      captures: captures(3),
      answer: () => (++calls === 1 ? statusFault(503) : say('an answer')),
    });
    const { progress } = await run({
      concurrency: 2,
      wait: () => waiting,
      onEvent: (event) => {
        if (event.kind === 'outcome') freed();
      },
    });
    expect(progress).toMatchObject({ done: 3, answered: 6 });
  });

  it('starts no new calls while retries take up the whole concurrency', async () => {
    let broken = true;
    const { run, calls } = await open({
      captures: captures(30),
      answer: () => (broken ? statusFault(503) : say('an answer')),
    });
    let begun = 0;
    const { progress } = await run({
      concurrency: 4,
      // Long enough to send everything that may be sent.
      wait: async () => {
        await setTimeout(100);
        begun ||= calls().length;
        broken = false;
      },
    });
    expect(begun).toBeLessThanOrEqual(8);
    expect(progress).toMatchObject({ done: 30, answered: 60 });
  });

  it('gives up after four attempts and says why', async () => {
    const { run, calls, store, comparisonId } = await open({
      captures: captures(1),
      answer: (request) =>
        sideOf(request) === 'baseline' ? { kind: 'cut', afterPieces: 1 } : say('an answer'),
    });
    const { events } = await run();
    expect(events.find((event) => event.kind === 'failed')).toMatchObject({
      side: 'baseline',
      attempts: 4,
      failure: { reason: 'truncated' },
    });
    expect(calls()).toHaveLength(5);
    const { baseline } = (await loadPair(store, comparisonId, 'capture-0')).sides;
    expect(baseline).toMatchObject({ kind: 'failed', failure: { reason: 'truncated' } });
    expect(baseline.attempts.map(({ final }) => final)).toEqual([false, false, false, true]);
  });

  it('stops a failing side early and finishes the other', async () => {
    const stood = await open({
      captures: captures(60),
      answer: (request) =>
        sideOf(request) === 'candidate' ? statusFault(401, 'no such key') : say('an answer'),
    });
    const { ended, stopped, progress, events } = await stood.run();
    expect([ended, stopped]).toEqual(['done', { baseline: null, candidate: 'unauthorized' }]);
    const failed = progress.failures.candidate.unauthorized ?? 0;
    expect(failed).toBeGreaterThanOrEqual(5);
    expect(failed).toBeLessThanOrEqual(9);
    expect(progress.notSent).toEqual({ unauthorized: 60 - failed });
    expect(events.filter((event) => event.kind === 'stopped')).toHaveLength(1);
    const { baseline, candidate } = await states(stood);
    expect(new Set(baseline)).toEqual(new Set(['answered']));
    expect(candidate.filter((state) => state === 'not_sent')).toHaveLength(60 - failed);
    const pairs = await listPairs(stood.store, stood.comparisonId);
    const unsent = pairs.find((pair) => pair.candidate === 'not_sent');
    const { sides } = await loadPair(stood.store, stood.comparisonId, unsent?.captureId ?? '');
    expect(sides.candidate).toMatchObject({ kind: 'not_sent', reason: 'unauthorized' });
  });

  it('never exceeds its concurrency', async () => {
    const { run } = await open({ captures: captures(40) });
    for (const concurrency of [1, 2, 5]) {
      let inFlight = 0;
      let most = 0;
      await run({
        concurrency,
        budget: null,
        call: async (options) => {
          most = Math.max(most, ++inFlight);
          try {
            const result = await callModel(options);
            // Discards the answer: every round does the same work.
            return result.kind === 'answered'
              ? { ...result, kind: 'failed', partial: null, failure: rejected }
              : result;
          } finally {
            inFlight--;
          }
        },
      });
      expect(most).toBe(concurrency);
    }
  });

  it('starts both sides of a pair together', async () => {
    const { run } = await open({ captures: captures(12) });
    const inFlight = new Map<string, number>();
    const alone: string[] = [];
    await run({
      concurrency: 3,
      onEvent: (event) => {
        if (event.kind === 'sent')
          inFlight.set(event.captureId, (inFlight.get(event.captureId) ?? 0) + 1);
        if (event.kind === 'text' && inFlight.get(event.captureId) !== 2)
          alone.push(event.captureId);
      },
    });
    expect(alone).toEqual([]);
  });

  it('sends only the requested captures', async () => {
    const { run, calls } = await open({ captures: captures(5) });
    const { progress } = await run({ only: ['capture-3'] });
    expect(progress).toMatchObject({ total: 1, done: 1 });
    expect(calls()).toHaveLength(2);
  });

  it('compares answers that a killed run left uncompared', async () => {
    const { run, store, comparisonId, calls } = await open({ captures: captures(1) });
    for (const side of ['baseline', 'candidate'] as const) {
      await saveResponse(store, {
        comparisonId,
        captureId: 'capture-0',
        side,
        answer: answerOf('the same'),
        timings: { queueMs: null, connectMs: null, timeToFirstTokenMs: null, totalMs: null },
        adaptations: [],
        recorded: false,
        providerRequestId: null,
        at: '2026-11-24T00:00:00.000Z',
      });
    }
    const { events } = await run();
    expect(events).toEqual([
      {
        kind: 'outcome',
        comparisonId,
        captureId: 'capture-0',
        outcome: 'identical',
        byRule: false,
      },
    ]);
    expect(calls()).toHaveLength(0);
  });

  it('ends with the error, and nothing in flight, when the store fails', async () => {
    const { run, store } = await open({ captures: captures(20) });
    let inFlight = 0;
    let begun = 0;
    const running = run({
      call: async (options) => {
        inFlight++;
        const result = await callModel(options);
        inFlight--;
        if (++begun === 6) await store.close();
        return result;
      },
    });
    await expect(running).rejects.toThrow(Error);
    expect(inFlight).toBe(0);
    expect(begun).toBeLessThan(40);
  });

  it('rejects an invalid concurrency and a budget without prices', async () => {
    const { run } = await open({ captures: [] });
    await expect(run({ concurrency: 0 })).rejects.toThrow(RangeError);
    await expect(run({ budget: 1 })).rejects.toThrow('price');
  });
});

const rejected = {
  reason: 'rejected',
  message: '',
  status: 400,
  retryAfterMs: null,
  parameter: null,
} as const;

describe('a replay of recorded answers', () => {
  const completion = (text: string) => ({
    object: 'chat.completion',
    model: 'old',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
  });
  const recording = (model: string, production: boolean, text: string) => ({
    model,
    production,
    body: completion(text),
    timeToFirstTokenMs: 240,
    totalMs: 812,
  });
  const recorded = (name: string | null): Model => ({
    kind: 'recorded',
    label: name === null ? 'recorded' : `recorded:${name}`,
    name,
  });

  it('uses the recording with its timings and makes no call', async () => {
    const { run, calls, store, comparisonId } = await open({
      captures: [captureOf(0, [recording('old', true, 'yes'), recording('other', false, 'no')])],
      models: { baseline: recorded(null), candidate: recorded('other') },
    });
    const { ended, progress } = await run();
    expect([ended, progress.answered, progress.cost, calls().length]).toEqual(['done', 2, 0, 0]);
    const { sides, comparison } = await loadPair(store, comparisonId, 'capture-0');
    expect(sides.baseline).toMatchObject({
      kind: 'answered',
      recorded: true,
      answer: { text: 'yes' },
      timings: { queueMs: null, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
    });
    expect(comparison?.outcome).toBe('different');
  });

  it('reports missing answers and pays for none that cannot be compared', async () => {
    const { run, calls, store, comparisonId } = await open({
      captures: [captureOf(0, [recording('old', true, 'yes')]), captureOf(1)],
      models: { baseline: recorded('old') },
    });
    const { progress } = await run();
    expect(calls()).toHaveLength(1);
    expect(progress.notSent).toEqual({
      'no recorded answer of old': 1,
      'the other side has no recorded answer': 1,
    });
    const { sides } = await loadPair(store, comparisonId, 'capture-1');
    expect(sides).toMatchObject({
      baseline: { kind: 'not_sent', reason: 'no recorded answer of old' },
      candidate: { kind: 'not_sent' },
    });
  });
});

describe('a replay within a budget', () => {
  // The endpoint counts a handful of tokens; the bound is 50 of output and the bytes of the body.
  const price = {
    input: 1000,
    output: 2000,
    cachedInput: null,
    source: 'test',
    date: '2026-11-01',
  };

  it('never exceeds it, sends the rest once it is raised, and pays for nothing twice', async () => {
    const stood = await open({ captures: captures(20), price });
    const limit = 0.65;
    const first = await stood.run({ budget: limit, concurrency: 8 });
    expect(first.ended).toBe('budget');
    expect(first.progress.spentAtMost).toBeLessThanOrEqual(limit);
    expect(first.progress.cost).toBeCloseTo(first.progress.spentAtMost, 6);
    const sent = stood.calls().length;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(40);
    expect(first.progress.notSent).toEqual({ 'budget reached': 40 - sent });
    const { baseline, candidate } = await states(stood);
    expect(baseline).toEqual(candidate);

    const second = await stood.run({ budget: 1000 });
    expect(second).toMatchObject({ ended: 'done', progress: { done: 20, answered: 40 - sent } });
    expect(new Set(stood.calls().map((call) => call.bodyHash)).size).toBe(40);
    expect(stood.calls()).toHaveLength(40);
  });

  it('counts the most that a broken call can have cost', async () => {
    const { run } = await open({
      captures: captures(1),
      price,
      answer: (request) =>
        sideOf(request) === 'candidate' ? { kind: 'cut', afterPieces: 1 } : say('an answer'),
    });
    const { progress } = await run({ budget: 100 });
    expect(progress.spentAtMost).toBeGreaterThan((progress.cost ?? 0) * 2);
    expect(progress.spentAtMost).toBeLessThan(100);
  });
});
