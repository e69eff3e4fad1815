import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bradleyTerry, type Contest } from '../../source/statistics/bradley-terry.ts';

const baseball = `
Milwaukee Detroit 4 3, Milwaukee Toronto 4 2, Milwaukee NewYork 4 3, Milwaukee Boston 6 1,
Milwaukee Cleveland 4 2, Milwaukee Baltimore 6 0, Detroit Milwaukee 3 3, Detroit Toronto 4 2,
Detroit NewYork 4 3, Detroit Boston 6 0, Detroit Cleveland 6 1, Detroit Baltimore 4 3,
Toronto Milwaukee 2 5, Toronto Detroit 4 3, Toronto NewYork 2 4, Toronto Boston 4 3,
Toronto Cleveland 4 2, Toronto Baltimore 6 0, NewYork Milwaukee 3 3, NewYork Detroit 5 1,
NewYork Toronto 2 5, NewYork Boston 4 3, NewYork Cleveland 4 2, NewYork Baltimore 6 1,
Boston Milwaukee 5 1, Boston Detroit 2 5, Boston Toronto 3 3, Boston NewYork 4 2,
Boston Cleveland 5 2, Boston Baltimore 6 0, Cleveland Milwaukee 2 5, Cleveland Detroit 3 3,
Cleveland Toronto 3 4, Cleveland NewYork 4 3, Cleveland Boston 4 2, Cleveland Baltimore 2 4,
Baltimore Milwaukee 2 5, Baltimore Detroit 1 5, Baltimore Toronto 1 6, Baltimore NewYork 2 4,
Baltimore Boston 1 6, Baltimore Cleveland 3 4`
  .split(',')
  .map((row): Contest => {
    const [first = '', second = '', firstWins, secondWins] = row.trim().split(' ');
    return { first, second, firstWins: Number(firstWins), secondWins: Number(secondWins) };
  });

/** The strengths by name, compared with that of one. */
const against = (name: string, contests: readonly Contest[]): Readonly<Record<string, number>> => {
  const strengths = bradleyTerry(contests)?.strengths ?? [];
  const base = strengths.find((one) => one.name === name)?.estimate ?? Number.NaN;
  return Object.fromEntries(strengths.map((one) => [one.name, one.estimate - base]));
};

describe('bradleyTerry', () => {
  it('gives the published strengths of four journals', () => {
    // Stigler 1994; Agresti, page 448; BradleyTerry2's citations.R: rows are cited, columns cite.
    const names = ['Biometrika', 'Comm Statist', 'JASA', 'JRSS-B'];
    const cited = [
      [714, 730, 498, 221],
      [33, 425, 68, 17],
      [320, 813, 1072, 142],
      [284, 276, 325, 188],
    ];
    const contests = names.flatMap((first, i) =>
      names.slice(i + 1).map((second, rest) => ({
        first,
        second,
        firstWins: cited[i]?.[i + 1 + rest] ?? 0,
        secondWins: cited[i + 1 + rest]?.[i] ?? 0,
      })),
    );
    const found = bradleyTerry(contests);
    const rounded = found?.strengths.map(({ estimate, name, standardError }) => [
      name,
      estimate.toFixed(4),
      standardError.toFixed(4),
    ]);
    expect(rounded).toEqual([
      ['JRSS-B', '0.2690', '0.0708'],
      ['Biometrika', '0.0000', '0.0000'],
      ['JASA', '-0.4796', '0.0606'],
      ['Comm Statist', '-2.9491', '0.1025'],
    ]);
    expect(found?.firstPlace).toBeNull();
  });

  it('gives the published strengths of seven teams', () => {
    // Agresti, table 10.11; BradleyTerry2's baseball.csv and test-baseball.R.
    const strengths = Object.values(against('Baltimore', baseball)).toSorted((a, b) => a - b);
    expect(strengths.map((one) => one.toFixed(2))).toEqual([
      '0.00',
      '0.68',
      '1.11',
      '1.25',
      '1.29',
      '1.44',
      '1.58',
    ]);
    const found = bradleyTerry(baseball);
    for (const { name, standardError } of found?.strengths ?? []) {
      expect(standardError.toFixed(1)).toBe(name === 'Milwaukee' ? '0.0' : '0.3');
    }
  });

  it('gives the published advantage of playing at home', () => {
    const found = bradleyTerry(baseball, 'estimated');
    expect(found?.firstPlace?.estimate).toBeCloseTo(0.302, 3);
    const powers = found?.strengths.map(({ estimate }) => Math.exp(estimate)) ?? [];
    const all = powers.reduce((sum, one) => sum + one, 0);
    expect(powers.map((one) => (one / all).toFixed(3))).toEqual([
      '0.220',
      '0.190',
      '0.164',
      '0.157',
      '0.137',
      '0.088',
      '0.044',
    ]);
  });

  it('is the log odds of two', () => {
    const [best, other] =
      bradleyTerry([{ first: 'a', second: 'b', firstWins: 3, secondWins: 9 }])?.strengths ?? [];
    expect(best).toMatchObject({ name: 'b' });
    expect(best?.estimate).toBeCloseTo(Math.log(3), 9);
    expect(best?.standardError).toBeCloseTo(Math.sqrt(1 / 3 + 1 / 9), 9);
    expect(other).toEqual({ name: 'a', estimate: 0, standardError: 0 });
  });

  it('takes ties as half a win', () => {
    const [best] =
      bradleyTerry([{ first: 'a', second: 'b', firstWins: 0.5, secondWins: 1.5 }])?.strengths ?? [];
    expect(best?.estimate).toBeCloseTo(Math.log(3), 9);
  });

  it('is unknown if the strengths are not finite', () => {
    const contest = (first: string, second: string, firstWins: number, secondWins: number) => ({
      first,
      second,
      firstWins,
      secondWins,
    });
    expect(bradleyTerry([])).toBeNull();
    expect(bradleyTerry([contest('a', 'b', 0, 0)])).toBeNull();
    // b never won; then two groups that never met; then one that lost to nobody of the other group.
    expect(bradleyTerry([contest('a', 'b', 5, 0)])).toBeNull();
    expect(bradleyTerry([contest('a', 'b', 5, 2), contest('c', 'd', 5, 2)])).toBeNull();
    expect(
      bradleyTerry([contest('a', 'b', 5, 2), contest('c', 'd', 5, 2), contest('a', 'c', 1, 0)]),
    ).toBeNull();
    // Whoever stands in the first place wins.
    expect(
      bradleyTerry([contest('a', 'b', 5, 0), contest('b', 'a', 5, 0)], 'estimated'),
    ).toBeNull();
  });

  it('finds the strengths of very unequal ones', () => {
    const contests = [
      { first: 'a', second: 'b', firstWins: 100_000, secondWins: 1 },
      { first: 'b', second: 'c', firstWins: 100_000, secondWins: 1 },
    ];
    expect(against('c', contests)['a']).toBeCloseTo(2 * Math.log(100_000), 6);
  });

  it('rejects what is no contest', () => {
    const contest = { first: 'a', second: 'b', firstWins: 1, secondWins: 1 };
    expect(() => bradleyTerry([{ ...contest, second: 'a' }])).toThrow(RangeError);
    expect(() => bradleyTerry([{ ...contest, firstWins: -1 }])).toThrow(RangeError);
    expect(() => bradleyTerry([{ ...contest, secondWins: Infinity }])).toThrow(RangeError);
  });

  it('does not depend on names, order or places', () => {
    const wins = integer({ min: 1, max: 50 });
    assert(
      property(array(wins, { minLength: 12, maxLength: 12 }), (numbers) => {
        const names = ['a', 'b', 'c', 'd'];
        const contests = names.flatMap((first, i) =>
          names.slice(i + 1).map((second, j) => ({
            first,
            second,
            firstWins: numbers[2 * i + j] ?? 1,
            secondWins: numbers[5 + i + j] ?? 1,
          })),
        );
        const turned = contests.toReversed().map((one) => ({
          first: one.second,
          second: one.first,
          firstWins: one.secondWins,
          secondWins: one.firstWins,
        }));
        const found = against('a', contests);
        for (const [name, estimate] of Object.entries(against('a', turned))) {
          expect(estimate).toBeCloseTo(found[name] ?? Number.NaN, 6);
        }
      }),
    );
  });
});
