import type { CompiledQuery, Insertable, Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Row<Table extends keyof Schema> = Insertable<Schema[Table]>;

/**
 * An insert that leaves a row alone that is there already; true when the row is new. Its SQL is made
 * once and not for every row: for what is written with every answer, making it costs as much as
 * running it. A row must name the columns in the same order every time.
 */
export const insertOnce = <Table extends keyof Schema>(
  table: Table,
): ((transaction: Transaction<Schema>, row: Row<Table>) => Promise<boolean>) => {
  let made: CompiledQuery | null = null;
  return async (transaction, row) => {
    made ??= compile(transaction, table, row);
    const query = { ...made, parameters: Object.values(row) };
    const { numAffectedRows } = await transaction.executeQuery(query);
    return numAffectedRows === 1n;
  };
};

const compile = <Table extends keyof Schema>(
  db: Kysely<Schema>,
  table: Table,
  row: Row<Table>,
): CompiledQuery =>
  db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .compile();
