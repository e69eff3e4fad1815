import type { Insertable } from 'kysely';
import type { Selectable } from 'kysely';
import type { Side, Verdict } from '../comparison/outcome.ts';
import { storable } from './bodies.ts';
import type { Store } from './open.ts';
import type { Tables } from './tables.ts';

/** The filter or pattern of differences, in words, by which a reviewer came to a pair out of the random order. */
export type PairChoice = { readonly kind: 'filter' | 'pattern'; readonly text: string };

/** Verdicts that were given at once. `seen`: the pairs of the pattern that were looked at before. */
export type VerdictGroup = { readonly id: string; readonly seen: number };

/**
 * How a verdict came about: in a review, in one for a whole pattern of differences, or from a file of verdicts,
 * whatever that says of its own origin. `unknown`: an earlier version stored it. `store`: the name of the store in
 * which that was, if a merge took the verdict from there; null for this store.
 */
export type VerdictOrigin = (
  | { readonly kind: 'review' | 'pattern' | 'unknown' }
  | { readonly kind: 'file'; readonly file: string }
) & { readonly store: string | null };

/**
 * What a pair is that a blind review shows among the others to measure itself: the baseline against its own
 * second answer, or a judged pair that came back with its sides swapped. `repeats`: the verdict event that
 * is given again.
 */
export type Control =
  { readonly kind: 'noise' } | { readonly kind: 'repeat'; readonly repeats: string };

/**
 * A reviewer's action on a pair. `id` is greater than those of all earlier events of the reviewer
 * (see `timeOrderedId`), so ids order the events. An `undo` reverts the event that it names. A
 * `tag` adds the tag or, if the pair has it, removes it.
 */
export type VerdictEvent = {
  readonly id: string;
  readonly comparisonId: string;
  readonly captureId: string;
  readonly reviewer: string;
  readonly at: string;
  /**
   * Whether the reviewer was resolving a conflict, with everybody's verdicts in view. Such events
   * change nothing about the reviewer's own verdict on the pair. Default false.
   */
  readonly resolves?: true;
  /**
   * What the pair was, if the review showed it to measure itself. Such events say nothing about the
   * candidate; of `noise`, the candidate in `verdict` and `left` is the second answer of the baseline.
   */
  readonly control?: Control;
} & (
  | {
      readonly kind: 'verdict';
      readonly verdict: Verdict;
      /**
       * Whether the reviewer chose the pair while pairs before it in the random order waited for their
       * verdicts. Missing if a version stored the verdict that did not record it.
       */
      readonly ahead?: boolean;
      /** The side on the left, if the reviewer did not know the models. */
      readonly left?: Side;
      /** The filter or pattern that led to the pair; missing in the order of the queue. */
      readonly chosen?: PairChoice;
      /** Missing unless the verdict was given to a whole pattern, without a look at this pair. */
      readonly group?: VerdictGroup;
      /** Missing for a verdict that is given in a review of this store. */
      readonly origin?: VerdictOrigin;
    }
  | { readonly kind: 'skip' }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'comment'; readonly comment: string }
  | { readonly kind: 'undo'; readonly undoes: string }
);

/**
 * Appends an event. It survives a power failure once the promise resolves. Rejects with UserError
 * if it could not be saved for a reason that the user can fix.
 */
export const appendEvent = async (store: Store, event: VerdictEvent): Promise<void> => {
  await appendEvents(store, [event]);
};

/** The number of events in one statement: SQLite binds at most 32,766 values. */
const eventsPerStatement = 500;

/** Appends events, all or none; otherwise as `appendEvent`. */
export const appendEvents = async (
  store: Store,
  events: readonly VerdictEvent[],
): Promise<void> => {
  const controls = events.flatMap(toControlRow);
  const rows = events.filter(({ control }) => control === undefined).map(toRow);
  await store.engine.durably(async () => {
    if (controls.length === 0 && rows.length <= eventsPerStatement) {
      await store.db.insertInto('verdict_event').values(rows).execute();
      return;
    }
    if (rows.length === 0 && controls.length <= eventsPerStatement) {
      await store.db.insertInto('control_event').values(controls).execute();
      return;
    }
    await store.db.transaction().execute(async (transaction) => {
      for (let at = 0; at < rows.length; at += eventsPerStatement) {
        const part = rows.slice(at, at + eventsPerStatement);
        await transaction.insertInto('verdict_event').values(part).execute();
      }
      for (let at = 0; at < controls.length; at += eventsPerStatement) {
        const part = controls.slice(at, at + eventsPerStatement);
        await transaction.insertInto('control_event').values(part).execute();
      }
    });
  });
};

const toRow = (event: VerdictEvent): Insertable<Tables['verdict_event']> => {
  const verdict = event.kind === 'verdict' ? event : null;
  return {
    id: event.id,
    comparison_id: event.comparisonId,
    capture_id: event.captureId,
    reviewer: storable(event.reviewer),
    created_at: event.at,
    kind: event.kind,
    verdict: verdict?.verdict ?? null,
    ahead: verdict?.ahead === undefined ? null : Number(verdict.ahead),
    resolves: Number(event.resolves ?? false),
    left_side: verdict?.left ?? null,
    chosen_by: verdict?.chosen?.kind ?? null,
    chosen: verdict?.chosen === undefined ? null : storable(verdict.chosen.text),
    group_id: verdict?.group?.id ?? null,
    group_seen: verdict?.group?.seen ?? null,
    ...originColumns(verdict),
    tag: event.kind === 'tag' ? storable(event.tag) : null,
    comment: event.kind === 'comment' ? storable(event.comment) : null,
    undoes: event.kind === 'undo' ? event.undoes : null,
  };
};

const originColumns = (verdict: Extract<VerdictEvent, { kind: 'verdict' }> | null) => {
  if (verdict === null) return { origin: null, origin_file: null, merged_from: null };
  const { kind, store } = verdict.origin ?? { kind: 'review', store: null };
  return {
    origin: kind === 'unknown' ? null : kind === 'file' ? kind : 'review',
    origin_file: verdict.origin?.kind === 'file' ? storable(verdict.origin.file) : null,
    merged_from: store === null ? null : storable(store),
  } as const;
};

/** Where a stored verdict came from. Only a review gives verdicts to whole patterns, so that is known of any version. */
export const originOf = (
  row: Pick<
    Selectable<Tables['verdict_event']>,
    'origin' | 'origin_file' | 'merged_from' | 'group_id'
  >,
): VerdictOrigin => {
  const store = row.merged_from;
  if (row.origin === 'file') return { kind: 'file', file: row.origin_file ?? '', store };
  if (row.group_id !== null) return { kind: 'pattern', store };
  return { kind: row.origin ?? 'unknown', store };
};

const toControlRow = (event: VerdictEvent): readonly Insertable<Tables['control_event']>[] => {
  const { control } = event;
  if (control === undefined) return [];
  const row = toRow(event);
  return [
    {
      id: row.id,
      comparison_id: row.comparison_id,
      capture_id: row.capture_id,
      reviewer: row.reviewer,
      created_at: row.created_at,
      control: control.kind,
      repeats: control.kind === 'repeat' ? control.repeats : null,
      kind: row.kind,
      verdict: row.verdict ?? null,
      left_side: row.left_side ?? null,
      tag: row.tag ?? null,
      comment: row.comment ?? null,
      undoes: row.undoes ?? null,
    },
  ];
};

/**
 * Lists all events of a reviewer in a comparison, in order: those of the reviewer's own judging with those
 * on control pairs, or those of resolving conflicts.
 */
export const listEvents = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
  purpose: 'judging' | 'resolving' = 'judging',
): Promise<readonly VerdictEvent[]> => {
  const rows = await eventsInOrder(store, comparisonId)
    .where('reviewer', '=', storable(reviewer))
    .where('resolves', '=', Number(purpose === 'resolving'))
    .execute();
  const events = rows.map(toEvent);
  if (purpose === 'resolving') return events;
  const controls = await listControlEvents(store, comparisonId, reviewer);
  return controls.length === 0
    ? events
    : [...events, ...controls].toSorted((one, other) => (one.id < other.id ? -1 : 1));
};

const listControlEvents = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<readonly VerdictEvent[]> => {
  const rows = await store.db
    .selectFrom('control_event')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '=', storable(reviewer))
    .execute();
  return rows.map((row) => ({
    ...toEvent({ ...row, ...ofNoOrder }),
    control:
      row.control === 'noise'
        ? { kind: 'noise' }
        : { kind: 'repeat', repeats: present(row.repeats, row.id) },
  }));
};

/** Columns that only verdicts on the candidate have. */
const ofNoOrder = {
  ahead: null,
  resolves: 0,
  chosen_by: null,
  chosen: null,
  group_id: null,
  group_seen: null,
  origin: 'review',
  origin_file: null,
  merged_from: null,
} as const;

/**
 * Lists all events of a comparison, in order, of one reviewer or, for null, of everybody: those of judging
 * and those of resolving conflicts.
 */
export const listAllEvents = async (
  store: Store,
  comparisonId: string,
  reviewer: string | null,
): Promise<readonly VerdictEvent[]> => {
  const query = eventsInOrder(store, comparisonId);
  const rows = await (
    reviewer === null ? query : query.where('reviewer', '=', storable(reviewer))
  ).execute();
  return rows.map(toEvent);
};

/**
 * Lists what reviewers did on some pairs of a comparison, at most a few thousand, in order; of judging and of
 * resolving conflicts. Naming the reviewers lets it use the index of events, however many there are.
 */
export const listEventsOnPairs = async (
  { db }: Store,
  comparisonId: string,
  { captureIds, reviewers }: Readonly<Record<'captureIds' | 'reviewers', readonly string[]>>,
): Promise<readonly VerdictEvent[]> => {
  if (captureIds.length === 0 || reviewers.length === 0) return [];
  const rows = await db
    .selectFrom('verdict_event')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', 'in', reviewers.map(storable))
    .where('capture_id', 'in', captureIds)
    .execute();
  return rows.map(toEvent).toSorted((one, other) => (one.id < other.id ? -1 : 1));
};

/** Lists the events of everybody's own judging in a comparison, in order, but for one reviewer's. */
export const listEventsOfOthers = async (
  store: Store,
  comparisonId: string,
  reviewer: string | null,
): Promise<readonly VerdictEvent[]> => {
  const query = eventsInOrder(store, comparisonId).where('resolves', '=', 0);
  const rows = await (
    reviewer === null ? query : query.where('reviewer', '<>', storable(reviewer))
  ).execute();
  return rows.map(toEvent);
};

const eventsInOrder = ({ db }: Store, comparisonId: string) =>
  db
    .selectFrom('verdict_event')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .orderBy('id');

/** A UUID of version 7; see `timeOrderedId`. */
const timeOrdered = '________-____-7___-____-____________';

/**
 * Returns the greatest id of all events; null without events. A clock that was set back makes smaller ids than
 * before, so a new event that is to count takes the next one after this.
 */
export const latestEventId = async ({ db }: Store): Promise<string | null> => {
  const latestIn = async (table: 'verdict_event' | 'control_event'): Promise<readonly string[]> => {
    const query = db.selectFrom(table).select('id').where('id', 'like', timeOrdered);
    const row = await query.orderBy('id', 'desc').limit(1).executeTakeFirst();
    return row === undefined ? [] : [row.id];
  };
  const ids = [...(await latestIn('verdict_event')), ...(await latestIn('control_event'))];
  return ids.toSorted().at(-1) ?? null;
};

/** Lists the ids of the events of all comparisons but one. */
export const listEventIdsElsewhere = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('verdict_event')
    .select('id')
    .where('comparison_id', '<>', comparisonId)
    .execute();
  return rows.map(({ id }) => id);
};

/** Lists the names of everybody who has done something on a pair of a comparison, in order. */
export const listReviewers = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('verdict_event')
    .select('reviewer')
    .distinct()
    .where('comparison_id', '=', comparisonId)
    .orderBy('reviewer')
    .execute();
  return rows.map(({ reviewer }) => reviewer);
};

/** Lists the verdicts of a comparison that resolve conflicts, by capture. */
export const listResolved = async (
  store: Store,
  comparisonId: string,
): Promise<ReadonlyMap<string, Verdict>> => {
  const rows = await store.db
    .selectFrom('resolved_verdict')
    .select(['capture_id', 'verdict'])
    .where('comparison_id', '=', comparisonId)
    .execute();
  return new Map(rows.map(({ capture_id, verdict }) => [capture_id, verdict]));
};

/** Lists the pairs of a comparison whose conflict another reviewer has resolved. */
export const listResolvedByOthers = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<ReadonlySet<string>> => {
  const rows = await store.db
    .selectFrom('resolved_verdict')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '<>', storable(reviewer))
    .execute();
  return new Set(rows.map(({ capture_id }) => capture_id));
};

const toEvent = (row: Selectable<Tables['verdict_event']>): VerdictEvent => {
  const { id, reviewer } = row;
  const common = {
    id,
    comparisonId: row.comparison_id,
    captureId: row.capture_id,
    reviewer,
    at: row.created_at,
    ...(row.resolves === 1 ? { resolves: true as const } : {}),
  };
  switch (row.kind) {
    case 'verdict':
      return {
        ...common,
        kind: 'verdict',
        verdict: present(row.verdict, id),
        ...(row.ahead === null ? {} : { ahead: row.ahead === 1 }),
        ...(row.left_side === null ? {} : { left: row.left_side }),
        ...(row.chosen_by === null || row.chosen === null
          ? {}
          : { chosen: { kind: row.chosen_by, text: row.chosen } }),
        ...(row.group_id === null
          ? {}
          : { group: { id: row.group_id, seen: row.group_seen ?? 0 } }),
        ...(isOfReviewHere(row) ? {} : { origin: originOf(row) }),
      };
    case 'skip':
      return { ...common, kind: 'skip' };
    case 'tag':
      return { ...common, kind: 'tag', tag: present(row.tag, id) };
    case 'comment':
      return { ...common, kind: 'comment', comment: present(row.comment, id) };
    case 'undo':
      return { ...common, kind: 'undo', undoes: present(row.undoes, id) };
  }
};

const isOfReviewHere = ({
  merged_from,
  origin,
}: Pick<Selectable<Tables['verdict_event']>, 'merged_from' | 'origin'>): boolean =>
  origin === 'review' && merged_from === null;

const present = <T>(value: T | null, id: string): T => {
  if (value === null) throw new Error(`The verdict event ${id} lacks what its kind needs.`);
  return value;
};
