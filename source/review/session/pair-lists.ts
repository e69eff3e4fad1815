import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import { orderOf, isStored, pairOrder, sortings, type Sorting } from './pair-order.ts';
import { pairId } from './pair-key.ts';
import type { PatternRow } from './pattern-rows.ts';
import { checkOf } from './pattern-verdict.ts';
import type { Session } from './session.ts';
import { only, type Action, type Step } from './step.ts';
import { walkIndexes } from './walk.ts';

/** The rows on each side of the cursor that are loaded, and those that must be there. */
const rowsAround = { loaded: 120, needed: 60 } as const;

/** The most rows that are kept. */
const mostRows = 5000;

/** The length of the candidate's answer by the baseline's; null if one is unknown. */
export const lengthRatio = ({ numbers: { baseline, candidate } }: ListedPair): number | null =>
  baseline.length === null || candidate.length === null || baseline.length === 0
    ? null
    : candidate.length / baseline.length;

/** The row of the shown pair in the order of the queue; the first one if the pair is not listed. */
const cursorAt = ({ current, entries, walk }: Session): number => {
  const index = current ?? 0;
  return walk === null ? index : Math.max(0, walkIndexes(entries, walk).indexOf(index));
};

/** Opens the list of pairs in the order of the queue, or closes it. The cursor stands on the shown pair. */
export const openPairs = (session: Session): Step =>
  session.mode.kind === 'pairs'
    ? only({ ...session, mode: { kind: 'review' } })
    : only({
        ...session,
        // The rows are those of the queue: of a control pair, the pair after it.
        mode: {
          kind: 'pairs',
          sorting: 'position',
          cursor: cursorAt(session),
          rows: onWalk(session, pairOrder(session.entries, 'position')),
        },
        listed: new Map(),
      });

/** Returns the rows of a list of pairs that are on the way of the walk; all of them without one. */
const onWalk = ({ entries, walk }: Session, rows: Uint32Array): Uint32Array => {
  if (walk === null) return rows;
  const own = new Set(walkIndexes(entries, walk));
  return rows.filter((index) => own.has(index));
};

/** Opens the patterns and has them counted, or closes them. */
export const openPatterns = (session: Session): Step =>
  session.mode.kind === 'patterns'
    ? only({ ...session, mode: { kind: 'review' } })
    : {
        session: {
          ...session,
          mode: {
            kind: 'patterns',
            cursor: 0,
            rows: null,
            isWhole: false,
            entries: session.entries,
          },
        },
        effects: [{ kind: 'list_patterns' }],
      };

/** Returns a step that has the rows around the cursor of the list of pairs loaded. */
export const followPairs = (step: Step): Step => {
  const { effects, session } = step;
  const { entries, mode } = session;
  if (mode.kind !== 'pairs') return step;
  const { cursor, sorting } = mode;
  const { walk } = session;
  const length = walk === null ? entries.length : walkIndexes(entries, walk).length;
  // The rest of the queue was read while the list is open.
  const isOutdated = sorting === 'position' && mode.rows?.length !== length;
  const rows = isOutdated ? onWalk(session, pairOrder(entries, 'position')) : mode.rows;
  const next: Session = { ...session, mode: { ...mode, rows } };
  const missing = (distance: number) =>
    Array.from(rows?.subarray(Math.max(0, cursor - distance), cursor + distance + 1) ?? []).flatMap(
      (index) => {
        const entry = entries.at(index);
        return entry === undefined || session.listed.has(pairId(entry)) ? [] : [entry];
      },
    );
  if (missing(rowsAround.needed).length === 0)
    return isOutdated ? { session: next, effects } : step;
  const pairs = missing(rowsAround.loaded).map(({ captureId, comparisonId }) => ({
    captureId,
    comparisonId,
  }));
  const kept = session.listed.size > mostRows ? [] : session.listed;
  const listed = new Map([...kept, ...pairs.map((pair) => [pairId(pair), null] as const)]);
  return { session: { ...next, listed }, effects: [...effects, { kind: 'list_pairs', pairs }] };
};

/** Puts loaded rows into the list of pairs. */
export const pairsListed = (session: Session, pairs: readonly ListedPair[]): Session => ({
  ...session,
  listed: new Map([...session.listed, ...pairs.map((pair) => [pairId(pair), pair] as const)]),
  fields: withFields(
    session,
    pairs.flatMap(({ fields }) => fields),
  ),
});

const namesModels: ReadonlySet<Sorting> = new Set(['cost', 'length', 'ratio']);

/** Sorts the list of pairs by the next column. */
export const sortList = (session: Session): Step => {
  const { entries, mode } = session;
  if (mode.kind !== 'pairs') return only(session);
  // In a blind review, an order by prices or lengths would tell which answer is the candidate's.
  const names = session.blind ? sortings.filter((name) => !namesModels.has(name)) : sortings;
  const sorting = names[(names.indexOf(mode.sorting) + 1) % names.length] ?? 'position';
  return isStored(sorting)
    ? {
        session: { ...session, mode: { ...mode, sorting, rows: null, cursor: 0 } },
        effects: [{ kind: 'read_numbers', number: sorting }],
      }
    : only({
        ...session,
        mode: { ...mode, sorting, rows: onWalk(session, pairOrder(entries, sorting)), cursor: 0 },
      });
};

/** Sorts the list of pairs by what was read for it. `values`: by index; NaN where it is unknown. */
export const numbersRead = (session: Session, sorting: Sorting, values: Float64Array): Session =>
  session.mode.kind === 'pairs' && session.mode.sorting === sorting
    ? { ...session, mode: { ...session.mode, rows: onWalk(session, orderOf(values)), cursor: 0 } }
    : session;

/** Puts the patterns that were counted into their list. A cursor that was moved stays on its pattern. */
export const patternsListed = (
  session: Session,
  { entries, fields, isWhole, rows }: Extract<Action, { kind: 'patterns_listed' }>,
): Session => {
  const { mode } = session;
  if (mode.kind !== 'patterns') return session;
  const row = mode.rows?.[mode.cursor];
  const isSame = ({ comparisonId, key }: PatternRow): boolean =>
    key === row?.key && comparisonId === row.comparisonId;
  const cursor = mode.cursor === 0 ? 0 : Math.max(0, rows.findIndex(isSame));
  return {
    ...session,
    mode: { ...mode, cursor, rows, isWhole, entries },
    fields: withFields(session, fields),
  };
};

/**
 * Returns a step that has what the session knows of patterns read again, because rules, answers or the pairs
 * themselves have changed.
 */
export const refreshPatterns = (session: Session): Step => {
  const { mode, walk } = session;
  if (mode.kind === 'patterns') {
    const counting: Session = { ...session, mode: { ...mode, isWhole: false } };
    return { session: counting, effects: [{ kind: 'list_patterns', isAgain: true }] };
  }
  return mode.kind === 'rest' && walk !== null
    ? { session, effects: [checkOf(session, walk)] }
    : only(session);
};

const withFields = ({ fields }: Session, more: readonly string[]): readonly string[] => [
  ...new Set([...fields, ...more]),
];
