import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../source/comparison/outcome.ts';
import { compareAnswers, comparisonRules } from '../../source/comparison/compare-answers.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { listNoisePairs } from '../../source/store/comparisons/noise.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { appendEvent, type Control } from '../../source/store/verdicts.ts';
import { gatherSummary } from '../../source/summary/gather-summary.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { wilson } from '../../source/statistics/wilson.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { at, sampleCapture, sampleResponse } from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';

/** A store with 40 pairs that differ; the baseline answered them twice, 12 of them in other words. */
const openFilled = async () => {
  const store = await temporaryStore();
  const models = { baseline: 'p/one', at };
  const own = await openComparison(store, { name: null, ...models, candidate: 'p/two' });
  const twice = await openComparison(store, { name: null, ...models, candidate: 'p/one' });
  for (let index = 0; index < 40; index++) {
    const captureId = `c${index}`;
    const capture = sampleCapture(captureId);
    for (const { id } of [own, twice]) {
      const second = id === own.id ? 'candidate' : index < 12 ? 'second' : 'first';
      await addRecords(store, [{ kind: 'capture', capture }], {
        source: 's',
        comparisonId: id,
        at,
      });
      await saveResponse(store, sampleResponse(id, captureId, 'baseline', 'first'));
      await saveResponse(store, sampleResponse(id, captureId, 'candidate', second));
      const comparison = compareAnswers(capture.request, answerOf('first'), answerOf(second));
      await saveOutcome(store, { comparisonId: id, captureId, rules: comparisonRules, comparison });
    }
  }
  let events = 0;
  const say = async (
    reviewer: string,
    captureId: string,
    verdict: Verdict,
    left: 'baseline' | 'candidate',
    control?: Control,
  ): Promise<string> => {
    const id = `e${String(events++).padStart(4, '0')}`;
    const event = { id, comparisonId: own.id, captureId, reviewer, at } as const;
    const what = control === undefined ? { ahead: false } : { control };
    await appendEvent(store, { ...event, kind: 'verdict', verdict, left, ...what });
    return id;
  };
  const undo = async (reviewer: string, captureId: string, undoes: string, control?: Control) => {
    const id = `e${String(events++).padStart(4, '0')}`;
    const event = { id, comparisonId: own.id, captureId, reviewer, at } as const;
    const what = control === undefined ? {} : { control };
    await appendEvent(store, { ...event, kind: 'undo', undoes, ...what });
  };
  const summary = (reviewer: string | null = null) =>
    gatherSummary(store, own, {
      prices: { baseline: null, candidate: null },
      at,
      reviewer,
    });
  return { store, own, twice, say, undo, summary };
};

const noise = { kind: 'noise' } as const;

describe('the summary of control pairs', () => {
  it('says how often the baseline agrees with itself in the eyes of reviewers, beside the machine', async () => {
    const { own, say, store, summary, twice, undo } = await openFilled();
    const found = await listNoisePairs(store, own);
    expect(found?.comparisonId).toBe(twice.id);
    expect(found?.captureIds).toHaveLength(12);
    expect((await summary()).noise?.judged).toMatchObject({
      differing: { n: 0, rate: null },
      overall: { rate: null },
    });
    for (let index = 0; index < 10; index++) {
      await say('ann', `c${index}`, index === 0 ? 'worse' : 'agree', 'baseline', noise);
    }
    // Two reviewers disagree on one, and a third verdict was taken back.
    await say('bo', 'c1', 'worse', 'baseline', noise);
    await undo('bo', 'c2', await say('bo', 'c2', 'worse', 'baseline', noise), noise);
    // A verdict on two equal answers says nothing about those that differ.
    await say('bo', 'c30', 'worse', 'baseline', noise);
    const whole = await summary();
    expect(whole.noise).toMatchObject({
      baseline: { rate: 28 / 40, n: 40 },
      judged: { differing: { rate: 0.8, n: 10 }, overall: { n: 40 } },
    });
    expect(whole.noise?.judged.overall.rate).toBeCloseTo((28 + 12 * 0.8) / 40, 10);
    expect((await summary('ann')).noise?.judged.differing).toMatchObject({ rate: 0.9, n: 10 });
    const text = summaryText(whole).replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'Reviewers judged 10 pairs of its answers that differ, among the others: agree 80.0 % (49.0–98.2) of 10, a small sample. With what the machine settled, the baseline agrees with itself on 94.0 %',
    );
    // No verdict on the candidate was given.
    expect(whole.counts).toMatchObject({ judged: 0, unjudged: 40 });
    expect(whole.reviewers).toEqual([]);
    await store.close();
  });

  it('takes the requests that were asked twice for a sample of all, where it compares with the candidate', async () => {
    const { own, say, store, summary } = await openFilled();
    for (let index = 0; index < 12; index++) {
      await say('ann', `c${index}`, 'agree', 'baseline', noise);
    }
    for (let index = 0; index < 40; index++) await say('ann', `c${index}`, 'agree', 'baseline');
    const whole = await summary();
    // All requests were asked twice, and every pair has a verdict: nothing about them is uncertain.
    expect(whole.noise?.judged.excess).toEqual({ difference: 0, lower: 0, upper: 0, n: 40 });
    for (let index = 40; index < 80; index++) {
      const captureId = `c${index}`;
      const capture = sampleCapture(captureId);
      const records = [{ kind: 'capture', capture }] as const;
      await addRecords(store, records, { source: 's', comparisonId: own.id, at });
      await saveResponse(store, sampleResponse(own.id, captureId, 'baseline', 'first'));
      await saveResponse(store, sampleResponse(own.id, captureId, 'candidate', 'first'));
      const comparison = compareAnswers(capture.request, answerOf('first'), answerOf('first'));
      const outcome = { comparisonId: own.id, captureId, rules: comparisonRules, comparison };
      await saveOutcome(store, outcome);
    }
    const { noise: found } = await summary();
    expect(found?.judged.overall).toEqual({ rate: 1, lower: 1, upper: 1, n: 40 });
    // 40 of 80: Wilson's lower bound of 40 × 79 ÷ 40 of as many.
    expect(found?.judged.excess).toMatchObject({ difference: 0, upper: 0 });
    expect(found?.judged.excess.lower).toBeCloseTo((wilson(79, 79).lower ?? 0) - 1, 12);
    await store.close();
  });

  it('says how far reviewers agree with themselves, and how often the left side won', async () => {
    const { say, store, summary, undo } = await openFilled();
    const again = async (
      reviewer: string,
      captureId: string,
      [first, second]: readonly [Verdict, Verdict],
    ): Promise<readonly [string, string]> => {
      const id = await say(reviewer, captureId, first, 'candidate');
      const repeat = { kind: 'repeat', repeats: id } as const;
      return [id, await say(reviewer, captureId, second, 'baseline', repeat)];
    };
    // The left side wins both times; then the same answer does; then neither.
    await again('ann', 'c0', ['better', 'worse']);
    await again('ann', 'c1', ['worse', 'worse']);
    await again('ann', 'c2', ['agree', 'agree']);
    await again('bo', 'c3', ['agree', 'both_bad']);
    // A first verdict or a second one that was taken back makes no pair of verdicts.
    const [first] = await again('bo', 'c4', ['agree', 'agree']);
    await undo('bo', 'c4', first);
    const [third, second] = await again('bo', 'c5', ['agree', 'worse']);
    await undo('bo', 'c5', second, { kind: 'repeat', repeats: third });
    // A later change of the first verdict does not change what was said twice.
    await say('ann', 'c2', 'worse', 'candidate');
    const whole = await summary();
    expect(whole.selfAgreement).toMatchObject({ rate: 0.5, n: 4 });
    expect(whole.reviewers).toMatchObject([
      { reviewer: 'ann', judged: 3, selfAgreement: { rate: 2 / 3, n: 3 } },
      { reviewer: 'bo', judged: 2, selfAgreement: { rate: 0, n: 1 } },
    ]);
    expect(whole.blind.leftOfRepeats).toMatchObject({ rate: 3 / 4, n: 4 });
    // c0 better (left), c1 worse (right), c2 worse (right), and c0 and c1 again, both worse (left).
    expect(whole.blind).toMatchObject({ left: { rate: 3 / 5, n: 5 } });
    expect((await summary('bo')).selfAgreement).toMatchObject({ rate: 0, n: 1 });
    expect(whole.verdicts).toMatchObject({ better: 1, worse: 2, agree: 2 });
    const text = summaryText(whole);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'The same verdict: 50.0 % (15.0–85.0) of 4, a small sample.',
    );
    expect(text).toMatch(/^ {2}ann 66\.7 % \(20\.8–93\.9\) of 3, a small sample$/m);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'On the pairs that came back and so were seen both ways: 75.0 %',
    );
    expect(() => summarySchema.strict().parse(JSON.parse(JSON.stringify(whole)))).not.toThrow();
    await store.close();
  });

  it('says nothing where there are none', async () => {
    const { say, store, summary } = await openFilled();
    await say('ann', 'c0', 'agree', 'baseline');
    expect(summaryText(await summary())).not.toMatch(/Came back|among the others|both ways/);
    await store.close();
  });
});
