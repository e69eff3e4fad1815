import { describe, expect, it, onTestFinished } from 'vitest';
import { DailyBudget } from '../../../source/replay/limits/daily-budget.ts';
import { Arrivals, followFrom } from '../../../source/replay/shadow/arrivals-of-traffic.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { everything } from '../../../source/traffic/selection/selection.ts';
import { captureOf, openStand, type Stand } from '../stand.ts';

const began = '2026-11-30T10:00:00.000Z';

const stand = async (options: Partial<Parameters<typeof openStand>[0]> = {}): Promise<Stand> => {
  const opened = await openStand({ captures: [], ...options });
  onTestFinished(() => opened.close());
  return opened;
};

const add = ({ store }: Stand, captures: readonly Capture[]): Promise<unknown> =>
  addRecords(
    store,
    captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'understudy record', comparisonId: null, at: began },
  );

/** A capture of a conversation that its metadata name or, for null, that its first question tells. */
const turn = (number: number, opening: string, conversation: string | null): Capture => ({
  ...captureOf(number),
  timestamp: `2026-11-30T10:00:${String(number % 60).padStart(2, '0')}.000Z`,
  request: {
    messages: [
      { role: 'user', content: opening },
      ...Array.from({ length: number % 3 }, () => ({ role: 'assistant', content: 'Go on.' })),
    ],
  },
  metadata: conversation === null ? null : { conversation_id: conversation },
});

/** The captures that the stand's comparison has, and how many it left out. */
const taken = async ({ comparisonId, store }: Stand) => {
  const rows = await store.db
    .selectFrom('comparison_capture')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .orderBy('capture_id')
    .execute();
  const left = await store.db
    .selectFrom('comparison_left_out')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .execute();
  return { ids: rows.map((row) => row.capture_id), leftOut: left.length };
};

const follow = async (one: Stand, asked: Parameters<typeof followFrom>[2]['asked'], at = began) =>
  Arrivals.open(one.store, [
    await followFrom(one.store, one.comparisonId, { asked, at, noise: null }),
  ]);

describe('what a comparison takes that follows the store', () => {
  it('is what comes from its beginning on, also while nobody follows, and each capture once', async () => {
    const one = await stand();
    await add(one, [{ ...captureOf(1), timestamp: '2026-11-30T09:59:59.999Z' }]);
    const first = await follow(one, null);
    await add(one, [turn(2, 'b', null), captureOf(3)]);
    expect([...(await first.take()).values()]).toEqual([1]);
    expect((await first.take()).size).toBe(0);
    await add(one, [turn(4, 'd', null)]);
    const again = await follow(one, null, '2026-12-01T00:00:00.000Z');
    await add(one, [turn(5, 'e', null)]);
    expect([...(await again.take()).values()]).toEqual([1]);
    expect((await taken(one)).ids).toEqual(['capture-2', 'capture-4', 'capture-5']);
  });

  it('is a share of the conversations, named by their metadata or told by their opening', async () => {
    const one = await stand();
    const arrivals = await follow(one, { ...everything, sample: 0.4 });
    const turns = Array.from({ length: 300 }, (_, number) => {
      const talk = Math.floor(number / 3);
      return turn(number, `question ${talk}`, talk % 2 === 0 ? `talk ${talk}` : null);
    });
    await add(one, turns);
    await arrivals.take();
    const { ids, leftOut } = await taken(one);
    expect(ids.length + leftOut).toBe(300);
    expect(ids.length).toBeGreaterThan(60);
    expect(ids.length).toBeLessThan(180);
    const talks = ids.map((id) => Math.floor(Number(id.replace('capture-', '')) / 3));
    // Of each conversation all three turns or none.
    expect([...Map.groupBy(talks, (talk) => talk).values()].every((own) => own.length === 3)).toBe(
      true,
    );
    // A larger share takes what the smaller one left out, and keeps what it has.
    await follow(one, { ...everything, sample: 1 });
    expect(await taken(one)).toMatchObject({ ids: { length: 300 }, leftOut: 0 });
  });
});

describe('a budget for each day', () => {
  it('pauses the calls, says why, and goes on with the next day by itself', async () => {
    const captures = Array.from({ length: 12 }, (_, number) => captureOf(number));
    const price = { input: 0, output: 1000, cachedInput: null, source: 'test', date: '' };
    const one = await stand({ captures, price });
    let day = 0;
    const at = (): string => `2026-11-${20 + day}T12:00:00.000Z`;
    const settle = () => Promise.resolve({ usd: 0.06, period: 'day', spentBefore: 0 } as const);
    const budget = new DailyBudget({ perDay: 0.06, limit: await settle(), at: at(), settle });
    const ending = new AbortController();
    const callsAtPause: number[] = [];
    const { ended, events, progress } = await one.run({
      budget: 0.06,
      sharedBudget: budget.budget,
      following: { arrivals: await Arrivals.open(one.store, []), budget },
      ending: ending.signal,
      at,
      onEvent: ({ kind }) => {
        if (kind === 'budget_used_up') {
          callsAtPause.push(one.calls().length);
          day++;
        }
        const { length } = one.calls();
        if (kind === 'outcome' && length === 24) ending.abort();
      },
    });
    expect([ended, progress.answered, progress.notSent]).toEqual(['done', 24, {}]);
    const changes = events.flatMap((event) => ('period' in event ? [event] : []));
    expect(callsAtPause.length).toBeGreaterThan(1);
    expect(changes.slice(0, 2)).toEqual([
      { kind: 'budget_used_up', period: 'day' },
      { kind: 'budget_renewed', period: 'day' },
    ]);
    // No day began before the calls of the one before were all that it could pay for.
    expect(callsAtPause.every((calls, index) => calls > (callsAtPause[index - 1] ?? 0))).toBe(true);
    expect(progress.spentToday).toBeLessThanOrEqual(0.06);
  });

  it('leaves out a call that may cost more than a day', async () => {
    const price = { input: 0, output: 1_000_000, cachedInput: null, source: 'test', date: '' };
    const one = await stand({ captures: [captureOf(1)], price });
    const settle = () => Promise.resolve({ usd: 0.2, period: 'day', spentBefore: 0 } as const);
    const budget = new DailyBudget({ perDay: 0.2, limit: await settle(), at: began, settle });
    const ending = new AbortController();
    const { progress } = await one.run({
      budget: 0.2,
      sharedBudget: budget.budget,
      following: { arrivals: await Arrivals.open(one.store, []), budget },
      ending: ending.signal,
      onEvent: ({ kind }) => {
        if (kind === 'not_sent') ending.abort();
      },
    });
    expect(one.calls()).toEqual([]);
    expect(Object.keys(progress.notSent)).toEqual(['may cost more than the budget of a day']);
  });
});
