import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { RuleRedactor } from '../../../source/redaction/redactor.ts';
import { loadRules } from '../../../source/redaction/rules/load-rules.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { scrubStore } from '../../../source/store/redaction/scrub-store.ts';
import { findText, type IndexProgress } from '../../../source/store/search/find-text.ts';
import type { Store } from '../../../source/store/open.ts';
import { sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const filled = async (
  texts: readonly string[],
): Promise<{ readonly store: Store; readonly comparisonId: string }> => {
  const store = await temporaryStore();
  const captures = texts.map((_, index) => sampleCapture(`r${index}`));
  const comparisonId = await sampleComparison(store, captures);
  for (const [index, text] of texts.entries()) {
    await saveResponse(store, sampleResponse(comparisonId, `r${index}`, 'candidate', text));
  }
  return { store, comparisonId };
};

const search = async (
  { comparisonId, store }: { readonly store: Store; readonly comparisonId: string },
  term: string,
  index: 'build' | 'none' = 'build',
): Promise<readonly string[]> =>
  [...(await findText(store, comparisonId, term, { index }))].toSorted();

describe('a search', () => {
  it('finds text in requests and answers, in English and Chinese, whatever the case', async () => {
    const place = await filled(['Your REFUND is on its way', '退款申请已提交', 'said "no"\n100%']);
    for (const index of ['build', 'none'] as const) {
      expect(await search(place, 'refund', index)).toEqual(['r0']);
      expect(await search(place, '退款申请', index)).toEqual(['r1']);
      // Fewer characters than the index has.
      expect(await search(place, '退款', index)).toEqual(['r1']);
      expect(await search(place, 'no"\n1', index)).toEqual(['r2']);
      expect(await search(place, 'QUESTION R2', index)).toEqual(['r2']);
      // The names of members and roles are no text.
      expect(await search(place, 'content', index)).toEqual([]);
      expect(await search(place, 'user', index)).toEqual([]);
      expect(await search(place, 'fundre', index)).toEqual([]);
    }
  });

  it('knows what came after the index was made, and tells how far it is', async () => {
    const place = await filled(Array.from({ length: 250 }, (_, index) => `answer ${index} end`));
    const progress: IndexProgress[] = [];
    const onProgress = (now: IndexProgress): void => void progress.push(now);
    const { comparisonId, store } = place;
    const found = await findText(store, comparisonId, 'answer 17 ', { index: 'build', onProgress });
    expect([...found]).toEqual(['r17']);
    expect(progress[0]).toEqual({ done: 0, all: 500 });
    expect(progress.at(-1)).toEqual({ done: 450, all: 500 });
    await saveResponse(store, sampleResponse(comparisonId, 'r3', 'baseline', 'quite late'));
    expect(await search(place, 'quite late')).toEqual(['r3']);
    expect(await search(place, 'answer 24')).toHaveLength(11);
  });

  it('finds what a plain look into every text finds', async () => {
    const word = fc.constantFrom(
      'a',
      'B',
      'ß',
      'İ',
      '退',
      '款',
      ' ',
      '\n',
      '"',
      '😀',
      'é',
      'e\u0301',
    );
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 6 }),
        fc.array(word, { minLength: 3, maxLength: 4 }).map((parts) => parts.join('')),
        async (texts, term) => {
          const place = await filled(texts);
          const plain = (value: string): string => value.normalize('NFC').toLowerCase();
          const naive = texts.flatMap((value, index) =>
            plain(value).includes(plain(term)) ? [`r${index}`] : [],
          );
          expect(await search(place, term, 'none')).toEqual(naive);
          expect(await search(place, term)).toEqual(naive);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leaves no index behind when the store is scrubbed', async () => {
    const place = await filled(['my key is here']);
    await search(place, 'my key');
    const tables = sql<{ readonly name: string }>`
      select name from sqlite_master where name like 'body_search%'
    `;
    expect((await tables.execute(place.store.db)).rows.length).toBeGreaterThan(1);
    await scrubStore(place.store, new RuleRedactor({ rules: await loadRules(), salt: 'salt' }));
    expect((await tables.execute(place.store.db)).rows).toEqual([]);
  });
});
