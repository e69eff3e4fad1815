import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * A query whose SQL is made once and run with other parameters every time, in the order in which it
 * names them: for what is asked with every answer, making the SQL costs as much as running it.
 * `make` is given any values for the parameters.
 */
export const compiledOnce = <Row>(
  make: (db: Kysely<Schema>) => CompiledQuery<Row>,
): ((db: Kysely<Schema>, parameters: readonly unknown[]) => Promise<QueryResult<Row>>) => {
  let made: CompiledQuery<Row> | null = null;
  return (db, parameters) => {
    made ??= make(db);
    return db.executeQuery({ ...made, parameters });
  };
};
