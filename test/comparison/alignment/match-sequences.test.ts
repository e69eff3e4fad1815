import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchSequences } from '../../../source/comparison/alignment/match-sequences.ts';

const sequence = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 25 });

/** The length of the longest common subsequence, by the textbook algorithm. */
const longest = (a: readonly number[], b: readonly number[]): number => {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const element of a) {
    const next = [0];
    for (const [index, other] of b.entries()) {
      next.push(
        element === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

const expectValid = (a: readonly number[], b: readonly number[], partners: Int32Array): void => {
  let last = -1;
  for (const [index, partner] of partners.entries()) {
    if (partner === -1) continue;
    expect(partner).toBeGreaterThan(last);
    expect(b[partner]).toBe(a[index]);
    last = partner;
  }
};

describe('matchSequences', () => {
  it('matches as many elements as possible', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const { partners, exact } = matchSequences(a, b, 1000);
        expectValid(a, b, partners);
        expect(exact).toBe(true);
        expect(partners.filter((partner) => partner !== -1)).toHaveLength(longest(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('stays valid beyond its limit and reports that it is not exact', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const { partners, exact } = matchSequences(a, b, 2);
        expectValid(a, b, partners);
        if (exact) expect(partners.filter((partner) => partner !== -1)).toHaveLength(longest(a, b));
      }),
      { numRuns: 2000 },
    );
    const alternating = Array.from({ length: 400 }, (_, index) => index % 2);
    const doubled = alternating.map((_, index) => (index >> 1) % 2);
    expect(matchSequences(alternating, doubled, 10).exact).toBe(false);
  });

  it('matches unique elements beyond its limit', () => {
    const a = [1, 1, 9, 1, 2, 1, 2, 1];
    const b = [2, 1, 2, 9, 2, 2, 1, 1, 2];
    const { partners, exact } = matchSequences(a, b, 1);
    expect(exact).toBe(false);
    expect(partners[2]).toBe(3);
  });
});
