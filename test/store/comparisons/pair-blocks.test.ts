import { join } from 'node:path';
import Database from 'better-sqlite3';
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  option,
  record,
  tuple,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sides } from '../../../source/comparison/outcome.ts';
import { percentiles } from '../../../source/statistics/percentile.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import { openStore } from '../../../source/store/open.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { gatherSummary, type Summary } from '../../../source/summary/gather-summary.ts';
import { buildStore, storePlans } from '../../summary/random-store.ts';
import { at, sampleAnswer, sampleCapture, unknownTimings } from '../samples.ts';
import { secondConnection, temporaryDirectory } from '../temporary-store.ts';

const price = { input: 3, output: 15, cachedInput: 1, source: 'a list', date: '2026-11-01' };
const tiers = [{ above: 500, input: 6, output: 20, cachedInput: null }];
const options = { prices: { baseline: price, candidate: { ...price, tiers } }, at };
const models = { baseline: 'openai/one', candidate: 'openai/two' };

/** The statements of a test beside the program's own. */
const execute = (file: string, sql: string): void => {
  const database = new Database(file);
  // What the views of the store need.
  database.function('queue_position', { deterministic: true }, () => '');
  database.exec(sql);
  database.close();
};

/** The blocks of a store, and those whose facts are kept. */
const countBlocks = (file: string): { readonly blocks: number; readonly kept: number } => {
  const database = new Database(file, { readonly: true });
  const count = (sql: string): number => Number(database.prepare(sql).pluck().get());
  const found = {
    blocks: count('select count(*) from pair_block'),
    kept: count(
      'select count(*) from pair_block_facts f join pair_block using (comparison_id, first_capture_id, version)',
    ),
  };
  database.close();
  return found;
};

/** Divides a comparison into blocks of a few pairs; the program itself does that from thousands on. */
const layOut = (file: string, comparisonId: string, firsts: readonly number[]): void =>
  execute(
    file,
    ['', ...firsts.map((first) => `capture-${first}`)]
      .map((first) => `insert or ignore into pair_block values ('${comparisonId}', '${first}', 0);`)
      .join(''),
  );

const rounded = (summary: Summary): unknown =>
  JSON.parse(
    JSON.stringify(summary, (_, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(12)) : value,
    ),
  );

/** What happens to a pair between two summaries. */
const changes = {
  answer: (key: string) => `
    insert or ignore into response (comparison_id, capture_id, side, sample, answer_body, model,
      input_tokens, output_tokens, total_ms, recorded, adaptations, created_at)
    select comparison_id, capture_id, 'candidate', 0, (select min(number) from body), 'other',
      700, 8, 33, 0, '[]', '2026-12-24T00:00:00.000Z'
    from comparison_capture where ${key};`,
  'lost answer': (key: string) => `
    delete from outcome where ${key};
    delete from response where ${key} and side = 'baseline';`,
  'other tokens': (key: string) => `update response set input_tokens = 900 where ${key};`,
  failure: (key: string) => `
    insert or ignore into attempt (comparison_id, capture_id, side, sample, number, reason, message,
      final, created_at)
    select comparison_id, capture_id, 'baseline', 0, 77, 'refused', '', 1, '2026-12-24T00:00:00.000Z'
    from comparison_capture where ${key};`,
  'no failure': (key: string) => `delete from attempt where ${key};`,
  'other outcome': (key: string) => `
    update outcome set outcome = 'equivalent', settled_by = '["r"]' where ${key};`,
  'no outcome': (key: string) => `delete from outcome where ${key};`,
  skip: (key: string) => `
    insert into verdict_event (id, comparison_id, capture_id, reviewer, created_at, kind)
    select hex(randomblob(8)), comparison_id, capture_id, 'ann', '2026-12-24T00:00:00.000Z', 'skip'
    from comparison_capture where ${key};`,
  'another time': (key: string) => `
    update capture set timestamp = '2026-12-24T00:00:00.000Z', endpoint = 'z', partial = '["images"]'
    where id in (select capture_id from comparison_capture where ${key});`,
  'another name': (key: string) => `
    update comparison_capture set capture_id = 'capture-99' where ${key} and not exists (
      select 1 from response r where r.capture_id = comparison_capture.capture_id
      union all select 1 from attempt r where r.capture_id = comparison_capture.capture_id
      union all select 1 from not_sent r where r.capture_id = comparison_capture.capture_id
      union all select 1 from verdict_event r where r.capture_id = comparison_capture.capture_id
      union all select 1 from control_event r where r.capture_id = comparison_capture.capture_id);`,
  'new pair': (key: string) => `
    insert or ignore into comparison_capture (comparison_id, capture_id, position)
    select comparison_id, 'capture-99', '0' from comparison_capture where ${key};`,
} satisfies Record<string, (key: string) => string>;

const changeNames = Object.keys(changes) as (keyof typeof changes)[];

describe('the kept facts of blocks', () => {
  it('give the same summary as the pairs themselves, whatever happens in between', async () => {
    const directory = await temporaryDirectory();
    let stores = 0;
    await assert(
      asyncProperty(
        storePlans,
        array(integer({ min: 0, max: 11 }), { maxLength: 3 }),
        array(tuple(constantFrom(...changeNames), integer({ min: 0, max: 11 })), { maxLength: 4 }),
        async (plan, firsts, happening) => {
          const file = join(directory, `${stores++}.db`);
          const store = await openStore(file);
          const comparison = await buildStore(store, plan);
          await addRecords(store, [{ kind: 'capture', capture: sampleCapture('capture-99') }], {
            source: 'test',
            comparisonId: null,
            at,
          });
          const summaries = async (): Promise<unknown> => [
            rounded(await gatherSummary(store, comparison, options)),
            rounded(await gatherSummary(store, comparison, { ...options, reviewer: 'ann' })),
          ];
          const plain = await summaries();
          layOut(file, comparison.id, firsts);
          expect(await summaries()).toEqual(plain);
          // Now from what was kept.
          const { blocks, kept } = countBlocks(file);
          expect([blocks > 0, kept]).toEqual([true, blocks]);
          expect(await summaries()).toEqual(plain);
          for (const [change, pair] of happening) {
            execute(file, changes[change](`capture_id = 'capture-${pair}'`));
          }
          const after = await summaries();
          execute(file, 'delete from pair_block');
          expect(countBlocks(file)).toEqual({ blocks: 0, kept: 0 });
          expect(await summaries()).toEqual(after);
          await store.close();
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  it.each(changeNames)('are not used after a change: %s', async (change) => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    const answered = { endpoint: 'a', compared: true, events: [], answers: 'different' } as const;
    const comparison = await buildStore(store, {
      rejected: 0,
      pairs: [
        { ...answered, baseline: 'answered', candidate: 'answered' },
        { ...answered, baseline: 'failed', candidate: 'answered' },
        { ...answered, baseline: 'untouched', candidate: 'untouched' },
      ],
    });
    await addRecords(store, [{ kind: 'capture', capture: sampleCapture('capture-99') }], {
      source: 'test',
      comparisonId: null,
      at,
    });
    layOut(file, comparison.id, []);
    const before = rounded(await gatherSummary(store, comparison, options));
    for (const pair of [0, 1, 2]) execute(file, changes[change](`capture_id = 'capture-${pair}'`));
    const after = rounded(await gatherSummary(store, comparison, options));
    execute(file, 'delete from pair_block');
    expect(after).not.toEqual(before);
    expect(after).toEqual(rounded(await gatherSummary(store, comparison, options)));
    await store.close();
  });

  const time = option(integer({ min: 0, max: 9999 }).map((ms) => ms / 7));
  const tokens = option(integer({ min: 0, max: 900 }));
  const sideRows = record({
    first: time,
    total: time,
    input: tokens,
    output: tokens,
    cached: tokens,
    written: tokens,
    hour: tokens,
  });

  it('add up to the durations and tokens of all answers', async () => {
    const directory = await temporaryDirectory();
    let stores = 0;
    await assert(
      asyncProperty(
        array(record({ baseline: sideRows, candidate: sideRows }), { maxLength: 25 }),
        array(integer({ min: 0, max: 25 }), { maxLength: 3 }),
        async (pairs, firsts) => {
          const file = join(directory, `${stores++}.db`);
          const store = await openStore(file);
          const comparison = await openComparison(store, { name: null, ...models, at });
          const captures = pairs.map((_, index) => sampleCapture(`capture-${index}`));
          await addRecords(
            store,
            captures.map((capture) => ({ kind: 'capture', capture })),
            { source: 'test', comparisonId: comparison.id, at },
          );
          for (const [index, pair] of pairs.entries()) {
            for (const side of sides) {
              const { cached, first, hour, input, output, total, written } = pair[side];
              const usage = {
                input,
                output,
                cachedInput: cached,
                cacheWrite: written,
                hourCacheWrite: hour,
                reasoning: null,
              };
              await saveResponse(store, {
                comparisonId: comparison.id,
                captureId: `capture-${index}`,
                side,
                answer: { ...sampleAnswer('{}'), usage },
                timings: { ...unknownTimings, timeToFirstTokenMs: first, totalMs: total },
                adaptations: [],
                recorded: false,
                providerRequestId: null,
                at,
              });
            }
          }
          layOut(file, comparison.id, firsts);
          await gatherSummary(store, comparison, options);
          const { latency, tokens: counted } = await gatherSummary(store, comparison, options);
          await store.close();
          const known = <Value>(values: readonly (Value | null)[]) =>
            values.filter((value) => value !== null);
          for (const side of sides) {
            const own = pairs.map((pair) => pair[side]);
            const full = own.filter(({ input, output }) => input !== null && output !== null);
            expect(latency[side].total).toEqual(percentiles(known(own.map(({ total }) => total))));
            expect(latency[side].timeToFirstToken).toEqual(
              percentiles(known(own.map(({ first }) => first))),
            );
            const sumOf = (
              column: 'input' | 'output' | 'cached' | 'written' | 'hour',
            ): number | null => {
              const values = known(full.map((one) => one[column]));
              return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
            };
            expect(counted[side].answers).toBe(full.length);
            expect(counted[side].input).toBe(sumOf('input'));
            expect(counted[side].output).toBe(sumOf('output'));
            expect(counted[side].cachedInput).toBe(sumOf('cached'));
            expect(counted[side].cacheWrite).toBe(sumOf('written'));
            expect(counted[side].hourCacheWrite).toBe(sumOf('hour'));
          }
          const ratios = pairs.flatMap(({ baseline, candidate }) =>
            baseline.total !== null && candidate.total !== null && baseline.total > 0
              ? [candidate.total / baseline.total]
              : [],
          );
          expect(latency.total.n).toBe(ratios.length);
          expect(latency.total.paired).toBe(percentiles(ratios).p50);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('are not kept where somebody else holds the lock', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    const comparison = await openComparison(store, { name: null, ...models, at });
    layOut(file, comparison.id, []);
    const other = secondConnection(file);
    other.exec('begin immediate');
    expect((await gatherSummary(store, comparison, options)).counts.replayable).toBe(0);
    expect(countBlocks(file)).toEqual({ blocks: 1, kept: 0 });
    other.exec('rollback');
    await store.close();
  }, 20_000);
});
