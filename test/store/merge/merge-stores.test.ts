import { join } from 'node:path';
import { assert, asyncProperty, tuple } from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { mergeStores, type Merged } from '../../../source/store/merge/merge-stores.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import { ledger } from '../../../source/store/ledger.ts';
import { openStore, type Store } from '../../../source/store/open.ts';
import { saveAttempt } from '../../../source/store/attempts.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { touchClaimant } from '../../../source/store/side-claims.ts';
import { appendEvent } from '../../../source/store/verdicts.ts';
import { buildStore, storePlans, type Machine } from '../../summary/random-store.ts';
import { sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryDirectory, temporaryStore } from '../temporary-store.ts';

const nobody = () => false;

const merge = (into: Store, other: Store): Promise<Merged> => mergeStores(into, other, nobody);

/** Tables of facts, and their columns that hold the number of a body. */
const factTables: Readonly<Record<string, readonly string[]>> = {
  capture: ['request_body'],
  recorded_response: ['response_body'],
  rejected_record: [],
  comparison: [],
  comparison_capture: [],
  comparison_left_out: [],
  comparison_rejected: [],
  response: ['answer_body'],
  attempt: ['partial_body'],
  not_sent: [],
  outcome: [],
  rule: [],
  verdict_event: [],
  control_event: [],
  remedy: [],
  surplus_answer: [],
  batch_job: [],
  redaction: [],
};

/** Every fact of a store as text, whatever the numbers of its rows. */
const factsOf = async ({ db }: Store): Promise<readonly string[]> => {
  const facts: string[] = [];
  for (const [table, bodies] of Object.entries(factTables)) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(
      db,
    );
    for (const row of rows) {
      const fact = { ...row };
      if (table === 'capture') delete fact['number'];
      // How a verdict came into a store depends on the store.
      if (table === 'verdict_event') {
        for (const column of ['origin', 'origin_file', 'merged_from']) delete fact[column];
      }
      if (table === 'recorded_response') {
        const { rows: of } = await sql<{ id: string }>`
          select id from capture where number = ${fact['capture_number']}
        `.execute(db);
        fact['capture_number'] = of[0]?.id;
      }
      for (const column of bodies) {
        const { rows: texts } = await sql<{ text: string }>`
          select text from body where number = ${fact[column]}
        `.execute(db);
        fact[column] = texts[0]?.text ?? null;
      }
      facts.push(`${table} ${JSON.stringify(fact)}`);
    }
  }
  return facts.sort();
};

const unusedBodies = async ({ db }: Store): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from body where number not in (select request_body from capture)
      and number not in (select answer_body from response)
      and number not in (select response_body from recorded_response)
      and number not in (select partial_body from attempt where partial_body is not null)
  `.execute(db);
  return rows[0]?.n ?? -1;
};

const machines: readonly Machine[] = [
  { at: '2026-11-24T00:00:02.000Z', mark: 1, ownRequests: 1 },
  { at: '2026-11-24T00:00:01.000Z', mark: 2, ownRequests: 2 },
  { at: '2026-11-24T00:00:01.000Z', mark: 3, ownRequests: 1 },
];

const mergedInOrder = async (
  stores: readonly Store[],
  open: () => Promise<Store>,
): Promise<Store> => {
  const into = await open();
  for (const store of stores) await merge(into, store);
  return into;
};

describe('a merge', () => {
  it('gives the same facts in any order of stores, and nothing the second time', async () => {
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ];
    const directory = await temporaryDirectory();
    let opened = 0;
    const open = (): Promise<Store> => openStore(join(directory, `${(opened += 1)}.db`));
    await assert(
      asyncProperty(tuple(storePlans, storePlans, storePlans), async (plans) => {
        const stores: Store[] = [];
        for (const [index, plan] of plans.entries()) {
          const store = await open();
          await buildStore(store, plan, machines[index]);
          stores.push(store);
        }
        const [first, second] = stores;
        if (first === undefined || second === undefined) return;
        let expected: readonly string[] | null = null;
        for (const order of orders) {
          const merged = await mergedInOrder(
            order.flatMap((index) => stores[index] ?? []),
            open,
          );
          const facts = await factsOf(merged);
          expected ??= facts;
          expect(facts).toEqual(expected);
          expect(await unusedBodies(merged)).toBe(0);
          for (const store of stores) await merge(merged, store);
          expect(await factsOf(merged)).toEqual(expected);
          await merged.close();
        }
        // Two of them first, then the third.
        await merge(second, first);
        const grouped = await mergedInOrder([stores[2] ?? second, second], open);
        expect(await factsOf(grouped)).toEqual(expected);
        await grouped.close();
        for (const store of stores) await store.close();
      }),
      { numRuns: 10 },
    );
  });

  it('unites comparisons of the same name and models, whatever their ids', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const captures = [sampleCapture('c1')];
    const id = await sampleComparison(one, captures);
    expect(await sampleComparison(another, captures)).toBe(id);
    // Older versions gave every comparison a random id.
    await another.db.transaction().execute(async (transaction) => {
      await another.engine.deferForeignKeys();
      await transaction
        .updateTable('comparison')
        .set({ id: 'older', created_at: '2026-11-01' })
        .execute();
      await transaction.updateTable('comparison_capture').set({ comparison_id: 'older' }).execute();
    });
    const { facts, renamed } = await merge(one, another);
    expect(renamed).toEqual([{ from: id, to: 'older' }]);
    expect(facts.comparisons).toEqual({ added: 0, known: 1, differing: 0 });
    const back = await merge(another, one);
    expect(back.renamed).toEqual([]);
    expect(await factsOf(one)).toEqual(await factsOf(another));
  });

  it('shows the earlier of two answers and counts the cost of both', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const captures = [sampleCapture('c1')];
    const comparisonId = await sampleComparison(one, captures);
    await sampleComparison(another, captures);
    const writing = (text: string, cacheWrite: number) => {
      const response = sampleResponse(comparisonId, 'c1', 'baseline', text);
      const written = { cacheWrite, hourCacheWrite: cacheWrite - 1 };
      const usage = { input: 9, output: 1, cachedInput: 2, ...written, reasoning: null };
      return { ...response, answer: { ...response.answer, usage } };
    };
    await saveResponse(one, { ...writing('late', 3), at: '2026-11-25' });
    await saveResponse(another, writing('early', 4));
    const event = { comparisonId, captureId: 'c1', reviewer: 'ann', at: '2026-11-25' } as const;
    await appendEvent(one, { ...event, id: '1', kind: 'verdict', verdict: 'worse' });
    for (const round of [1, 2]) {
      const merged = await merge(one, another);
      expect(merged.otherAnswer).toBe(round === 1 ? 1 : 0);
      expect(merged.verdictsOnOthers).toBe(round === 1 ? 1 : 0);
      const { rows } = await sql<{ text: string }>`
        select text from body where number = (select answer_body from response)
      `.execute(one.db);
      expect(rows[0]?.text).toContain('early');
      const entries = await ledger(one, { start: '', tiersOf: () => [] });
      expect(entries.reduce((sum, { calls }) => sum + calls, 0)).toBe(2);
      expect(entries.reduce((sum, { tokens }) => sum + tokens.cacheWrite, 0)).toBe(7);
      expect(entries.reduce((sum, { tokens }) => sum + tokens.hourCacheWrite, 0)).toBe(5);
    }
    await merge(another, one);
    expect(await factsOf(another)).toEqual(await factsOf(one));
  });

  it('keeps two requests with the same id apart, but for the placeholders of each store', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const asked = (content: string) => ({ request: { messages: [{ role: 'user', content }] } });
    const placeholder = (hash: string) => `write to [email:${hash}]`;
    const comparisonId = await sampleComparison(one, [
      sampleCapture('1', asked('this')),
      sampleCapture('2', asked(placeholder('aaaaaaaaaa'))),
    ]);
    await sampleComparison(another, [
      sampleCapture('1', asked('that')),
      sampleCapture('2', asked(placeholder('bbbbbbbbbb'))),
    ]);
    await saveResponse(another, sampleResponse(comparisonId, '1', 'baseline', 'of that'));
    expect((await merge(one, another)).sameIdOtherRequest).toBe(1);
    const ids = await one.db.selectFrom('capture').select('id').orderBy('id').execute();
    expect(ids.map(({ id }) => id)).toEqual(['1', expect.stringMatching(/^1~[0-9a-f]{8}$/), '2']);
    const answered = await one.db.selectFrom('response').select('capture_id').execute();
    const { rows } = await sql<{ text: string }>`
      select b.text from capture c join body b on b.number = c.request_body
      where c.id = ${answered[0]?.capture_id}
    `.execute(one.db);
    expect(rows[0]?.text).toContain('that');
    await merge(another, one);
    expect(await factsOf(another)).toEqual(await factsOf(one));
  });

  it('numbers the failed attempts of both stores by their times', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const captures = [sampleCapture('c1')];
    const comparisonId = await sampleComparison(one, captures);
    await sampleComparison(another, captures);
    const failed = async (store: Store, message: string, at: string): Promise<void> => {
      const failure = { status: null, retryAfterMs: null, parameter: null };
      const { captureId, side, timings, providerRequestId } = sampleResponse(
        comparisonId,
        'c1',
        'candidate',
      );
      await saveAttempt(store, {
        comparisonId,
        captureId,
        side,
        timings,
        providerRequestId,
        at,
        failure: { ...failure, reason: 'timeout', message },
        partial: null,
        final: true,
      });
    };
    await failed(one, 'second', '2026-11-22');
    await failed(another, 'first', '2026-11-21');
    await failed(another, 'third', '2026-11-23');
    await merge(one, another);
    await merge(another, one);
    const messages = await one.db
      .selectFrom('attempt')
      .select(['number', 'message'])
      .orderBy('number')
      .execute();
    expect(messages.map(({ message, number }) => `${number} ${message}`)).toEqual([
      '1 first',
      '2 second',
      '3 third',
    ]);
    expect(await factsOf(another)).toEqual(await factsOf(one));
  });

  it('is refused while a run is at work, and changes nothing', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    await sampleComparison(another, [sampleCapture('c1')]);
    const run = { id: 'run', host: 'h', pid: 1, startedAt: '2026-11-20' };
    await touchClaimant(one, run, '2026-11-20');
    await expect(mergeStores(one, another, () => true)).rejects.toThrow('A run is at work on');
    expect(await factsOf(one)).toEqual([]);
    await mergeStores(one, another, nobody);
    expect(await factsOf(one)).toEqual(await factsOf(another));
  });

  it('refuses an id that stands for two comparisons', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const models = { baseline: 'a', candidate: 'b', at: '2026-11-20' };
    const { id } = await openComparison(one, { name: 'first', ...models });
    await openComparison(another, { name: 'second', ...models, candidate: 'c' });
    await another.db.updateTable('comparison').set({ id }).execute();
    await expect(merge(one, another)).rejects.toThrow(
      `the id ${id} stands for the comparison first in one of them and for second in the other`,
    );
  });

  it('brings rejected records and recorded answers along', async () => {
    const [one, another] = [await temporaryStore(), await temporaryStore()];
    const recorded = { model: 'm', production: true, timeToFirstTokenMs: 1, totalMs: 2 };
    const capture = sampleCapture('c1', { recorded: [{ ...recorded, body: { id: 'x' } }] });
    await addRecords(
      another,
      [
        { kind: 'capture', capture },
        { kind: 'rejected', id: 'r1', line: 3, reason: 'no messages' },
      ],
      { source: 'f', comparisonId: null, at: '2026-11-20' },
    );
    const { facts } = await merge(one, another);
    expect(facts.recordedAnswers.added).toBe(1);
    expect(facts.rejectedRecords.added).toBe(1);
    expect(await factsOf(one)).toEqual(await factsOf(another));
  });
});
