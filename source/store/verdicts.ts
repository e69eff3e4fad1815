import { sql } from 'kysely';
import type { Verdict } from '../comparison/outcome.ts';
import { storable } from './database/bodies.ts';
import type { Store } from './open.ts';
import type { Schema } from './database/schema.ts';

/**
 * Something that a reviewer did to a pair. `id` is a UUID of version 7 that is greater than those of
 * all earlier events of the reviewer (see `nextEventId`); ids order the events. An `undo` takes back
 * the event that it names; a `tag` puts the tag on or, if it is on, takes it off.
 */
export type VerdictEvent = {
  readonly id: string;
  readonly comparisonId: string;
  readonly captureId: string;
  readonly reviewer: string;
  readonly at: string;
} & (
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'skip' }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'comment'; readonly comment: string }
  | { readonly kind: 'undo'; readonly undoes: string }
);

/**
 * Appends an event. Resolved means that it is on the disk, power failure included; where it could
 * not be saved, rejects with UserError when the user can put it right.
 */
export const appendEvent = async (store: Store, event: VerdictEvent): Promise<void> => {
  await store.db.connection().execute(async (connection) => {
    await sql`pragma synchronous = full`.execute(connection);
    try {
      await connection
        .insertInto('verdict_event')
        .values({
          id: event.id,
          comparison_id: event.comparisonId,
          capture_id: event.captureId,
          reviewer: storable(event.reviewer),
          created_at: event.at,
          kind: event.kind,
          verdict: event.kind === 'verdict' ? event.verdict : null,
          tag: event.kind === 'tag' ? storable(event.tag) : null,
          comment: event.kind === 'comment' ? storable(event.comment) : null,
          undoes: event.kind === 'undo' ? event.undoes : null,
        })
        .execute();
    } finally {
      await sql`pragma synchronous = normal`.execute(connection);
    }
  });
};

/** All events of a reviewer in a comparison, in their order. */
export const listEvents = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<readonly VerdictEvent[]> => {
  const rows = await store.db
    .selectFrom('verdict_event')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '=', storable(reviewer))
    .orderBy('id')
    .execute();
  return rows.map(toEvent);
};

const toEvent = (row: Schema['verdict_event']): VerdictEvent => {
  const { id, reviewer } = row;
  const common = {
    id,
    comparisonId: row.comparison_id,
    captureId: row.capture_id,
    reviewer,
    at: row.created_at,
  };
  switch (row.kind) {
    case 'verdict':
      return { ...common, kind: 'verdict', verdict: present(row.verdict, id) };
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

const present = <T>(value: T | null, id: string): T => {
  if (value === null) throw new Error(`The verdict event ${id} lacks what its kind needs.`);
  return value;
};
