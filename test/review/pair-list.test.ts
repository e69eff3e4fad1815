import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparisonTally,
  numberToJudge,
  reviewTally,
} from '../../source/review/session/agreement-so-far.ts';
import {
  foldMarks,
  isLost,
  needsNoPerson,
  noMarks,
  type Entry,
  type SideStatus,
  type UnmarkedEntry,
} from '../../source/review/session/entry.ts';
import { front, upcomingPairs } from '../../source/review/session/next-pair.ts';
import { ofPair } from '../../source/review/session/pair-key.ts';
import { PairList } from '../../source/review/session/pair-list.ts';
import type { VerdictEvent } from '../../source/store/verdicts.ts';

const status = fc.constantFrom<SideStatus>('answered', 'failed', 'not_sent', 'withheld', 'sent');

/** The comparisons that have a pair of a capture. */
const comparisons = fc.constantFrom(['c'], ['d'], ['c', 'd']);

const pair = fc.record({
  endpoint: fc.constantFrom('classify', 'summarise', 'übersetzen'),
  status: fc.record({ baseline: status, candidate: status }),
  outcome: fc.constantFrom(null, 'identical', 'equivalent', 'different', 'failed'),
  byRule: fc.boolean(),
  elsewhere: fc.boolean(),
});

const ids = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), {
  maxLength: 60,
});

const verdict = fc.record({
  at: fc.nat({ max: 59 }),
  verdict: fc.constantFrom('agree', 'worse', null),
  ahead: fc.boolean(),
});

const given = fc.record({
  entries: fc
    .tuple(ids, fc.array(fc.tuple(pair, comparisons), { minLength: 60, maxLength: 60 }))
    .map(([captureIds, pairs]) =>
      captureIds.flatMap((captureId, index): UnmarkedEntry[] => {
        const own = pairs[index];
        if (own === undefined) return [];
        const [known, comparisonIds] = own;
        return comparisonIds.map((comparisonId) => ({ comparisonId, captureId, ...known }));
      }),
    ),
  verdicts: fc.array(verdict, { maxLength: 20 }),
  replaying: fc.boolean(),
});

type Given = typeof given extends fc.Arbitrary<infer Value> ? Value : never;

const eventsOf = ({ entries, verdicts }: Given): readonly VerdictEvent[] =>
  verdicts.flatMap(({ ahead, at, verdict: word }, index): readonly VerdictEvent[] => {
    const entry = entries[at];
    if (entry === undefined) return [];
    const common = {
      id: `e${index}`,
      comparisonId: entry.comparisonId,
      captureId: entry.captureId,
      reviewer: 'ada',
      at: '2026-11-30T00:00:00.000Z',
    };
    return word === null
      ? [{ ...common, kind: 'skip' }]
      : [{ ...common, kind: 'verdict', verdict: word, ahead }];
  });

/** The same pairs as objects in an array. */
const plainEntries = (value: Given): readonly Entry[] => {
  const marks = foldMarks(eventsOf(value));
  return value.entries.map((entry) => ({
    ...entry,
    ...(ofPair(marks, entry) ?? noMarks),
  }));
};

describe('a list of pairs', () => {
  it('has the pairs that were put in, in their order, with their marks', () => {
    fc.assert(
      fc.property(given, (value) => {
        const list = PairList.of(value.entries).withMarks(eventsOf(value));
        const plain = plainEntries(value);
        expect([...list]).toEqual(plain);
        expect(list).toHaveLength(plain.length);
        expect(plain.map((entry) => list.indexOf(entry))).toEqual([...plain.keys()]);
        expect(plain.map((_, at) => list.comparisonAt(at))).toEqual(
          plain.map(({ comparisonId }) => comparisonId),
        );
        expect(plain.map(({ captureId }) => list.firstOf(captureId))).toEqual(
          plain.map(({ captureId }) => plain.findIndex((one) => one.captureId === captureId)),
        );
        const unknown = 'no such id, longer than forty characters';
        expect(list.indexOf({ comparisonId: 'c', captureId: unknown })).toBe(-1);
        expect(list.indexOf({ comparisonId: 'e', captureId: plain[0]?.captureId ?? '' })).toBe(-1);
        expect(list.firstOf(unknown)).toBe(-1);
        expect(list.find({ comparisonId: 'c', captureId: unknown })).toBeUndefined();
        expect(list.at(-1)).toBeUndefined();
        expect(list.at(plain.length)).toBeUndefined();
        const some = new Map(
          ['c', 'd', 'e'].map((id) => {
            const own = plain.filter((one, at) => at % 2 === 1 && one.comparisonId === id);
            return [id, new Set([...own.map(({ captureId }) => captureId), unknown])] as const;
          }),
        );
        expect([...list.indexesOf(some)]).toEqual([...plain.keys()].filter((at) => at % 2 === 1));
      }),
    );
  });

  it('changes one pair in a new list and leaves the old one as it was', () => {
    fc.assert(
      fc.property(given, fc.nat({ max: 59 }), pair, (value, at, changed) => {
        const list = PairList.of(value.entries).withMarks(eventsOf(value));
        const plain = plainEntries(value);
        const entry = plain[at];
        if (entry === undefined) return;
        const next = { ...entry, ...changed, endpoint: entry.endpoint, comment: 'new' };
        const changedList = list.with(at, next);
        expect([...changedList]).toEqual(plain.with(at, next));
        expect([...list]).toEqual(plain);
      }),
    );
  });

  it('adds up to what its pairs add up to one by one', () => {
    fc.assert(
      fc.property(given, (value) => {
        const { replaying } = value;
        const entries = PairList.of(value.entries).withMarks(eventsOf(value));
        const plain = plainEntries(value);
        const isOpen = (entry: Entry): boolean =>
          entry.verdict === null &&
          entry.elsewhere !== true &&
          !needsNoPerson(entry) &&
          !isLost(entry, replaying);
        const open = [...plain.entries()].filter(([, entry]) => isOpen(entry));
        const fresh = open.filter(([, entry]) => entry.skipped === null).map(([at]) => at);
        const endOf = (comparisonId: string): number =>
          fresh.find((at) => plain[at]?.comparisonId === comparisonId) ?? plain.length;
        expect(front(entries, replaying, 'c')).toBe(endOf('c'));
        expect(front(entries, replaying, 'd')).toBe(endOf('d'));
        expect(upcomingPairs(entries, replaying, 60).slice(0, fresh.length)).toEqual(fresh);
        const judged = plain.filter((one) => one.verdict !== null && !needsNoPerson(one));
        const needed = plain.map((one) => isOpen(one) || judged.includes(one));
        const tally = reviewTally({ entries, replaying });
        expect(tally.unjudged).toBe(open.length);
        expect(tally.toJudge).toBe(open.length + judged.length);
        expect(tally.judged + tally.early).toBe(judged.length);
        const early = [...plain.entries()].filter(
          ([at, one]) => judged.includes(one) && one.ahead && at > endOf(one.comparisonId),
        );
        expect(tally.early).toBe(early.length);
        const ofD = comparisonTally({ entries, replaying }, 'd');
        expect(ofD.unjudged).toBe(open.filter(([, one]) => one.comparisonId === 'd').length);
        expect(ofD.early).toBe(early.filter(([, one]) => one.comparisonId === 'd').length);
        expect(ofD.judged + ofD.early).toBe(
          judged.filter(({ comparisonId }) => comparisonId === 'd').length,
        );
        for (const at of plain.keys()) {
          const number = needed.slice(0, at + 1).filter(Boolean).length;
          expect(numberToJudge(entries, at, replaying)).toBe(needed[at] === true ? number : 0);
        }
      }),
    );
  });

  it('is as right beyond a page as within one', () => {
    const all = Array.from({ length: 10_000 }, (_, at): UnmarkedEntry => ({
      comparisonId: 'c',
      captureId: `capture ${at}`,
      endpoint: 'classify',
      status: { baseline: 'answered', candidate: 'answered' },
      outcome: at % 4 === 0 ? 'different' : 'identical',
    }));
    const list = PairList.of(all);
    const state = {
      status: { baseline: 'answered', candidate: 'answered' },
      outcome: 'different',
    } as const;
    const judged = list.with(8000, { ...state, ...noMarks, verdict: 'agree', ahead: true });
    expect(list.at(9999)?.captureId).toBe('capture 9999');
    expect(list.indexOf({ comparisonId: 'c', captureId: 'capture 5000' })).toBe(5000);
    expect(reviewTally({ entries: list, replaying: false })).toMatchObject({
      toJudge: 2500,
      unjudged: 2500,
    });
    expect(reviewTally({ entries: judged, replaying: false })).toMatchObject({
      toJudge: 2500,
      unjudged: 2499,
      judged: 0,
      early: 1,
    });
    expect(numberToJudge(judged, 8004, false)).toBe(2002);
    expect([...list.indexesWhere(({ outcome }) => outcome === 'different', 9990)]).toEqual([
      9992, 9996,
    ]);
  });
});
