import { describe, expect, it } from 'vitest';
import { compareAnswers, comparisonRules } from '../../../source/comparison/compare-answers.ts';
import type { Rule } from '../../../source/comparison/settling-rules.ts';
import type { RuleContent } from '../../../source/configuration/rule-content.ts';
import { listPairs, loadPair } from '../../../source/store/comparisons/pairs.ts';
import { pairPatterns } from '../../../source/store/comparisons/pair-patterns.ts';
import { listPairTraits } from '../../../source/store/comparisons/pair-traits.ts';
import { saveOutcome } from '../../../source/store/comparisons/outcomes.ts';
import {
  addRules,
  followConfiguration,
  listRules,
  settledByAdding,
  takeBackRules,
} from '../../../source/store/comparisons/stored-rules.ts';
import { appendEvent, listEvents } from '../../../source/store/verdicts.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import type { Store } from '../../../source/store/open.ts';
import { at, sampleAnswer, sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const everything = (path: string, endpoint: string | null = null): RuleContent => ({
  endpoint,
  path,
  ignore: 'everything',
  tolerance: null,
});

const made = (id: string, content: RuleContent, author = 'ada'): Rule => ({
  ...content,
  id,
  author,
  madeBy: 'reviewer',
  at,
});

/** Two endpoints with pairs that differ in `time`, in `time` and `score`, and in `label`. */
const texts: Readonly<Record<string, readonly [string, string]>> = {
  time: ['{"time":1,"score":0.5}', '{"time":2,"score":0.5}'],
  both: ['{"time":1,"score":0.5}', '{"time":2,"score":0.51}'],
  label: ['{"label":"A"}', '{"label":"B"}'],
  same: ['{"label":"A"}', '{"label":"A"}'],
};

const filledStore = async (): Promise<{ readonly store: Store; readonly id: string }> => {
  const store = await temporaryStore();
  const captures = Object.keys(texts).flatMap((name) => [
    sampleCapture(name),
    sampleCapture(`${name} elsewhere`, { endpoint: 'extract' }),
  ]);
  const id = await sampleComparison(store, captures);
  for (const capture of captures) {
    const [name = ''] = capture.id.split(' ');
    const [baseline = '', candidate = ''] = texts[name] ?? [];
    await saveResponse(store, sampleResponse(id, capture.id, 'baseline', baseline));
    await saveResponse(store, sampleResponse(id, capture.id, 'candidate', candidate));
    await save(store, id, capture.id, [baseline, candidate]);
  }
  return { store, id };
};

const save = (store: Store, id: string, captureId: string, [a, b]: readonly [string, string]) =>
  saveOutcome(store, {
    comparisonId: id,
    captureId,
    rules: comparisonRules,
    comparison: compareAnswers({}, sampleAnswer(a), sampleAnswer(b)),
  });

/** The outcome of each pair, with a mark if rules settle it. */
const outcomes = async (store: Store, id: string): Promise<Readonly<Record<string, string>>> => {
  const pairs = await listPairs(store, id);
  const entries = pairs.map(({ byRule, captureId, outcome }) => [
    captureId,
    `${outcome}${byRule ? ' by rule' : ''}`,
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
};

describe('a rule of a comparison', () => {
  it('settles the pairs whose differences it covers, in its endpoint or in all', async () => {
    const { id, store } = await filledStore();
    const before = await outcomes(store, id);
    const drafts = [everything('time', 'extract'), everything('time'), everything('score')];
    expect((await settledByAdding(store, id, drafts)).map((ids) => ids.toSorted())).toEqual([
      ['time elsewhere'],
      ['time', 'time elsewhere'],
      [],
    ]);
    await addRules(store, id, [made('1', everything('time', 'extract'))]);
    expect(await outcomes(store, id)).toEqual({
      ...before,
      'time elsewhere': 'equivalent by rule',
    });
    await addRules(store, id, [made('2', everything('time')), made('3', everything('score'))]);
    expect(await outcomes(store, id)).toEqual({
      ...before,
      time: 'equivalent by rule',
      'time elsewhere': 'equivalent by rule',
      both: 'equivalent by rule',
      'both elsewhere': 'equivalent by rule',
    });
    const listed = await listRules(store, id);
    expect(listed.map(({ id: rule, settled }) => [rule, settled])).toEqual([
      ['1', 2],
      ['2', 4],
      ['3', 2],
    ]);
  });

  it('gives the outcomes back when it is taken back, and stays with the moment', async () => {
    const { id, store } = await filledStore();
    const before = await outcomes(store, id);
    await addRules(store, id, [made('1', everything('time')), made('2', everything('label'))]);
    await takeBackRules(store, id, ['1'], { at: '2026-11-30', reviewer: 'bo' });
    expect(await outcomes(store, id)).toEqual({
      ...before,
      label: 'equivalent by rule',
      'label elsewhere': 'equivalent by rule',
    });
    await takeBackRules(store, id, ['2'], { at: '2026-12-01', reviewer: 'ada' });
    expect(await outcomes(store, id)).toEqual(before);
    const listed = await listRules(store, id);
    expect(listed.map(({ settled, takenBack }) => [settled, takenBack])).toEqual([
      [0, { at: '2026-11-30', reviewer: 'bo' }],
      [0, { at: '2026-12-01', reviewer: 'ada' }],
    ]);
  });

  it('settles pairs that are compared later, and lets go of those that are equal then', async () => {
    const { id, store } = await filledStore();
    await addRules(store, id, [made('1', everything('time'))]);
    expect(await save(store, id, 'label', ['{"time":1}', '{"time":2}'])).toEqual({
      outcome: 'equivalent',
      byRule: true,
    });
    expect(await save(store, id, 'time', ['{"time":1}', '{"time":1}'])).toEqual({
      outcome: 'identical',
      byRule: false,
    });
    expect(await outcomes(store, id)).toMatchObject({
      label: 'equivalent by rule',
      time: 'identical',
    });
  });

  it('keeps verdicts, what the machine found, and who settled what', async () => {
    const { id, store } = await filledStore();
    const event = { comparisonId: id, captureId: 'time', reviewer: 'ada', at } as const;
    await appendEvent(store, { ...event, id: '1', kind: 'verdict', verdict: 'worse' });
    await addRules(store, id, [made('1', everything('time', 'classify_ticket'))]);
    expect(await listEvents(store, id, 'ada')).toHaveLength(1);
    const pair = await loadPair(store, id, 'time');
    expect(pair.comparison?.outcome).toBe('different');
    expect(pair.rules.map((rule) => rule.id)).toEqual(['1']);
    expect((await loadPair(store, id, 'time elsewhere')).rules).toEqual([]);
    const listed = await listPairTraits(store, id, { reviewer: null, cost: () => null });
    const traits = new Map(listed.map((one) => [one.captureId, one]));
    expect(traits.get('time')).toMatchObject({ settledBy: 'rule', pattern: null });
    expect(traits.get('same')?.settledBy).toBe('machine');
    expect(traits.get('both')?.settledBy).toBeNull();
    expect(traits.get('both')?.pattern).not.toBeNull();
  });
});

describe('the patterns of a comparison', () => {
  const patterns = async (
    store: Store,
    id: string,
    captureIds: readonly string[] | 'all' = 'all',
  ): Promise<Readonly<Record<string, string>>> => {
    const found: [string, string][] = [];
    for await (const page of pairPatterns(store, id, captureIds)) {
      for (const { captureId, pattern } of page) found.push([captureId, pattern.label]);
    }
    return Object.fromEntries(found.toSorted()) as Readonly<Record<string, string>>;
  };

  it('follow the rules in force at once, made and taken back', async () => {
    const { id, store } = await filledStore();
    const before = await patterns(store, id);
    expect(before).toMatchObject({
      both: 'score: another number · time: 1 → 2',
      time: 'time: 1 → 2',
    });
    await addRules(store, id, [made('1', everything('time', 'classify_ticket'))]);
    const { time: _, ...others } = before;
    expect(await patterns(store, id)).toEqual({ ...others, both: 'score: another number' });
    const traits = await listPairTraits(store, id, { reviewer: null, cost: () => null });
    expect(traits.find(({ captureId }) => captureId === 'both')?.pattern?.label).toBe(
      'score: another number',
    );
    expect(await patterns(store, id, ['both', 'label', 'gone'])).toEqual({
      both: 'score: another number',
      label: before['label'],
    });
    await takeBackRules(store, id, ['1'], { at: '2026-11-30', reviewer: 'bo' });
    expect(await patterns(store, id)).toEqual(before);
  });
});

describe('the rules of a configuration file', () => {
  it('are those of the file, and leave all others', async () => {
    const { id, store } = await filledStore();
    const before = await outcomes(store, id);
    let count = 0;
    const follow = (file: string, ...rules: readonly RuleContent[]): Promise<boolean> =>
      followConfiguration(store, id, { file, rules, at, newId: () => `c${(count += 1)}` });
    await addRules(store, id, [made('1', everything('label', 'extract'))]);
    expect(await follow('a.json', everything('time'), everything('time'))).toBe(true);
    expect(await follow('b.json', everything('label'))).toBe(true);
    expect(await follow('a.json', everything('time'))).toBe(false);
    expect((await listRules(store, id)).map(({ author, madeBy }) => [author, madeBy])).toEqual([
      ['ada', 'reviewer'],
      ['a.json', 'configuration'],
      ['b.json', 'configuration'],
    ]);
    expect(await follow('a.json')).toBe(true);
    expect(await follow('b.json')).toBe(true);
    expect(await outcomes(store, id)).toEqual({
      ...before,
      'label elsewhere': 'equivalent by rule',
    });
  });
});
