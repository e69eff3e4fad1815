import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { callModel } from '../../source/models/call/client.ts';
import { Claims, type WorkerProcess } from '../../source/replay/claims.ts';
import { wait } from '../../source/replay/limits/alarm.ts';
import type { ReplayOptions } from '../../source/replay/replay-options.ts';
import { listClaimants, touchClaimant } from '../../source/store/side-claims.ts';
import { loadPair } from '../../source/store/comparisons/pairs.ts';
import { ledger } from '../../source/store/ledger.ts';
import type { Store } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { at, sampleResponse } from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';
import { captureOf, openStand, say, type Stand } from './stand.ts';

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

/**
 * Concurrent runs need real time, because one waits for the other. Calls take a moment to
 * make the runs overlap.
 */
const inRealTime: Partial<ReplayOptions> = {
  wait,
  now: () => performance.now(),
  call: async (options) => {
    await setTimeout(3);
    return callModel(options);
  },
};

const outcomes = async (store: Store): Promise<number> =>
  (await store.db.selectFrom('outcome').select('capture_id').execute()).length;

describe('two concurrent runs', () => {
  it('of one comparison make each call once, compare every pair and count their own work', async () => {
    const stood = await open({ captures: captures(40) });
    const runs = await Promise.all([stood.run(inRealTime), stood.run(inRealTime)]);
    expect(stood.counts()).toEqual({ incumbent: 40, newcomer: 40 });
    expect(runs.map(({ ended }) => ended)).toEqual(['done', 'done']);
    const [first, second] = runs.map(({ progress }) => progress);
    expect([first?.done, second?.done]).toEqual([40, 40]);
    expect((first?.answered ?? 0) + (second?.answered ?? 0)).toBe(80);
    expect(first?.answeredElsewhere).toBe(second?.answered);
    expect(second?.answeredElsewhere).toBe(first?.answered);
    expect(first?.awaited).toBe(0);
    expect(await outcomes(stood.store)).toBe(40);
    expect(await listClaimants(stood.store)).toEqual([]);
    expect(await stood.store.db.selectFrom('claim').selectAll().execute()).toEqual([]);
  });

  it('of comparisons with the same name and baseline pay for its answers once', async () => {
    const more = { third: () => say('an answer') };
    const stood = await open({ captures: captures(20), more, name: 'both' });
    const [first, third] = stood.comparisons;
    if (first === undefined || third === undefined) throw new Error('no comparisons');
    await Promise.all([
      stood.run({ ...inRealTime, comparisons: [first] }),
      stood.run({ ...inRealTime, comparisons: [third] }),
    ]);
    expect(stood.counts()).toEqual({ incumbent: 20, newcomer: 20, third: 20 });
    expect(await outcomes(stood.store)).toBe(40);
  });

  it('that share one of several candidates pay for the baseline once', async () => {
    const more = { third: () => say('an answer'), fourth: () => say('an answer') };
    const stood = await open({ captures: captures(20), more });
    const [first, third, fourth] = stood.comparisons;
    if (first === undefined || third === undefined || fourth === undefined) {
      throw new Error('no comparisons');
    }
    const results = await Promise.all([
      stood.run({ ...inRealTime, comparisons: [first, third] }),
      stood.run({ ...inRealTime, comparisons: [fourth, first] }),
    ]);
    expect(stood.counts()).toEqual({ incumbent: 20, newcomer: 20, third: 20, fourth: 20 });
    expect(results.map(({ progress }) => progress.done)).toEqual([40, 40]);
    expect(await outcomes(stood.store)).toBe(60);
  });

  it('take over sides that the other releases', async () => {
    const stood = await open({ captures: captures(30) });
    const stop = new AbortController();
    const stopped = stood.run({
      ...inRealTime,
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'answered') stop.abort();
      },
    });
    const [first, second] = await Promise.all([stopped, stood.run(inRealTime)]);
    expect(first.ended).toBe('interrupted');
    expect(second).toMatchObject({ ended: 'done', progress: { done: 30 } });
    expect(await outcomes(stood.store)).toBe(30);
  });

  it('share a pair that is retried while the other run is sending it', async () => {
    const begun = Promise.withResolvers<void>();
    const waits = Promise.withResolvers<void>();
    const stood = await open({ captures: captures(1) });
    const running = stood.run({
      ...inRealTime,
      call: async (options) => {
        begun.resolve();
        await waits.promise;
        return callModel(options);
      },
    });
    await begun.promise;
    const again = await stood.run({
      ...inRealTime,
      only: ['capture-0'],
      wait: async (ms, signal) => {
        waits.resolve();
        await wait(ms, signal);
      },
    });
    expect(again).toMatchObject({ ended: 'done', progress: { done: 1, answered: 0 } });
    await running;
    expect(stood.counts()).toEqual({ incumbent: 1, newcomer: 1 });
  });
});

describe('a second answer for the same side', () => {
  it('is in the ledger, but the first answer is kept', async () => {
    const stood = await open({ captures: captures(1) });
    const { comparisonId, store } = stood;
    const first = sampleResponse(comparisonId, 'capture-0', 'candidate', 'first');
    const { progress } = await stood.run({
      call: async (options) => {
        if (options.model.label === 'test/newcomer') await saveResponse(store, first);
        return callModel(options);
      },
    });
    expect(progress).toMatchObject({ answered: 1, answeredElsewhere: 1, done: 1 });
    const entries = await ledger(store, { start: '', tiersOf: () => [] });
    expect(entries.filter(({ side }) => side === 'candidate').map(({ calls }) => calls)).toEqual([
      2,
    ]);
    const pair = await loadPair(store, comparisonId, 'capture-0');
    expect(pair.sides.candidate).toMatchObject({ answer: { text: 'first' } });
    expect(pair.comparison?.outcome).toBe('different');
  });
});

describe('the claims of a run', () => {
  const minute = 60_000;

  const claimsOf = async (store: Store, id: string, worker: Partial<WorkerProcess> = {}) => {
    let nowMs = 0;
    const claims = new Claims(
      {
        store,
        worker: { host: 'here', pid: 1, startedAt: 0, isAlive: () => true, ...worker },
        newId: () => id,
        now: () => nowMs,
        at: () => at,
      },
      (error) => {
        throw error;
      },
    );
    await claims.open();
    return {
      claims,
      later: (ms: number) => {
        nowMs += ms;
      },
    };
  };

  const ids = async (store: Store) => (await listClaimants(store)).map(({ id }) => id).sort();

  const leave = (store: Store, id: string, of: { host?: string; pid?: number } = {}) =>
    touchClaimant(store, { id, host: 'here', pid: 2, startedAt: at, ...of }, at);

  it('are released at once when its process is gone', async () => {
    const store = await temporaryStore();
    await leave(store, 'dead');
    await leave(store, 'alive', { pid: 3 });
    await leave(store, 'elsewhere', { host: 'there' });
    const { claims } = await claimsOf(store, 'own', { isAlive: (pid) => pid !== 2 });
    expect(await ids(store)).toEqual(['alive', 'elsewhere', 'own']);
    await claims.close();
    expect(await ids(store)).toEqual(['alive', 'elsewhere']);
  });

  it('are released when another process has taken over its process id', async () => {
    const store = await temporaryStore();
    await leave(store, 'before', { pid: 1 });
    const { claims } = await claimsOf(store, 'own', { startedAt: Date.parse(at) + 1 });
    expect(await ids(store)).toEqual(['own']);
    await leave(store, 'beside', { pid: 1 });
    await claims.close();
    const next = await claimsOf(store, 'next', { startedAt: Date.parse(at) });
    expect(await ids(store)).toEqual(['beside', 'next']);
    await next.claims.close();
  });

  it('are released after a minute without a heartbeat', async () => {
    const store = await temporaryStore();
    await leave(store, 'silent', { host: 'there' });
    await leave(store, 'talking', { host: 'there' });
    const { claims, later } = await claimsOf(store, 'own');
    later(minute - 1);
    await claims.freeEnded();
    expect(await ids(store)).toEqual(['own', 'silent', 'talking']);
    const talking = { id: 'talking', host: 'there', pid: 2, startedAt: at };
    await touchClaimant(store, talking, '2026-11-20T08:15:15.000Z');
    later(1);
    await claims.freeEnded();
    expect(await ids(store)).toEqual(['own', 'talking']);
    await claims.close();
  });
});

describe('a run that waits for another', () => {
  it('stops at once when aborted', async () => {
    const release = Promise.withResolvers<void>();
    const stood = await open({ captures: captures(1), answer: () => ({ kind: 'silence' }) });
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const running = stood.run({
      ...inRealTime,
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'sent') begun.resolve();
      },
    });
    await begun.promise;
    const stopWaiting = new AbortController();
    const waiting = stood.run({
      ...inRealTime,
      signal: stopWaiting.signal,
      wait: async (ms, signal) => {
        release.resolve();
        await wait(ms, signal);
      },
    });
    await release.promise;
    stopWaiting.abort();
    expect((await waiting).ended).toBe('interrupted');
    // A call that is sent has not yet come to its server.
    await expect.poll(() => stood.counts()).toEqual({ incumbent: 1, newcomer: 1 });
    stop.abort();
    await running;
    expect(stood.counts()).toEqual({ incumbent: 1, newcomer: 1 });
  });
});
