import type { Outcome, Side, Verdict } from '../../comparison/outcome.ts';
import type { Judgement } from '../../store/judge-calls.ts';
import type { Control, VerdictEvent } from '../../store/verdicts.ts';
import { isSamePair, type PairKey, type PairMap } from './pair-key.ts';

/**
 * How far one side of a pair is while the review is open. `not_sent`: no run has reached it yet;
 * `withheld`: it was not sent for a reason, and is not on its way.
 */
export type SideStatus =
  'answered' | 'failed' | 'not_sent' | 'withheld' | 'sent' | 'streaming' | 'retrying';

/** A reviewer's marks on a pair: the result of all events that are not undone. */
export type Marks = {
  readonly verdict: Verdict | null;
  /** Whether the verdict was given ahead of the random order. */
  readonly ahead: boolean;
  /** The position of the last skip among all events, which orders skipped pairs; null if not skipped. */
  readonly skipped: number | null;
  readonly tags: readonly string[];
  readonly comment: string | null;
};

/** A pair in the queue, without a reviewer's marks. */
export type UnmarkedEntry = PairKey & {
  readonly endpoint: string;
  readonly status: Readonly<Record<Side, SideStatus>>;
  readonly outcome: Outcome | null;
  /** Whether rules settle the pair, and not the machine; default false. */
  readonly byRule?: boolean;
  /** Whether the pair is left to another reviewer, who judged it or has it on the screen; default false. */
  readonly elsewhere?: boolean;
};

/**
 * A pair in the queue. `control`: what it is if the review shows it to measure itself, and `left` the side
 * that is then on the left.
 */
export type Entry = UnmarkedEntry & Marks & { readonly control?: Control; readonly left?: Side };

export const noMarks: Marks = {
  verdict: null,
  ahead: false,
  skipped: null,
  tags: [],
  comment: null,
};

/**
 * Returns the marks after one more event. `position` is its index among the events that are not
 * undone.
 */
const addEvent = (marks: Marks, event: VerdictEvent, position: number): Marks => {
  switch (event.kind) {
    case 'verdict':
      return { ...marks, verdict: event.verdict, ahead: event.ahead === true, skipped: null };
    case 'skip':
      return { ...marks, skipped: position };
    case 'tag':
      return {
        ...marks,
        tags: marks.tags.includes(event.tag)
          ? marks.tags.filter((tag) => tag !== event.tag)
          : [...marks.tags, event.tag],
      };
    case 'comment':
      return { ...marks, comment: event.comment === '' ? null : event.comment };
    case 'undo':
      return marks;
  }
};

/**
 * Returns the events that no later event undid, in order and without the undo events themselves.
 * The next undo reverts the last one.
 */
export const standingEvents = (events: readonly VerdictEvent[]): readonly VerdictEvent[] => {
  const undone = new Set<string>();
  for (const event of events) if (event.kind === 'undo') undone.add(event.undoes);
  return events.filter((event) => event.kind !== 'undo' && !undone.has(event.id));
};

/** Returns the marks of one pair from the standing events; with `control`, those of such a control pair. */
export const pairMarks = (
  standing: readonly VerdictEvent[],
  pair: PairKey,
  control?: Control['kind'],
): Marks => {
  let marks = noMarks;
  for (const [position, event] of standing.entries()) {
    if (isSamePair(event, pair) && event.control?.kind === control) {
      marks = addEvent(marks, event, position);
    }
  }
  return marks;
};

/** Returns the marks of every pair of the queue that has standing events. */
export const foldMarks = (standing: readonly VerdictEvent[]): PairMap<Marks> => {
  const marks = new Map<string, Map<string, Marks>>();
  for (const [position, event] of standing.entries()) {
    if (event.control !== undefined) continue;
    const own = marks.get(event.comparisonId) ?? new Map<string, Marks>();
    marks.set(event.comparisonId, own);
    own.set(event.captureId, addEvent(own.get(event.captureId) ?? noMarks, event, position));
  }
  return marks;
};

/** One reviewer's opinion of a pair, or a judge's. */
export type Opinion = {
  readonly reviewer: string;
  /** `undecided`: a judge whose verdict depends on the order of the answers. */
  readonly verdict: Verdict | 'undecided';
  readonly tags: readonly string[];
  readonly comment: string | null;
};

/** Returns what each reviewer says of each pair, in the order of the names. */
export const opinionsIn = (events: readonly VerdictEvent[]): PairMap<readonly Opinion[]> => {
  const opinions = new Map<string, Map<string, readonly Opinion[]>>();
  const byReviewer = Map.groupBy(events, ({ reviewer }) => reviewer);
  for (const reviewer of [...byReviewer.keys()].toSorted()) {
    const standing = standingEvents(byReviewer.get(reviewer) ?? []);
    for (const [comparisonId, marks] of foldMarks(standing)) {
      const own = opinions.get(comparisonId) ?? new Map<string, readonly Opinion[]>();
      opinions.set(comparisonId, own);
      for (const [captureId, { comment, tags, verdict }] of marks) {
        if (verdict === null) continue;
        const opinion = { reviewer, verdict, tags, comment };
        own.set(captureId, [...(own.get(captureId) ?? []), opinion]);
      }
    }
  }
  return opinions;
};

/** Adds what judges say of the pairs of a comparison to what reviewers say, after them. */
export const withJudgements = (
  opinions: PairMap<readonly Opinion[]>,
  comparisonId: string,
  judgements: readonly Judgement[],
): PairMap<readonly Opinion[]> => {
  if (judgements.length === 0) return opinions;
  const own = new Map(opinions.get(comparisonId));
  for (const judgement of judgements) {
    const { captureId } = judgement;
    own.set(captureId, [...(own.get(captureId) ?? []), opinionOfJudge(judgement)]);
  }
  return new Map([...opinions, [comparisonId, own]]);
};

const opinionOfJudge = ({ judge, orders, verdict }: Judgement): Opinion => {
  const said = (first: Side): string => {
    const { reason, verdict: given } = orders[first];
    const words = verdict === 'undecided' && given !== null ? `${verdictText(given)}: ` : '';
    return `${first} first: ${words}${reason}`;
  };
  const comment =
    verdict === 'undecided' ? `${said('baseline')} · ${said('candidate')}` : said('baseline');
  // Of a server that is named by its URL, the model says enough.
  const name = judge.replace(/^https?:\/\/[^#]*#/, '');
  return { reviewer: `judge ${name}`, verdict, tags: [], comment };
};

const verdictText = (verdict: Verdict): string => verdict.replaceAll('_', ' ');

/** Whether no verdict is that of more than half of the reviewers. */
export const isConflict = (opinions: readonly Opinion[]): boolean =>
  opinions.length > 1 &&
  opinions.every(
    ({ verdict }) =>
      opinions.filter((other) => other.verdict === verdict).length * 2 <= opinions.length,
  );

/** Returns whether both sides have answered, so that a person can judge the pair. */
export const isReady = ({ status }: Pick<Entry, 'status'>): boolean =>
  status.baseline === 'answered' && status.candidate === 'answered';

/** Whether the machine or rules settled the pair, with or without a verdict on it. */
export const needsNoPerson = ({ outcome }: Pick<Entry, 'outcome'>): boolean =>
  outcome === 'identical' || outcome === 'equivalent';

/** Whether the machine or rules settled the pair and this reviewer has not overruled that. */
export const isSettled = (entry: Entry): boolean => entry.verdict === null && needsNoPerson(entry);

export const hasFailed = ({ status }: Pick<Entry, 'status'>): boolean =>
  status.baseline === 'failed' || status.candidate === 'failed';

/** Whether the pair cannot become ready: a side failed, or will not be sent, or no replay runs. */
export const isLost = (entry: Pick<Entry, 'status'>, replaying: boolean): boolean => {
  const is = (status: SideStatus): boolean =>
    entry.status.baseline === status || entry.status.candidate === status;
  return hasFailed(entry) || is('withheld') || (!replaying && is('not_sent'));
};
