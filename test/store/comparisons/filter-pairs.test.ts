import { describe, expect, it } from 'vitest';
import { compareAnswers, comparisonRules } from '../../../source/comparison/compare-answers.ts';
import { parseFilter } from '../../../source/filter/parse-filter.ts';
import { filterPairs } from '../../../source/store/comparisons/filter-pairs.ts';
import { saveOutcome } from '../../../source/store/comparisons/outcomes.ts';
import { listPairs } from '../../../source/store/comparisons/pairs.ts';
import { listPairTraits } from '../../../source/store/comparisons/pair-traits.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import {
  appendEvent,
  appendEvents,
  listEvents,
  type VerdictEvent,
} from '../../../source/store/verdicts.ts';
import { at, sampleAnswer, sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const filled = async () => {
  const store = await temporaryStore();
  const captures = ['r1', 'r2', 'r3', 'r4'].map((id, index) =>
    sampleCapture(id, { endpoint: index < 2 ? 'classify_ticket' : 'support_reply' }),
  );
  const comparisonId = await sampleComparison(store, captures);
  const answer = async (id: string, baseline: string, candidate: string): Promise<void> => {
    await saveResponse(store, sampleResponse(comparisonId, id, 'baseline', baseline));
    await saveResponse(store, sampleResponse(comparisonId, id, 'candidate', candidate));
    await saveOutcome(store, {
      comparisonId,
      captureId: id,
      rules: comparisonRules,
      comparison: compareAnswers({}, sampleAnswer(baseline), sampleAnswer(candidate)),
    });
  };
  await answer('r1', '{"priority":"high"}', '{"priority":"urgent"}');
  await answer('r2', '{"priority":"low"}', '{"priority":"low"}');
  await answer('r3', 'Your refund is coming.', 'It is on its way.');
  let events = 0;
  const event = (captureId: string, reviewer: string) => ({
    id: `e${String(events++).padStart(3, '0')}`,
    comparisonId,
    captureId,
    reviewer,
    at,
  });
  const find = async (text: string, reviewer: string | null = null): Promise<readonly string[]> => {
    const parsed = parseFilter(text);
    if (parsed.kind !== 'filter') throw new Error(text);
    const cost = (side: string): number => (side === 'candidate' ? 0.02 : 0.5);
    const options = { me: 'ada', reviewer, cost, index: 'build' } as const;
    const ids = await filterPairs(store, comparisonId, parsed.filter, options);
    const byCapture = { ...options, order: 'capture' } as const;
    const sorted = await filterPairs(store, comparisonId, parsed.filter, byCapture);
    expect(sorted).toEqual(ids.toSorted());
    return sorted;
  };
  return { store, comparisonId, event, find };
};

describe('the pairs that match a filter', () => {
  it('are found by what the store knows', async () => {
    const { comparisonId, event, find, store } = await filled();
    await appendEvent(store, {
      ...event('r1', 'ada'),
      kind: 'verdict',
      verdict: 'worse',
      ahead: false,
    });
    await appendEvent(store, { ...event('r1', 'ada'), kind: 'tag', tag: 'wrong value' });
    await appendEvent(store, {
      ...event('r3', 'bob'),
      kind: 'verdict',
      verdict: 'agree',
      ahead: false,
    });
    const taken = event('r2', 'ada');
    await appendEvent(store, { ...taken, kind: 'verdict', verdict: 'worse', ahead: false });
    await appendEvent(store, { ...event('r2', 'ada'), kind: 'undo', undoes: taken.id });
    expect(await find('endpoint:classify')).toEqual(['r1', 'r2']);
    expect(await find('outcome:different')).toEqual(['r1', 'r3']);
    expect(await find('outcome:none')).toEqual(['r4']);
    expect(await find('field:priority')).toEqual(['r1']);
    expect(await find('refund | field:priority')).toEqual(['r1', 'r3']);
    expect(await find('verdict:worse')).toEqual(['r1']);
    expect(await find('verdict:agree', 'ada')).toEqual([]);
    expect(await find('reviewer:me')).toEqual(['r1']);
    expect(await find('reviewer:bob tag:wrong')).toEqual([]);
    expect(await find('tag:"wrong value"')).toEqual(['r1']);
    expect(await find('cost>0.01 baseline.cost>=0.5 ttft<1s total=812ms')).toEqual([
      'r1',
      'r2',
      'r3',
    ]);
    expect(await find('model:gpt output>2')).toEqual(['r1', 'r2', 'r3']);
    const traits = await listPairTraits(store, comparisonId, { reviewer: null, cost: () => null });
    const rows = await listPairs(store, comparisonId);
    expect(traits.map(({ captureId }) => captureId)).toEqual(
      rows.map(({ captureId }) => captureId),
    );
    expect(traits.find(({ captureId }) => captureId === 'r1')?.pattern?.label).toBe(
      'priority: high → urgent',
    );
  });
});

it("a verdict that resolves a conflict is nobody's own, and its comment is found", async () => {
  const { event, find, store } = await filled();
  const resolving = { ...event('r1', 'ada'), resolves: true } as const;
  await appendEvents(store, [
    { ...event('r1', 'ada'), kind: 'verdict', verdict: 'worse' },
    { ...event('r1', 'bob'), kind: 'verdict', verdict: 'agree' },
    { ...resolving, id: 'e900', kind: 'verdict', verdict: 'better' },
    { ...resolving, id: 'e901', kind: 'comment', comment: 'as agreed in the meeting' },
  ]);
  expect(await find('verdict:worse')).toEqual(['r1']);
  expect(await find('verdict:better')).toEqual([]);
  expect(await find('comment:meeting')).toEqual(['r1']);
});

it('what chose a pair, and verdicts given together, come back as they were stored', async () => {
  const { comparisonId, event, store } = await filled();
  const chosen = { kind: 'pattern', text: 'classify: priority: high → urgent' } as const;
  const verdict = { kind: 'verdict', verdict: 'worse', ahead: true, chosen } as const;
  const events: readonly VerdictEvent[] = [
    { ...event('r1', 'ada'), ...verdict },
    ...Array.from({ length: 1200 }, () => ({
      ...event('r2', 'ada'),
      ...verdict,
      group: { id: 'e001', seen: 5 },
    })),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await appendEvents(store, events);
  const listed = await listEvents(store, comparisonId, 'ada');
  expect(listed).toHaveLength(events.length);
  expect(listed).toEqual([...events].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  // All or none: one of these is there already.
  const more = Array.from({ length: 600 }, () => ({ ...event('r3', 'ada'), ...verdict }));
  await expect(appendEvents(store, [...more, ...events.slice(0, 1)])).rejects.toThrow(/UNIQUE/);
  expect(await listEvents(store, comparisonId, 'ada')).toHaveLength(events.length);
});
