import { sql } from 'kysely';
import type { Outcome, Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { rulesInForce } from './stored-rules.ts';

/**
 * What one table says of the pairs of a queue. `sides` of several tables may be about one side: the later
 * ones replace the earlier ones.
 */
export type QueueFacts =
  /** The captures, in the order of the queue. */
  | { readonly kind: 'order'; readonly captureIds: readonly string[] }
  | {
      readonly kind: 'endpoints';
      readonly rows: readonly { readonly captureId: string; readonly endpoint: string }[];
    }
  | {
      readonly kind: 'sides';
      readonly rows: readonly {
        readonly captureId: string;
        readonly side: Side;
        /** `withheld`: not sent for a stored reason. A side without a row is not sent. */
        readonly state: 'withheld' | 'failed' | 'answered';
      }[];
    }
  | {
      readonly kind: 'outcomes';
      readonly rows: readonly {
        readonly captureId: string;
        readonly outcome: Exclude<Outcome, 'failed'>;
        /** Whether rules settle the pair, and not the machine. */
        readonly byRule: boolean;
      }[];
    };

/** Rows per page. A page takes a few milliseconds; between two, other work has its turn. */
const pageSize = 2000;

/**
 * Reads the queue of a comparison, however long it is. Each table is read by itself and in its own order:
 * to join them pair by pair in the order of the queue, which is random, takes ten times as long.
 */
export async function* queueFacts(
  store: Store,
  comparisonId: string,
): AsyncGenerator<QueueFacts, void, undefined> {
  let captures = 0;
  for await (const rows of pages((after: OrderRow | null) =>
    orderPage(store, comparisonId, after),
  )) {
    captures += rows.length;
    yield { kind: 'order', captureIds: rows.map(({ capture_id }) => capture_id) };
  }
  for await (const rows of endpointPages(store, comparisonId, captures)) {
    yield { kind: 'endpoints', rows };
  }
  for (const table of ['not_sent', 'attempt', 'response'] as const) {
    const state = stateIn[table];
    for await (const rows of pages((after: SideRow | null) =>
      sidePage(store, comparisonId, table, after),
    )) {
      yield {
        kind: 'sides',
        rows: rows.map(({ capture_id, side }) => ({ captureId: capture_id, side, state })),
      };
    }
  }
  const rules = (await rulesInForce(store.db, comparisonId)).length === 0 ? 'none' : 'some';
  for await (const rows of pages((after: OutcomeRow | null) =>
    outcomePage(store, comparisonId, after, rules),
  )) {
    yield {
      kind: 'outcomes',
      rows: rows.map(({ capture_id, outcome, settled_by = null }) => ({
        captureId: capture_id,
        outcome,
        byRule: settled_by !== null,
      })),
    };
  }
}

/** The state of a side according to a row. */
const stateIn = { not_sent: 'withheld', attempt: 'failed', response: 'answered' } as const;

/** Yields pages of rows, each after the last row of the one before, up to one that is not full. */
async function* pages<Row>(
  page: (after: Row | null) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[], void, undefined> {
  let after: Row | null = null;
  for (;;) {
    const rows: readonly Row[] = await page(after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last;
  }
}

type OrderRow = { readonly capture_id: string; readonly position: string };

const orderPage = (
  { db }: Store,
  comparisonId: string,
  after: OrderRow | null,
): Promise<readonly OrderRow[]> =>
  db
    .selectFrom('comparison_capture')
    .select(['capture_id', 'position'])
    .where('comparison_id', '=', comparisonId)
    .where('position', '>', after?.position ?? '')
    .orderBy('position')
    .limit(pageSize)
    .execute();

/** The share of a store's captures from which on it is faster to read all of them in their order. */
const mostCaptures = 0.2;

/** Yields the endpoints of the captures of a comparison, or of all captures of the store. */
async function* endpointPages(
  { db }: Store,
  comparisonId: string,
  captures: number,
): AsyncGenerator<readonly { readonly captureId: string; readonly endpoint: string }[]> {
  const { last } = await db
    .selectFrom('capture')
    .select((e) => e.fn.max<number | null>('number').as('last'))
    .executeTakeFirstOrThrow();
  if (captures < Number(last ?? 0) * mostCaptures) {
    yield* pages((after: { readonly captureId: string } | null) =>
      db
        .selectFrom('comparison_capture as s')
        .innerJoin('capture as c', 'c.id', 's.capture_id')
        .select(['s.capture_id as captureId', 'c.endpoint'])
        .where('s.comparison_id', '=', comparisonId)
        .where('s.capture_id', '>', after?.captureId ?? '')
        .orderBy('s.capture_id')
        .limit(pageSize)
        .execute(),
    );
    return;
  }
  yield* pages((after: { readonly number: number } | null) =>
    db
      .selectFrom('capture')
      .select(['number', 'id as captureId', 'endpoint'])
      .where('number', '>', after?.number ?? 0)
      .orderBy('number')
      .limit(pageSize)
      .execute(),
  );
}

type SideRow = { readonly capture_id: string; readonly side: Side };

const sidePage = async (
  { db }: Store,
  comparisonId: string,
  table: keyof typeof stateIn,
  after: SideRow | null,
): Promise<readonly SideRow[]> => {
  const isFinal = table === 'attempt' ? sql`and final = 1` : sql``;
  const { rows } = await sql<SideRow>`
    select capture_id, side
    from ${sql.table(table)}
    where comparison_id = ${comparisonId} and sample = 0
      and (capture_id, side) > (${after?.capture_id ?? ''}, ${after?.side ?? ''}) ${isFinal}
    order by capture_id, side
    limit ${pageSize}
  `.execute(db);
  return rows;
};

type OutcomeRow = {
  readonly capture_id: string;
  readonly outcome: Exclude<Outcome, 'failed'>;
  readonly settled_by?: string | null;
};

/** Which rules settle a pair is read only where there are any. */
const outcomePage = async (
  { db }: Store,
  comparisonId: string,
  after: OutcomeRow | null,
  rules: 'some' | 'none',
): Promise<readonly OutcomeRow[]> => {
  const page = db
    .selectFrom('outcome')
    .select(['capture_id', 'outcome'])
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '>', after?.capture_id ?? '')
    .orderBy('capture_id')
    .limit(pageSize);
  return rules === 'none' ? page.execute() : page.select('settled_by').execute();
};
