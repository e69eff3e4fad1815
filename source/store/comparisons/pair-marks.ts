import type { Store } from '../open.ts';
import { listAllEvents, type VerdictEvent } from '../verdicts.ts';

/** The event of a verdict. */
export type VerdictGiven = Extract<VerdictEvent, { kind: 'verdict' }>;

/** The current state of one reviewer's events on a pair. */
export type ReviewerMarks = {
  readonly reviewer: string;
  /** The verdict in force; null without one. */
  readonly verdict: VerdictGiven | null;
  readonly skipped: boolean;
  readonly tags: readonly string[];
  /** The empty string without one. */
  readonly comment: string;
};

/** The current state of all reviewers' events on a pair. */
export type PairMarks = {
  readonly reviewers: readonly ReviewerMarks[];
  /** The events of resolving conflicts; the last verdict among them is the pair's. */
  readonly resolvers: readonly ReviewerMarks[];
};

/** The marks of a pair on which nobody has done anything. */
export const emptyMarks: PairMarks = { reviewers: [], resolvers: [] };

/**
 * Reads what stands of the events of a reviewer or, for null, of everybody, by capture. Pairs without events
 * are missing.
 */
export const listMarks = async (
  store: Store,
  comparisonId: string,
  reviewer: string | null,
): Promise<ReadonlyMap<string, PairMarks>> =>
  standingMarks(await listAllEvents(store, comparisonId, reviewer));

/** Works out what stands of the events of a comparison, which are in the order of their ids. */
const standingMarks = (events: readonly VerdictEvent[]): ReadonlyMap<string, PairMarks> => {
  const undone = new Set(
    events.flatMap((event) => (event.kind === 'undo' ? [undoKey(event, event.undoes)] : [])),
  );
  const standing = events.filter(
    (event) => event.kind !== 'undo' && !undone.has(undoKey(event, event.id)),
  );
  const marks = new Map<string, PairMarks>();
  for (const [captureId, ofPair] of Map.groupBy(standing, (event) => event.captureId)) {
    marks.set(captureId, {
      reviewers: byReviewer(ofPair.filter(({ resolves }) => resolves !== true)),
      resolvers: byReviewer(ofPair.filter(({ resolves }) => resolves === true)),
    });
  }
  return marks;
};

const undoKey = ({ reviewer }: VerdictEvent, id: string): string => `${id} ${reviewer}`;

const byReviewer = (events: readonly VerdictEvent[]): readonly ReviewerMarks[] =>
  Array.from(
    Map.groupBy(events, ({ reviewer }) => reviewer),
    ([reviewer, own]) => ({
      reviewer,
      verdict: own.findLast((event) => event.kind === 'verdict') ?? null,
      skipped: own.some(({ kind }) => kind === 'skip'),
      tags: standingTags(own),
      comment: own.findLast((event) => event.kind === 'comment')?.comment ?? '',
    }),
  ).filter(
    ({ comment, skipped, tags, verdict }) =>
      verdict !== null || skipped || tags.length > 0 || comment !== '',
  );

/** A tag that is given again is removed. */
const standingTags = (events: readonly VerdictEvent[]): readonly string[] => {
  const tags = new Set<string>();
  for (const event of events) {
    if (event.kind === 'tag' && !tags.delete(event.tag)) tags.add(event.tag);
  }
  return [...tags];
};

/** The verdict that resolves a conflict, with who gave it; null without one. */
export const resolvedMark = ({
  resolvers,
}: PairMarks): (ReviewerMarks & { readonly verdict: VerdictGiven }) | null => {
  let last: (ReviewerMarks & { readonly verdict: VerdictGiven }) | null = null;
  for (const marks of resolvers) {
    const { verdict } = marks;
    if (verdict !== null && (last === null || verdict.id > last.verdict.id)) {
      last = { ...marks, verdict };
    }
  }
  return last;
};
