import type { CompiledQuery, Insertable, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Row<Table extends keyof Schema> = Insertable<Schema[Table]>;

/**
 * An insert that leaves a row alone that is there already; true when the row is new. Its SQL is made
 * once (see `compiledOnce`), so that a row must name the same columns in the same order every time.
 */
export const insertOnce = <Table extends keyof Schema>(
  table: Table,
): ((transaction: Transaction<Schema>, row: Row<Table>) => Promise<boolean>) => {
  let made: CompiledQuery | null = null;
  const compile = (transaction: Transaction<Schema>, row: Row<Table>): CompiledQuery =>
    transaction
      .insertInto(table)
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .compile();
  return async (transaction, row) => {
    made ??= { ...compile(transaction, row), parameters: [] };
    const query = { ...made, parameters: Object.values(row) };
    const { numAffectedRows } = await transaction.executeQuery(query);
    return numAffectedRows === 1n;
  };
};
