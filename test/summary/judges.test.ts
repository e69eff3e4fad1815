import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { computeJudge, type PairOfJudge } from '../../source/summary/judges.ts';
import { judgeTexts } from '../../source/summary/judges-text.ts';

const several = (number: number, pair: Partial<PairOfJudge>): readonly PairOfJudge[] =>
  Array.from({ length: number }, () => ({
    verdict: 'agree',
    unreadable: null,
    label: null,
    blind: true,
    drawn: true,
    ...pair,
  }));

/** Pairs judged in the random order by (person not worse, judge not worse). */
const drawn = (both: number, personOnly: number, judgeOnly: number, neither: number) => [
  ...several(both, { label: 'better', verdict: 'agree' }),
  ...several(personOnly, { label: 'agree', verdict: 'worse' }),
  ...several(judgeOnly, { label: 'worse', verdict: 'better' }),
  ...several(neither, { label: 'worse', verdict: 'worse' }),
];

describe('computeJudge', () => {
  it('gives the published prediction-powered estimate once it is certified', () => {
    // The counts of ppi_py's `ppi_mean_ci`: 126, 6, 8 and 10 with labels, 1,640 and 360 without.
    const labels = drawn(126, 6, 8, 10);
    const alone = [...several(1640, {}), ...several(260, { verdict: 'worse' })];
    // Labels ahead of the order certify, and are no part of the sample.
    const ahead = several(100, { verdict: 'worse', label: 'worse', drawn: false });
    expect(computeJudge([...labels, ...alone, ...ahead])).toMatchObject({
      judged: 2150,
      certified: true,
      sensitivity: { n: 118, rate: 110 / 118 },
      specificity: { n: 132, rate: 126 / 132 },
      estimate: {
        others: 2000,
        noWorse: {
          n: 150,
          rate: expect.closeTo(0.854547, 5),
          lower: expect.closeTo(0.808996, 5),
          upper: expect.closeTo(0.900098, 5),
        },
      },
    });
    const notCertified = computeJudge([...labels, ...alone]);
    expect(notCertified).toMatchObject({ certified: false, estimate: null });
  });

  it('is certified by the lower bounds alone, in which undecided is an error', () => {
    const found = (verdict: PairOfJudge['verdict'], misses: number) =>
      computeJudge([
        ...several(60 - misses, { label: 'worse', verdict: 'worse' }),
        ...several(misses, { label: 'worse', verdict }),
        ...several(100, { label: 'agree', verdict: 'agree' }),
      ]);
    // Wilson: 54 of 60 has a lower bound of 79.9 %, 55 of 60 one of 81.9 %.
    expect(found('agree', 6).certified).toBe(false);
    expect(found('agree', 5).certified).toBe(true);
    expect(found('undecided', 6).certified).toBe(false);
    const undecided = several(100, { label: 'agree', verdict: 'undecided' });
    const worse = several(60, { label: 'worse', verdict: 'worse' });
    expect(computeJudge([...undecided, ...worse]).specificity).toMatchObject({ rate: 0, n: 100 });
  });

  it('counts no conflict, and no label that may have seen it', () => {
    const pairs = [
      ...several(3, { label: 'conflict' }),
      ...several(2, { label: 'worse', verdict: 'worse', blind: false }),
      ...several(4, { label: 'agree' }),
    ];
    expect(computeJudge(pairs)).toMatchObject({
      notBlind: 2,
      sensitivity: { n: 0 },
      specificity: { n: 4 },
      certified: false,
    });
  });

  it('covers the truth in 95 % of runs, also if the judge is biased', () => {
    let generator = xoroshiro128plus(12);
    const happens = (probability: number): boolean => uniformFloat64(generator) < probability;
    const pair = (isLabelled: boolean): PairOfJudge => {
      const isWorse = happens(0.3);
      // It takes a twelfth of what is no worse for worse, and misses less of the rest.
      const saysWorse = happens(isWorse ? 0.95 : 0.08);
      return {
        verdict: saysWorse ? 'worse' : 'agree',
        unreadable: null,
        label: isLabelled ? (isWorse ? 'worse' : 'agree') : null,
        blind: true,
        drawn: true,
      };
    };
    const runs = 6000;
    let estimates = 0;
    let covered = 0;
    for (let run = 0; run < runs; run++) {
      if (run % 2000 === 0) generator = xoroshiro128plus(12 + run / 2000);
      const pairs = Array.from({ length: 1000 }, (_, index) => pair(index < 300));
      const { estimate } = computeJudge(pairs);
      if (estimate === null) continue;
      estimates++;
      const { lower, upper } = estimate.noWorse;
      if (lower !== null && upper !== null && lower <= 0.7 && 0.7 <= upper) covered++;
    }
    expect(estimates).toBeGreaterThan(0.95 * runs);
    expect(covered / estimates).toBeGreaterThanOrEqual(0.94);
    expect(covered / estimates).toBeLessThanOrEqual(0.96);
  });
});

describe('judgeTexts', () => {
  const rate = { rate: 0.75, lower: 0.7, upper: 0.8, n: 150 };
  const alone = { agreement: rate, noWorse: rate };

  it('says how many of the undecided have no readable verdict', () => {
    const figures = { judge: 'openai/gpt-4o', prompt: 1, pairs: 10 };
    const unread = several(2, { verdict: 'undecided', unreadable: 'no readable verdict: Sure!' });
    const text = (...groups: readonly (readonly PairOfJudge[])[]): string | undefined =>
      judgeTexts([{ ...figures, ...computeJudge(groups.flat()) }], alone)[0]?.[0];
    expect(computeJudge(unread).unreadable).toEqual({
      pairs: 2,
      example: 'no readable verdict: Sure!',
    });
    expect(text(unread)).toContain(
      'undecided 2, all of them because an answer has no readable verdict.',
    );
    const mixed = text(unread, several(3, { verdict: 'undecided' }));
    expect(mixed).toContain('undecided 5, 2 of them because');
    expect(text(several(3, { verdict: 'undecided' }))).toContain('undecided 3.');
  });

  it('says what is missing, or the estimate beside that of people', () => {
    const figures = { judge: 'openai/gpt-4o', prompt: 1, pairs: 3000 };
    const open = computeJudge([...drawn(126, 6, 8, 10), ...several(50, {})]);
    expect(judgeTexts([{ ...figures, ...open }], alone)).toEqual([
      [
        'Judge openai/gpt-4o (a model; in none of the rates), prompt 1: 200 of 3,000 open pairs in both orders: agree 176 · worse 16 · better 8 · both bad 0 · undecided 0.',
        'Judge not certified: sensitivity 55.6 % (33.7–75.4) over 18 worse; specificity 95.5 % (90.4–97.9) over 132 no worse; needs ≥ 80 % at both lower bounds.',
      ],
    ]);
    const nobody = computeJudge(several(5, {}));
    expect(judgeTexts([{ ...figures, ...nobody }], alone)[0]?.[1]).toContain(
      'sensitivity unknown, no pair judged worse by people',
    );
  });
});
