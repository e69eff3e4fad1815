import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sides, type PairComparison } from '../../source/comparison/outcome.ts';
import { QueueUpdates, readBeginning, readQueue } from '../../source/review/screen/queue-reader.ts';
import { PairCollector, PairList } from '../../source/review/session/pair-list.ts';
import { reduce } from '../../source/review/session/reduce.ts';
import { currentEntry, startSession, type Session } from '../../source/review/session/session.ts';
import type { Action } from '../../source/review/session/step.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { queueFacts } from '../../source/store/comparisons/queue-facts.ts';
import { queuePosition } from '../../source/store/comparisons/queue-order.ts';
import { saveNotSent } from '../../source/store/not-sent.ts';
import type { Store } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import {
  at,
  sampleCapture,
  sampleComparison,
  sampleResponse,
  unknownTimings,
} from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';
import { entry, play, viewport } from './play.ts';

const comparisonOf = (outcome: PairComparison['outcome']): PairComparison => ({
  outcome,
  reason: '',
  badges: { baseline: [], candidate: [] },
  differs: { toolCalls: false, language: false, finishReason: false },
});

const servicesOf = (store: Store, comparisonId: string) => ({
  id: comparisonId,
  listPairs: (part: Parameters<typeof listPairs>[2]) => listPairs(store, comparisonId, part),
  queueFacts: () => queueFacts(store, comparisonId),
  listOthers: () => Promise.resolve([]),
  listJudgements: () => Promise.resolve([]),
  listElsewhere: () => Promise.resolve(new Set(['0-c1'])),
  listInFlight: () =>
    Promise.resolve([
      { captureId: '0-c1', side: 'candidate' } as const,
      { captureId: '0-c2', side: 'baseline' } as const,
    ]),
  listNoise: () => Promise.resolve([]),
  conflicts: null,
});

const sourcesOf = (
  comparison: ReturnType<typeof servicesOf>,
  ...others: readonly ReturnType<typeof servicesOf>[]
) => ({
  comparisons: [comparison, ...others] as const,
  reviewer: 'ada',
  blind: false,
  repeats: null,
  queuePosition: (captureId: string) => queuePosition(comparison.id, captureId),
  replay: null,
});

/** What happens to a pair, in any order. */
const happening = fc.record({
  pair: fc.nat({ max: 4 }),
  side: fc.constantFrom(...sides),
  what: fc.constantFrom('answer', 'failure', 'reason'),
});

describe('the queue of a review', () => {
  it('is the same table by table as pair by pair, whatever happened to the pairs', async () => {
    const store = await temporaryStore();
    let round = 0;
    const given = fc.record({
      happenings: fc.array(happening, { maxLength: 14 }),
      outcome: fc.constantFrom('identical', 'equivalent', 'different'),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ happenings, outcome }) => {
        const captures = Array.from({ length: 5 }, (_, index) =>
          sampleCapture(`${round}-c${index}`, { endpoint: `endpoint ${index % 2}` }),
        );
        const comparisonId = await sampleComparison(store, captures, `round ${round++}`);
        const answered = new Set<string>();
        for (const { pair, side, what } of happenings) {
          const captureId = captures[pair]?.id ?? '';
          const key = { comparisonId, captureId, side, at } as const;
          if (what === 'answer') {
            answered.add(`${captureId} ${side}`);
            await saveResponse(store, sampleResponse(comparisonId, captureId, side));
          }
          if (what === 'reason') await saveNotSent(store, { ...key, sample: 0, reason: 'stopped' });
          if (what !== 'failure') continue;
          await saveAttempt(store, {
            ...key,
            failure: {
              reason: 'timeout',
              message: 'late',
              status: null,
              retryAfterMs: null,
              parameter: null,
            },
            partial: null,
            timings: unknownTimings,
            providerRequestId: null,
            final: true,
          });
        }
        for (const { id: captureId } of captures) {
          if (!sides.every((side) => answered.has(`${captureId} ${side}`))) continue;
          const comparison = comparisonOf(outcome);
          await saveOutcome(store, { comparisonId, captureId, rules: 1, comparison });
        }
        const services = servicesOf(store, comparisonId);
        const beginning = await readBeginning(sourcesOf(services), []);
        expect(beginning.isBeginning).toBe(false);
        const collector = new PairCollector(comparisonId);
        for await (const facts of services.queueFacts()) collector.addFacts(facts);
        collector.leave(await services.listElsewhere());
        collector.send(await services.listInFlight());
        expect([...collector.list()]).toEqual([...beginning.entries]);
      }),
      { numRuns: 40 },
    );
  });

  it('begins with its first pairs if it is long, and is then read to its end', async () => {
    const store = await temporaryStore();
    const captures = Array.from({ length: 2100 }, (_, index) => sampleCapture(`c${index}`));
    const comparisonId = await sampleComparison(store, captures);
    for (const captureId of ['c1', 'c2', 'c2000']) {
      for (const side of sides) {
        await saveResponse(store, sampleResponse(comparisonId, captureId, side));
      }
    }
    const services = { ...sourcesOf(servicesOf(store, comparisonId)), replay: 'runs' as const };
    const order = (await listPairs(store, comparisonId)).map(({ captureId }) => captureId);
    const beginning = await readBeginning(services, []);
    expect(beginning.isBeginning).toBe(true);
    const first = Array.from(beginning.entries, ({ captureId }) => captureId);
    expect(first.length).toBeLessThan(1000);
    expect(first).toEqual(order.slice(0, first.length));
    const whole = await readQueue(services, [], () => false);
    expect(whole?.isBeginning).toBe(false);
    expect(Array.from(whole?.entries ?? [], ({ captureId }) => captureId)).toEqual(order);
    expect(whole?.entries.find({ comparisonId, captureId: 'c2000' })?.status.candidate).toBe(
      'answered',
    );
    expect(await readQueue(services, [], () => true)).toBeNull();
  });

  it('of several candidates is read whole, each request in the order of the first comparison', async () => {
    const store = await temporaryStore();
    const captures = Array.from({ length: 1100 }, (_, index) => sampleCapture(`c${index}`));
    const first = await sampleComparison(store, captures, 'first');
    const second = await sampleComparison(store, captures.slice(0, 600), 'second');
    const ids = [first, second];
    const sources = sourcesOf(servicesOf(store, first), servicesOf(store, second));
    const { entries, isBeginning } = await readBeginning(sources, []);
    expect(isBeginning).toBe(false);
    expect(entries.comparisonIds).toEqual(ids);
    const inSecond = new Set((await listPairs(store, second)).map(({ captureId }) => captureId));
    const order = (await listPairs(store, first)).flatMap(({ captureId }) =>
      ids.flatMap((id) => (id === first || inSecond.has(captureId) ? [`${captureId} ${id}`] : [])),
    );
    expect(Array.from(entries, (one) => `${one.captureId} ${one.comparisonId}`)).toEqual(order);
  });
});

describe('a review of the first pairs of a queue', () => {
  const start = (): Session =>
    startSession({
      comparisonIds: ['c1'],
      reviewer: 'ada',
      entries: [entry('r1'), entry('r2')],
      isBeginning: true,
      events: [],
      replaying: false,
    });
  const all = ['r1', 'r2', 'r3', 'r4'].map((id) => entry(id));
  const step = (session: Session, action: Action): Session =>
    reduce(session, action, { nowMs: 1, monotonicMs: 1, newId: () => 'e9' }).session;
  const judged = (session: Session, captureId: string): Session =>
    step(session, {
      kind: 'committed',
      event: {
        id: `e-${captureId}`,
        comparisonId: 'c1',
        captureId,
        reviewer: 'ada',
        at,
        kind: 'verdict',
        verdict: 'agree',
        ahead: false,
      },
    });

  it('waits at the end of them and goes on once the others are there', () => {
    const last = judged(judged(start(), 'r1'), 'r2');
    expect(last.mode.kind).toBe('review');
    expect(last.notice?.text).toContain('the rest of the queue is still being read');
    const entries = PairList.of(all);
    const whole = step(last, { kind: 'entries', entries, events: null, others: null });
    expect(currentEntry(whole)?.captureId).toBe('r3');
    expect(whole.entries.find(entry('r1'))?.verdict).toBe('agree');
    const none = PairList.of(all.slice(0, 2));
    const end = step(last, { kind: 'entries', entries: none, events: null, others: null });
    expect(end.mode.kind).toBe('summary');
  });

  it('says that more follow where a key goes beyond them', () => {
    const last = step(start(), { kind: 'command', id: 'pair.next', viewport });
    const beyond = step(last, { kind: 'command', id: 'pair.next', viewport });
    expect(currentEntry(beyond)?.captureId).toBe('r2');
    expect(beyond.notice?.text).toBe('the rest of the queue is still being read');
  });
});

it('takes the news of a replay that come while the queue is read, once', async () => {
  const store = await temporaryStore();
  const comparisonId = await sampleComparison(store, [sampleCapture('c1'), sampleCapture('c2')]);
  const own = servicesOf(store, comparisonId);
  const news: Action = {
    kind: 'side',
    side: 'baseline',
    status: 'streaming',
    captureId: 'c1',
    comparisonId,
  };
  const comparison = {
    ...own,
    listEvents: () => Promise.resolve([]),
    listOthers: () => {
      updates.note(news);
      return own.listOthers();
    },
  };
  const steps: Action[] = [];
  const updates: QueueUpdates = new QueueUpdates({
    services: {
      ...sourcesOf(own),
      comparisons: [comparison],
      rules: { inForce: () => Promise.resolve('') },
    },
    comparisons: { loaded: () => [], forget: () => undefined, forgetAll: () => undefined },
    session: () => play([]).session,
    // Each step is news for the readings that go on, as in a review.
    step: (action) => {
      steps.push(action);
      if (steps.length < 10) updates.note(action);
    },
    onRest: () => undefined,
    isClosed: () => false,
    fail: (error) => {
      throw error;
    },
  });
  expect(await updates.read('pairs')).toBe(true);
  expect(steps.map(({ kind }) => kind)).toEqual(['entries', 'side']);
});
