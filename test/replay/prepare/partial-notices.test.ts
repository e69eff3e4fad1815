import { describe, expect, it } from 'vitest';
import { partialNotices } from '../../../source/replay/prepare/preparation-notices.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import { gatherSummary } from '../../../source/summary/gather-summary.ts';
import { summaryJson, summarySchema } from '../../../source/summary/summary-json.ts';
import { summaryText } from '../../../source/summary/summary-text.ts';
import { at } from '../../store/samples.ts';
import { temporaryStore } from '../../store/temporary-store.ts';

const prices = { baseline: null, candidate: null };

/** A comparison of five captures that lost these parts; the first two share an endpoint. */
const comparisonWith = async (partials: readonly (readonly string[])[]) => {
  const store = await temporaryStore();
  const comparison = await openComparison(store, {
    name: null,
    baseline: 'a/b',
    candidate: 'c/d',
    at,
  });
  const records = partials.map((partial, index) => ({
    kind: 'capture' as const,
    capture: {
      id: `r${index}`,
      endpoint: index < 2 ? 'first' : 'second',
      timestamp: null,
      dialect: 'chat' as const,
      model: null,
      request: { messages: [{ role: 'user', content: `${index}` }] },
      recorded: [],
      metadata: null,
      partial,
    },
  }));
  await addRecords(store, records, { source: 'test', comparisonId: comparison.id, at });
  return { store, comparison };
};

describe('partial captures', () => {
  it('are reported before the first call, and in the summary by lost part', async () => {
    const { store, comparison } = await comparisonWith([
      ['response_format', 'images'],
      ['response_format'],
      ['response_format'],
      [],
      [],
    ]);
    expect(await partialNotices(store, comparison.id)).toEqual([
      '3 of 5 captures are partial: the recording did not keep response_format, images (1).',
    ]);
    const summary = await gatherSummary(store, comparison, { prices, at });
    expect(summary).toMatchObject({
      counts: { replayable: 5, partial: 3 },
      partialParts: [
        { part: 'response_format', captures: 3 },
        { part: 'images', captures: 1 },
      ],
      byEndpoint: [{ counts: { partial: 2 } }, { counts: { partial: 1 } }],
    });
    expect(summarySchema.parse(JSON.parse(summaryJson(summary)))).toEqual(summary);
    expect(summaryText(summary)).toContain(
      '  3 partial, the recording did not keep: response_format 3; images 1\n',
    );
  });

  it('are not mentioned if there are none', async () => {
    const { store, comparison } = await comparisonWith([[], []]);
    expect(await partialNotices(store, comparison.id)).toEqual([]);
    const summary = await gatherSummary(store, comparison, { prices, at });
    expect(summary.counts.partial).toBe(0);
    expect(summaryText(summary)).not.toContain('partial');
  });
});
