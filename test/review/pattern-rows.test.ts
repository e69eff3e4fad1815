import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairList } from '../../source/review/session/pair-list.ts';
import { PatternCollector, type PatternRow } from '../../source/review/session/pattern-rows.ts';
import { entry } from './play.ts';

/** A pair by its place in the queue, and the key of its pattern. */
type Patterned = { readonly index: number; readonly key: string };

const inQueue = 50;

/** Pairs in the order of the store. Some are not in the queue. */
const anyPairs = fc.uniqueArray(
  fc.record({ index: fc.nat(inQueue + 9), key: fc.constantFrom('a', 'b', 'c', 'd') }),
  { selector: ({ index }) => index },
);

const queue = PairList.of(Array.from({ length: inQueue }, (_, index) => entry(`r${index}`)));

const contentOf = ({ indexes, key, pairs }: PatternRow) => ({ key, pairs, indexes: [...indexes] });

/** The patterns of pairs, by sorting all of them. */
const sortedPatterns = (pairs: readonly Patterned[]) =>
  [
    ...Map.groupBy(
      pairs.filter(({ index }) => index < inQueue),
      ({ key }) => key,
    ),
  ]
    .map(([key, own]) => ({
      key,
      pairs: own.length,
      indexes: own.map(({ index }) => index).toSorted((a, b) => a - b),
    }))
    .toSorted((a, b) => b.pairs - a.pairs || (a.key < b.key ? -1 : 1));

describe('the rows of patterns', () => {
  it('are at every moment what all pairs so far are when sorted, whenever they are looked at', () => {
    fc.assert(
      fc.property(anyPairs, fc.boolean(), (pairs, isLookedAtLate) => {
        const patterns = new PatternCollector(queue);
        const counts = pairs.map(({ index, key }, place) => {
          const pattern = { key, label: key, sidelessLabel: key };
          patterns.add('c1', [{ captureId: `r${index}`, endpoint: 'e', pattern, fields: [] }]);
          const rows = patterns.rows();
          const expected = sortedPatterns(pairs.slice(0, place + 1));
          if (!isLookedAtLate) expect(rows.map(contentOf)).toEqual(expected);
          return { rows, expected };
        });
        // A count that was looked at already says the same again.
        for (const { expected, rows } of counts) expect(rows.map(contentOf)).toEqual(expected);
      }),
    );
  });
});
