import type { Verdict } from '../../comparison/outcome.ts';
import type { JudgedList } from '../../statistics/stratified.ts';
import { isLost, needsNoPerson } from './entry.ts';
import { front } from './next-pair.ts';
import { codeTest, stateOf, type PairList, type PairPage, type PairState } from './pair-list.ts';

/** The counts of a review's pairs, or of those of one of its comparisons. */
export type Tally = {
  /** The number of pairs that need a person. */
  readonly toJudge: number;
  /** Of those, the pairs without a verdict. */
  readonly unjudged: number;
  /** Whether the machine may still settle some of them. */
  readonly mayShrink: boolean;
  /**
   * The verdicts that the rate of agreement rests on, and those that agree: those in the random order, on
   * pairs that the machine did not settle.
   */
  readonly judged: number;
  readonly agree: number;
  /** The verdicts ahead of the random order, which wait for the pairs before them. */
  readonly early: number;
  /** The pairs that rules settle. They are in none of the counts above. */
  readonly byRule: number;
  /** What is known of all pairs for the rate of no worse: as in the summary, but for other reviewers' verdicts. */
  readonly list: JudgedList;
};

type Counted = {
  readonly entries: PairList;
  readonly replaying: boolean;
};

/** Adds up the pairs of one comparison. */
export const comparisonTally = ({ entries, replaying }: Counted, comparisonId: string): Tally => {
  const end = front(entries, replaying, comparisonId);
  const sum = { toJudge: 0, unjudged: 0, uncompared: 0, judged: 0, agree: 0, early: 0, byRule: 0 };
  const list = { known: 0, knownAgreed: 0, rest: 0, judged: 0, agreed: 0 };
  for (const page of entries.pages) {
    const own = pageTally(entries, page, replaying).get(comparisonId);
    if (own === undefined) continue;
    sum.byRule += own.byRule;
    sum.toJudge += own.toJudge;
    sum.unjudged += own.unjudged;
    sum.uncompared += own.uncompared;
    list.known += own.list.known;
    list.knownAgreed += own.list.knownAgreed;
    list.rest += own.list.rest;
    for (const { ahead, isAnswered, place, verdict } of own.verdicts) {
      if (ahead && page.start + place > end) {
        sum.early++;
        continue;
      }
      sum.judged++;
      if (verdict === 'agree') sum.agree++;
      if (!isAnswered) continue;
      list.judged++;
      if (verdict !== 'worse') list.agreed++;
    }
  }
  const { uncompared, ...counts } = sum;
  return { ...counts, list, mayShrink: replaying && uncompared > 0 };
};

/** Adds up the pairs of all comparisons of a review. */
export const reviewTally = (review: Counted): Tally => {
  const sum = { toJudge: 0, unjudged: 0, judged: 0, agree: 0, early: 0, byRule: 0 };
  const list = { known: 0, knownAgreed: 0, rest: 0, judged: 0, agreed: 0 };
  let mayShrink = false;
  for (const comparisonId of review.entries.comparisonIds) {
    const own = comparisonTally(review, comparisonId);
    sum.toJudge += own.toJudge;
    sum.unjudged += own.unjudged;
    sum.judged += own.judged;
    sum.agree += own.agree;
    sum.early += own.early;
    sum.byRule += own.byRule;
    for (const key of ['known', 'knownAgreed', 'rest', 'judged', 'agreed'] as const) {
      list[key] += own.list[key];
    }
    mayShrink ||= own.mayShrink;
  }
  return { ...sum, list, mayShrink };
};

/** How far a comparison was judged before a sitting and after it. */
export type AgreementChange = Readonly<
  Record<'before' | 'after', { readonly judged: number; readonly agree: number }>
>;

/** How far the comparisons of a review are judged. */
export type Agreements = ReadonlyMap<string, AgreementChange['before']>;

/** Returns how far each comparison is judged. */
export const agreements = (
  review: Counted & { readonly comparisonIds: readonly string[] },
): Agreements => new Map(review.comparisonIds.map((id) => [id, comparisonTally(review, id)]));

/** Returns what changed in each comparison. */
export const agreementChanges = (
  before: Agreements,
  after: Agreements,
): ReadonlyMap<string, AgreementChange> =>
  new Map(
    Array.from(after, ([id, now]) => [id, { before: before.get(id) ?? now, after: now }] as const),
  );

/**
 * Returns the number of the pair at an index among those that need a person, from 1; 0 if it needs
 * none.
 */
export const numberToJudge = (entries: PairList, index: number, replaying: boolean): number => {
  let number = 0;
  for (const page of entries.pages) {
    if (page.start + page.codes.length <= index) {
      for (const { toJudge } of pageTally(entries, page, replaying).values()) number += toJudge;
      continue;
    }
    const needs = needOf(page, replaying);
    for (let place = 0; place <= index - page.start; place++) if (needs(place)) number++;
    return needs(index - page.start) ? number : 0;
  }
  return 0;
};

/** Returns whether the pairs of a page need a person, by their places. */
const needOf = ({ codes, marks }: PairPage, replaying: boolean): ((place: number) => boolean) => {
  const { ifJudged, needed } = codesOf(replaying);
  return (place) => {
    const code = codes[place] ?? 0;
    if (needed(code)) return true;
    return ifJudged(code) && (marks.get(place)?.verdict ?? null) !== null;
  };
};

/** The codes of states in which a pair needs a person: in any case, or only because it has a verdict. */
const codesOf = (replaying: boolean) =>
  (neededCodes[replaying ? 'live' : 'still'] ??= {
    needed: codeTest(
      (state) => !needsNoPerson(state) && !isLost(state, replaying) && state.elsewhere !== true,
    ),
    // A verdict on a pair that the machine settled says nothing about those that need a person.
    ifJudged: codeTest((state) => !needsNoPerson(state)),
  });
const neededCodes: Partial<
  Record<'live' | 'still', Record<'needed' | 'ifJudged', (code: number) => boolean>>
> = {};

type PageTally = {
  readonly toJudge: number;
  readonly unjudged: number;
  /** Of those unjudged, the pairs without an outcome. */
  readonly uncompared: number;
  readonly byRule: number;
  readonly list: Pick<JudgedList, 'known' | 'knownAgreed' | 'rest'>;
  readonly verdicts: readonly {
    readonly place: number;
    readonly ahead: boolean;
    readonly isAnswered: boolean;
    readonly verdict: Verdict;
  }[];
};

/** A verdict changes one page of many, so each is added up once. */
const pageTallies = new WeakMap<
  PairPage,
  { readonly replaying: boolean; readonly sum: ReadonlyMap<string, PageTally> }
>();

/** Returns what the pairs of a page add up to, by comparison. */
const pageTally = (
  entries: PairList,
  page: PairPage,
  replaying: boolean,
): ReadonlyMap<string, PageTally> => {
  const known = pageTallies.get(page);
  if (known?.replaying === replaying) return known.sum;
  const { comparisonIds } = entries;
  const sum = new Map(
    comparisonIds.map((id) => {
      const isOwn =
        comparisonIds.length === 1
          ? () => true
          : (place: number) => entries.comparisonAt(page.start + place) === id;
      return [id, addPairs(page, replaying, isOwn)] as const;
    }),
  );
  pageTallies.set(page, { replaying, sum });
  return sum;
};

/** Adds up the pairs of a page at some places. */
const addPairs = (
  { codes, marks }: PairPage,
  replaying: boolean,
  isOwn: (place: number) => boolean,
): PageTally => {
  const { ifJudged, needed } = codesOf(replaying);
  const counts = new Map<number, number>();
  for (let place = 0; place < codes.length; place++) {
    const code = codes[place] ?? 0;
    if (isOwn(place)) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const verdicts: PageTally['verdicts'][number][] = [];
  const list = { known: 0, knownAgreed: 0, rest: 0 };
  for (const [code, count] of counts) {
    const kind = kindOf(stateOf(code));
    if (kind === 'settled' || kind === 'candidate failed') list.known += count;
    if (kind === 'settled') list.knownAgreed += count;
    if (kind === 'different') list.rest += count;
  }
  let onlyJudged = 0;
  for (const [place, { ahead, verdict }] of marks) {
    const code = codes[place] ?? 0;
    if (verdict === null || !isOwn(place)) continue;
    const kind = kindOf(stateOf(code));
    if (kind === 'settled' && verdict === 'worse') list.knownAgreed--;
    if (kind === 'not compared') list.rest++;
    if (!ifJudged(code)) continue;
    const isAnswered = kind === 'different' || kind === 'not compared';
    verdicts.push({ place, ahead, isAnswered, verdict });
    if (needed(code)) counts.set(code, (counts.get(code) ?? 0) - 1);
    onlyJudged++;
  }
  let unjudged = 0;
  let uncompared = 0;
  let byRule = 0;
  for (const [code, count] of counts) {
    if (stateOf(code)?.byRule === true) byRule += count;
    if (!needed(code)) continue;
    unjudged += count;
    if (stateOf(code)?.outcome === null) uncompared += count;
  }
  return { toJudge: unjudged + onlyJudged, unjudged, uncompared, byRule, list, verdicts };
};

/** What a pair is for the rates over all requests; null if it is in none. */
const kindOf = (
  state: PairState | null,
): 'settled' | 'candidate failed' | 'different' | 'not compared' | null => {
  if (state === null) return null;
  const { outcome, status } = state;
  if (outcome === 'identical' || outcome === 'equivalent') return 'settled';
  if (status.candidate === 'failed') return 'candidate failed';
  if (status.baseline !== 'answered' || status.candidate !== 'answered') return null;
  return outcome === 'different' ? 'different' : 'not compared';
};
