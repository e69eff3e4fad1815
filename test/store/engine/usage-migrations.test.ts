import { describe, expect, it } from 'vitest';
import { spendingOf } from '../../../source/money/spending.ts';
import { tokenFacts } from '../../../source/store/comparisons/token-facts.ts';
import { ledger } from '../../../source/store/ledger.ts';
import { openStore } from '../../../source/store/open.ts';
import { at } from '../samples.ts';
import { temporaryDirectory } from '../temporary-store.ts';
import { fillWithVerdicts, writeOldStore } from './old-store.ts';

describe('migrating a store', () => {
  it('to cache writes keeps usages, which tell nothing of what was written', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const usage = { input_tokens: 9, output_tokens: 1, cached_input_tokens: 4 };
    writeOldStore(file, 'm024_cache_writes', (insert) => {
      fillWithVerdicts(insert, {});
      const side = { comparison_id: 'k', capture_id: 'c1', sample: 0, created_at: at, ...usage };
      const answer = { ...side, answer_body: 1, recorded: 0, adaptations: '[]' };
      insert('response', { ...answer, side: 'baseline' });
      insert('response', { ...answer, side: 'candidate' });
      insert('surplus_answer', { ...side, side: 'candidate', batch: 0 });
    });
    const store = await openStore(file);
    for (const table of ['response', 'surplus_answer'] as const) {
      const row = await store.db.selectFrom(table).selectAll().executeTakeFirst();
      expect(row).toMatchObject({ ...usage, cache_write_tokens: null });
    }
    const [fact] = await tokenFacts(store, 'k');
    expect(fact?.baseline).toMatchObject({ input: 9, cachedInput: 4, cacheWrite: null });
    await store.close();
  });

  it('to writes for an hour keeps usages, which tell nothing of them, and the cost', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    const usage = {
      input_tokens: 9,
      output_tokens: 1,
      cached_input_tokens: 2,
      cache_write_tokens: 4,
    };
    writeOldStore(file, 'm030_hour_cache_writes', (insert) => {
      fillWithVerdicts(insert, {});
      const side = { comparison_id: 'k', capture_id: 'c1', sample: 0, created_at: at };
      const answer = { ...side, ...usage, answer_body: 1, recorded: 0, adaptations: '[]' };
      insert('response', { ...answer, side: 'baseline' });
      insert('response', { ...answer, side: 'candidate' });
      insert('surplus_answer', { ...side, ...usage, side: 'candidate', batch: 0 });
      const bound = { bound_input_tokens: 8, bound_output_tokens: 2 };
      const failure = { reason: 'truncated', message: 'cut', number: 1, final: 1 };
      insert('attempt', { ...side, ...bound, ...failure, side: 'candidate', sample: 1 });
    });
    const store = await openStore(file);
    for (const table of ['response', 'surplus_answer'] as const) {
      const row = await store.db.selectFrom(table).selectAll().executeTakeFirst();
      expect(row).toMatchObject({ ...usage, hour_cache_write_tokens: null });
    }
    const [fact] = await tokenFacts(store, 'k');
    expect(fact?.baseline).toMatchObject({ cacheWrite: 4, hourCacheWrite: null });
    const price = { input: 1, output: 5, cachedInput: 0.1, cacheWrite: 1.25, hourCacheWrite: 2 };
    const spending = spendingOf(await ledger(store, { start: '', tiersOf: () => [] }), () => ({
      ...price,
      source: 's',
      date: 'd',
    }));
    const usd = (3 * (3 * 1 + 2 * 0.1 + 4 * 1.25 + 1 * 5)) / 1e6;
    expect(spending).toMatchObject({ calls: 3, cacheWrite: 12, hourCacheWrite: 0 });
    expect(spending.usd).toBeCloseTo(usd, 12);
    expect(spending.atMost).toBeCloseTo(usd + (8 * 1.25 + 2 * 5) / 1e6, 12);
    await store.close();
  });
});
