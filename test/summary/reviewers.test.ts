import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonVerdict, severalVotes } from '../../source/summary/reviewers.ts';

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
