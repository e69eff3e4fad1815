import type { CompiledQuery, Insertable, Kysely, QueryResult, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Compiles a query on its first use and runs it with new parameters each time. Use it for queries
 * that run for every answer: compiling costs as much as running. `build` receives placeholder
 * values. The parameters must be in the order in which the SQL names them.
 */
export const compiledOnce = <Row>(
  build: (db: Kysely<Tables>) => CompiledQuery<Row>,
): ((db: Kysely<Tables>, parameters: readonly unknown[]) => Promise<QueryResult<Row>>) => {
  let compiled: CompiledQuery<Row> | null = null;
  return (db, parameters) => {
    compiled ??= build(db);
    return db.executeQuery({ ...compiled, parameters });
  };
};

type TableRow<Table extends keyof Tables> = Insertable<Tables[Table]>;

/**
 * Creates an insert that keeps an existing row; it resolves to true if the row is new. The SQL is
 * compiled on the first use, so every row must have the same columns in the same order.
 */
export const insertOnce = <Table extends keyof Tables>(
  table: Table,
): ((transaction: Transaction<Tables>, row: TableRow<Table>) => Promise<boolean>) => {
  let compiled: CompiledQuery | null = null;
  const compile = (transaction: Transaction<Tables>, row: TableRow<Table>): CompiledQuery =>
    transaction
      .insertInto(table)
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .compile();
  return async (transaction, row) => {
    compiled ??= { ...compile(transaction, row), parameters: [] };
    const query = { ...compiled, parameters: Object.values(row) };
    const { numAffectedRows } = await transaction.executeQuery(query);
    return numAffectedRows === 1n;
  };
};
