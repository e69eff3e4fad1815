import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';

/** 0: a tie; 1 and 2: the better response. */
type Label = 0 | 1 | 2;

const annotators = ['annotator1', 'annotator2', 'annotator3'] as const;

const items = readFileSync(join(import.meta.dirname, '../fixtures/pandalm/labels.csv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [idx = '', ...labels] = line.split(',');
    return { id: `pandalm_${idx}`, labels: labels.map((label) => Number(label) as Label) };
  });

const completion = (content: string) => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

/** The items as captures with two recorded answers, whose texts only have to differ. */
const traffic = items
  .map(({ id }) =>
    JSON.stringify({
      id,
      endpoint: 'instruction',
      request: { model: 'first', messages: [{ role: 'user', content: `The task ${id}` }] },
      responses: {
        first: completion(`The first response to ${id}.`),
        second: completion(`Another response to ${id}, the second.`),
      },
    }),
  )
  .join('\n');

/** The candidate is the second response. */
const words = ['tie', 'baseline', 'candidate'] as const;

const votesOf = (chosen: readonly number[]): string =>
  items
    .flatMap(({ id, labels }) =>
      chosen.map((annotator) =>
        JSON.stringify({
          capture: id,
          reviewer: annotators[annotator],
          verdict: words[labels[annotator] ?? 0],
        }),
      ),
    )
    .join('\n');

const share = (fits: (labels: readonly Label[]) => boolean): number =>
  items.filter(({ labels }) => fits(labels)).length / items.length;

const categories: readonly Label[] = [0, 1, 2];

/** Cohen's kappa by its definition. */
const kappaOf = (one: number, other: number): number => {
  const observed = share((labels) => labels[one] === labels[other]);
  const byChance = categories
    .map((label) => share((own) => own[one] === label) * share((own) => own[other] === label))
    .reduce((sum, chance) => sum + chance);
  return (observed - byChance) / (1 - byChance);
};

/** How often two of three annotators agree on an item, on average. */
const meanAgreement =
  [
    [0, 1],
    [0, 2],
    [1, 2],
  ]
    .map(([one = 0, other = 0]) => share((labels) => labels[one] === labels[other]))
    .reduce((sum, each) => sum + each) / 3;

const all = items.flatMap(({ labels }) => labels);
const given = categories.map((category) => all.filter((label) => label === category).length);

const fleiss = (() => {
  const byChance = given.reduce((sum, number) => sum + (number / all.length) ** 2, 0);
  return (meanAgreement - byChance) / (1 - byChance);
})();

/** With as many labels on each item: 1 − observed ÷ expected disagreement, the latter without replacement. */
const alpha = (() => {
  const n = all.length;
  const byChance = given.reduce((sum, number) => sum + (number * (number - 1)) / (n * (n - 1)), 0);
  return 1 - (1 - meanAgreement) / (1 - byChance);
})();

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  writeFileSync(scene.path('pandalm.jsonl'), traffic);
  await scene.run([
    'replay',
    'pandalm.jsonl',
    '--baseline=recorded:first',
    '--candidate=recorded:second',
  ]);
});

afterEach(() => scene.close());

const take = async (file: string, chosen: readonly number[]) => {
  writeFileSync(scene.path(file), votesOf(chosen));
  const run = await scene.run(['verdicts', file]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return run.stdout;
};

/** The verdicts of an annotator, counted from the labels. */
const countsOf = (annotator: number) => {
  const of = (label: Label) => items.filter(({ labels }) => labels[annotator] === label).length;
  return { agree: of(0), worse: of(1), better: of(2), bothBad: 0 };
};

describe("PandaLM's three annotators", () => {
  it('have the published agreement, and common verdicts by majority', async () => {
    expect(items).toHaveLength(999);
    expect(await take('first.jsonl', [0, 1])).toContain('1,998 stored');
    const ofTwo = await scene.summary();
    const differing = items.filter(({ labels: [one, other] }) => one !== other).length;
    expect(differing).toBe(87);
    // Neither has more than half of two.
    expect(ofTwo.verdicts.conflict).toBe(differing);
    expect(ofTwo.counts).toMatchObject({ judged: 999, judgedBySeveral: 999, disagreeing: 87 });
    expect(ofTwo.reviewerAgreement.kappa?.kappa).toBeCloseTo(kappaOf(0, 1), 12);

    await take('third.jsonl', [2]);
    const { counts, judgedRates, reviewerAgreement, reviewers, verdicts } = await scene.summary();
    const majorityOf = (label: Label) =>
      items.filter(({ labels }) => labels.filter((own) => own === label).length > 1).length;
    expect(verdicts).toEqual({
      agree: majorityOf(0),
      worse: majorityOf(1),
      better: majorityOf(2),
      bothBad: 0,
      conflict: items.filter(({ labels }) => new Set(labels).size === 3).length,
    });
    expect(judgedRates.noWorse.rate).toBeCloseTo((majorityOf(0) + majorityOf(2)) / 999, 12);
    expect(counts).toMatchObject({
      judged: 999,
      judgedBySeveral: 999,
      disagreeing: items.filter(({ labels }) => new Set(labels).size > 1).length,
    });
    expect(
      reviewers.map(({ judged, origins, reviewer, verdicts: own }) => ({
        reviewer,
        judged,
        own,
        file: origins.map(({ file }) => file),
      })),
    ).toEqual(
      annotators.map((reviewer, index) => ({
        reviewer,
        judged: 999,
        own: countsOf(index),
        file: [index === 2 ? 'third.jsonl' : 'first.jsonl'],
      })),
    );

    const { alpha: measured, fleiss: ofAll, kappa, kappas, pairs } = reviewerAgreement;
    expect(pairs).toBe(999);
    expect(measured).toBeCloseTo(alpha, 12);
    expect(ofAll).toBeCloseTo(fleiss, 12);
    expect(kappa).toBeNull();
    // The README of PandaLM has 0.85, 0.88 and 0.86.
    for (const [one, other, published] of [
      [0, 1, '0.85'],
      [0, 2, '0.88'],
      [1, 2, '0.86'],
    ] as const) {
      const names = [annotators[one], annotators[other]];
      const found = kappas.find(({ reviewers: own }) => own.join() === names.join());
      expect(found).toMatchObject({ n: 999 });
      expect(found?.kappa).toBeCloseTo(kappaOf(one, other), 12);
      expect(found?.kappa?.toFixed(2)).toBe(published);
    }
    const text = (await scene.run(['summary'])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain("Krippendorff's alpha 0.86, Fleiss' kappa 0.86");
    expect(text).toMatch(/annotator1 and annotator2 0\.85 \(0\.8\d to 0\.8\d\) of 999/);
    const summaryOfOne = await scene.run(['summary', '--json', '--reviewer', 'annotator1']);
    expect(JSON.parse(summaryOfOne.stdout)).toMatchObject({ verdicts: countsOf(0) });
  });
});
