import { type Kysely, sql, type Transaction } from 'kysely';
import { loadBodyText, saveBody } from '../bodies.ts';
import type { Tables } from '../tables.ts';

/** A row of any table. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** How the rows of a table in two stores are recognized as the same, and which one stands. */
export type UnitedTable = {
  readonly name: keyof Tables;
  /** The columns that say what the row is about. */
  readonly key: readonly string[];
  /** The columns that hold the number of a body. */
  readonly bodies?: readonly string[];
  /** The columns that mean something in one store only. */
  readonly local?: readonly string[];
  /** The columns in which rows may differ without being worth a mention. */
  readonly unremarkable?: readonly string[];
  /**
   * The column that decides between two rows, and whether its smaller or its greater value stands.
   * Rows that are equal in it, or without it, are decided by the text of their contents: any rule
   * will do that does not depend on which store is merged into which.
   */
  readonly stands?: { readonly column: string; readonly which: 'smaller' | 'greater' };
};

/** The outcome of uniting one row. */
export type RowFate = {
  /**
   * `added`: this store did not have the row; `known`: both have the same one; `kept`: they differ
   * and the one here stands; `replaced`: they differ and the other one stands.
   */
  readonly kind: 'added' | 'known' | 'kept' | 'replaced';
  /** The row that was here. */
  readonly before: StoredRow | null;
};

/** Counts of rows by what became of them. */
export type UnitedCounts = {
  readonly added: number;
  readonly known: number;
  /** In both stores, with contents that differ. One of the two stands. */
  readonly differing: number;
};

/** The number of rows per page. */
const pageSize = 500;

/** Yields all rows of a table in the order of its key. */
export async function* allRows(
  db: Kysely<Tables>,
  { key, name }: Pick<UnitedTable, 'key' | 'name'>,
): AsyncGenerator<StoredRow, void, undefined> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let after = sql`1 = 1`;
  for (;;) {
    const { rows } = await sql<StoredRow>`
      select * from ${sql.table(name)} where ${after} order by ${columns} limit ${pageSize}
    `.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = sql`(${columns}) > (${sql.join(key.map((column) => last[column]))})`;
  }
}

/** Returns the rows of a table that have the same values as `row` in the columns. */
export const rowsLike = async (
  db: Kysely<Tables>,
  table: keyof Tables,
  columns: readonly string[],
  row: StoredRow,
): Promise<readonly StoredRow[]> => {
  const { rows } = await sql<StoredRow>`
    select * from ${sql.table(table)}
    where ${sql.join(
      columns.map((column) => sql`${sql.ref(column)} = ${row[column]}`),
      sql` and `,
    )}
  `.execute(db);
  return rows;
};

/** Adds a row to a table. */
export const insertRow = async (
  db: Kysely<Tables>,
  table: keyof Tables,
  row: StoredRow,
): Promise<void> => {
  await sql`
    insert into ${sql.table(table)} (${sql.join(Object.keys(row).map((column) => sql.ref(column)))})
    values (${sql.join(Object.values(row))})
  `.execute(db);
};

/**
 * Unites the rows of another store with those of this one, within a transaction on this one. Bodies
 * are copied and get numbers of this store.
 */
export class RowUnion {
  readonly source: Kysely<Tables>;
  readonly into: Transaction<Tables>;
  /** Bodies of this store that a row referred to before it was replaced. */
  readonly abandonedBodies = new Set<number>();
  readonly #counts = new Map<string, { added: number; known: number; differing: number }>();
  /** Answers may share a body; other bodies are used once. */
  readonly #copiedAnswers = new Map<number, number>();

  constructor(source: Kysely<Tables>, into: Transaction<Tables>) {
    this.source = source;
    this.into = into;
  }

  /** Unites one row of the other store, whose ids are those of this one. */
  async unite(table: UnitedTable, theirs: StoredRow): Promise<RowFate> {
    const [ours] = await rowsLike(this.into, table.name, table.key, theirs);
    const fate = await this.#fate(table, ours, theirs);
    const counts = this.#counts.get(table.name) ?? { added: 0, known: 0, differing: 0 };
    this.#counts.set(table.name, counts);
    counts[fate.kind === 'kept' || fate.kind === 'replaced' ? 'differing' : fate.kind] += 1;
    return fate;
  }

  /** Returns how many rows of a table were united so far. */
  counts(table: keyof Tables): UnitedCounts {
    return this.#counts.get(table) ?? { added: 0, known: 0, differing: 0 };
  }

  /** Counts rows that were united in another way. */
  count(table: keyof Tables, fate: 'added' | 'known', rows: number): void {
    const counts = this.#counts.get(table) ?? { added: 0, known: 0, differing: 0 };
    counts[fate] += rows;
    this.#counts.set(table, counts);
  }

  /** Returns the contents of a row as text, with bodies instead of their numbers. */
  async contents(db: Kysely<Tables>, table: UnitedTable, row: StoredRow): Promise<string> {
    return contentsOf(table, await withBodies(db, table, row));
  }

  /** Copies the bodies of a row of the other store, and returns the row with their numbers here. */
  async withCopiedBodies(table: UnitedTable, row: StoredRow): Promise<StoredRow> {
    const numbers: Record<string, number> = {};
    for (const column of table.bodies ?? []) {
      const number = row[column];
      if (typeof number !== 'number') continue;
      numbers[column] = await this.#copyBody(number, column === 'answer_body');
    }
    return { ...row, ...numbers };
  }

  async #fate(
    table: UnitedTable,
    ours: StoredRow | undefined,
    theirs: StoredRow,
  ): Promise<RowFate> {
    if (ours === undefined) {
      const row = withoutColumns(await this.withCopiedBodies(table, theirs), ['number'], table);
      await insertRow(this.into, table.name, row);
      return { kind: 'added', before: null };
    }
    const here = await withBodies(this.into, table, ours);
    const there = await withBodies(this.source, table, theirs);
    if (contentsOf(table, here) === contentsOf(table, there)) {
      return { kind: 'known', before: ours };
    }
    const isSimilar =
      contentsOf(table, here, table.unremarkable) === contentsOf(table, there, table.unremarkable);
    if (standsBefore(table, here, there)) {
      return { kind: isSimilar ? 'known' : 'kept', before: ours };
    }
    await this.#replace(table, ours, here, theirs, there);
    return { kind: isSimilar ? 'known' : 'replaced', before: ours };
  }

  async #replace(
    table: UnitedTable,
    ours: StoredRow,
    here: StoredRow,
    theirs: StoredRow,
    there: StoredRow,
  ): Promise<void> {
    const changed: Record<string, string | number | null> = {};
    for (const [column, value] of Object.entries(there)) {
      if (table.local?.includes(column) === true || here[column] === value) continue;
      changed[column] = value;
      const number = theirs[column];
      if (table.bodies?.includes(column) !== true || typeof number !== 'number') continue;
      changed[column] = await this.#copyBody(number, column === 'answer_body');
      const before = ours[column];
      if (typeof before === 'number') this.abandonedBodies.add(before);
    }
    const set = Object.entries(changed).map(
      ([column, value]) => sql`${sql.ref(column)} = ${value}`,
    );
    const where = table.key.map((column) => sql`${sql.ref(column)} = ${ours[column]}`);
    await sql`
      update ${sql.table(table.name)} set ${sql.join(set)} where ${sql.join(where, sql` and `)}
    `.execute(this.into);
  }

  async #copyBody(number: number, isAnswer: boolean): Promise<number> {
    const copied = this.#copiedAnswers.get(number);
    if (isAnswer && copied !== undefined) return copied;
    const fresh = await saveBody(this.into, await loadBodyText(this.source, number));
    if (isAnswer) this.#copiedAnswers.set(number, fresh);
    return fresh;
  }
}

const withBodies = async (
  db: Kysely<Tables>,
  table: UnitedTable,
  row: StoredRow,
): Promise<StoredRow> => {
  const texts: Record<string, string> = {};
  for (const column of table.bodies ?? []) {
    const number = row[column];
    if (typeof number === 'number') texts[column] = await loadBodyText(db, number);
  }
  return { ...row, ...texts };
};

const contentsOf = (
  table: UnitedTable,
  row: StoredRow,
  without: readonly string[] = [],
): string => {
  const entries = Object.entries(row).filter(
    ([column]) => table.local?.includes(column) !== true && !without.includes(column),
  );
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

const withoutColumns = (
  row: StoredRow,
  columns: readonly string[],
  { local = [] }: UnitedTable,
): StoredRow =>
  Object.fromEntries(
    Object.entries(row).filter(([column]) => !columns.includes(column) || !local.includes(column)),
  );

/** Whether the first of two different rows stands. */
const standsBefore = (table: UnitedTable, a: StoredRow, b: StoredRow): boolean => {
  const { stands } = table;
  if (stands !== undefined) {
    const [first, second] = [a[stands.column] ?? '', b[stands.column] ?? ''];
    if (first !== second) return first < second === (stands.which === 'smaller');
  }
  return contentsOf(table, a) < contentsOf(table, b);
};
