import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../source/comparison/outcome.ts';
import type { SharedVerdict } from '../../source/store/comparisons/shared-verdicts.ts';
import { commonVerdict, reviewerAgreement, severalVotes } from '../../source/summary/reviewers.ts';

const none = { agree: 0, worse: 0, better: 0, both_bad: 0 };

describe('the common verdict', () => {
  it.each([
    [{}, null],
    [{ agree: 1 }, 'agree'],
    [{ worse: 3 }, 'worse'],
    [{ agree: 2, worse: 1 }, 'agree'],
    [{ agree: 1, worse: 1 }, 'conflict'],
    // The most votes are not enough: half of the reviewers say something else.
    [{ agree: 2, worse: 1, better: 1 }, 'conflict'],
    [{ both_bad: 3, better: 2 }, 'both_bad'],
  ] as const)('of %o is %s', (votes, expected) => {
    expect(commonVerdict({ ...none, ...votes })).toBe(expected);
  });

  it('is a conflict or that of more than half, whatever the votes', () => {
    const some = integer({ min: 0, max: 5 });
    assert(
      property(record({ agree: some, worse: some, better: some, both_bad: some }), (votes) => {
        const given = votes.agree + votes.worse + votes.better + votes.both_bad;
        const common = commonVerdict(votes);
        expect(common === null).toBe(given === 0);
        if (common !== null && common !== 'conflict') {
          expect(votes[common]).toBeGreaterThan(given / 2);
        }
        expect(severalVotes(votes).several).toBe(given > 1);
        if (common === 'conflict') expect(severalVotes(votes).differ).toBe(true);
      }),
    );
  });
});

describe('the agreement of reviewers', () => {
  let next = 0;
  const judged = (times: number, votes: Readonly<Record<string, Verdict>>): SharedVerdict[] =>
    Array.from({ length: times }, () => `capture-${next++}`).flatMap((captureId) =>
      Object.entries(votes).map(([reviewer, verdict]) => ({ captureId, reviewer, verdict })),
    );
  const ofTwo = [
    ...judged(20, { ann: 'agree', bo: 'agree' }),
    ...judged(5, { ann: 'agree', bo: 'worse' }),
    ...judged(10, { ann: 'worse', bo: 'agree' }),
    ...judged(15, { ann: 'worse', bo: 'worse' }),
  ];

  it('of two is kappa and alpha', () => {
    const found = reviewerAgreement(ofTwo);
    // 35 of 50 agree, 25 by chance: (0.7 - 0.5) / (1 - 0.5).
    expect(found.kappa).toMatchObject({ reviewers: ['ann', 'bo'], n: 50 });
    expect(found.kappa?.kappa).toBeCloseTo(0.4, 12);
    // 1 - 99 × 30 / (2 × 55 × 45), with 55 agree and 45 worse of 100 verdicts.
    expect(found.alpha).toBeCloseTo(0.4, 12);
    expect(found.pairs).toBe(50);
  });

  it('of three has no kappa', () => {
    const found = reviewerAgreement([...ofTwo, ...judged(1, { ann: 'agree', cy: 'agree' })]);
    expect(found.kappa).toBeNull();
    // Of two reviewers each, but not of the same ones.
    expect(found.fleiss).not.toBeNull();
    expect(found.kappas.map(({ n, reviewers }) => [reviewers.join(), n])).toEqual([
      ['ann,bo', 50],
      ['ann,cy', 1],
    ]);
    expect(found.kappas[0]?.kappa).toBeCloseTo(0.4, 12);
    expect(found.pairs).toBe(51);
    expect(found.alpha).toBeGreaterThan(0.4);
  });

  it('of two has no interval where the verdicts give none, and none beyond 1', () => {
    const bounds = ({ kappa }: ReturnType<typeof reviewerAgreement>) => [
      kappa?.kappa,
      kappa?.lower,
      kappa?.upper,
    ];
    const full = (times: number): SharedVerdict[] => [
      ...judged(3 * times, { ann: 'agree', bo: 'agree' }),
      ...judged(2 * times, { ann: 'worse', bo: 'worse' }),
    ];
    expect(bounds(reviewerAgreement(full(1)))).toEqual([1, null, null]);
    expect(bounds(reviewerAgreement(judged(1, { ann: 'agree', bo: 'better' })))).toEqual([
      0,
      null,
      null,
    ]);
    const nearlyFull = [...full(2), ...judged(1, { ann: 'worse', bo: 'agree' })];
    const [, lower, upper] = bounds(reviewerAgreement(nearlyFull));
    expect(lower).toBeGreaterThan(0);
    expect(upper).toBe(1);
  });

  it('is unknown without a pair of two, and where all say the same', () => {
    const unknown = { alpha: null, fleiss: null, kappa: null };
    expect(reviewerAgreement([])).toEqual({ ...unknown, pairs: 0, kappas: [] });
    const same = reviewerAgreement(judged(3, { ann: 'agree', bo: 'agree' }));
    const ofThese = { reviewers: ['ann', 'bo'], kappa: null, lower: null, upper: null, n: 3 };
    expect(same).toEqual({ ...unknown, pairs: 3, kappas: [ofThese] });
  });
});
