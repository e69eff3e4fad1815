import type { Remedy } from '../../models/adaptation/remedy.ts';
import type { JsonValue } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { storable } from '../bodies.ts';
import { writeTogether } from '../write-together.ts';
import type { Store } from '../open.ts';

/** Loads the remedies for requests in a dialect to a model within a comparison, oldest first. */
export const loadRemedies = async (
  store: Store,
  comparisonId: string,
  { dialect, modelLabel }: { readonly modelLabel: string; readonly dialect: Dialect },
): Promise<readonly Remedy[]> => {
  const rows = await store.db
    .selectFrom('remedy')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('model', '=', storable(modelLabel))
    .where('dialect', '=', dialect)
    .orderBy('created_at')
    .orderBy('parameter')
    .execute();
  return rows.map((row): Remedy => ({
    parameter: row.parameter,
    action: row.action,
    ...(row.from_value === '' ? {} : { from: parseValue(row.from_value) }),
    ...(row.to_value === null ? {} : { to: parseValue(row.to_value) }),
    reason: row.reason,
  }));
};

/** Stores a remedy. A later one for the same parameter and value replaces it. */
export const saveRemedy = async (
  store: Store,
  saved: {
    readonly comparisonId: string;
    readonly modelLabel: string;
    readonly dialect: Dialect;
    readonly remedy: Remedy;
    readonly at: string;
  },
): Promise<void> => {
  const { remedy } = saved;
  const changing = {
    action: remedy.action,
    to_value: remedy.to === undefined ? null : JSON.stringify(remedy.to),
    reason: storable(remedy.reason),
    created_at: saved.at,
  };
  await writeTogether(store, async (transaction) => {
    await transaction
      .insertInto('remedy')
      .values({
        comparison_id: saved.comparisonId,
        model: storable(saved.modelLabel),
        dialect: saved.dialect,
        parameter: storable(remedy.parameter),
        from_value: remedy.from === undefined ? '' : JSON.stringify(remedy.from),
        ...changing,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['comparison_id', 'model', 'dialect', 'parameter', 'from_value'])
          .doUpdateSet(changing),
      )
      .execute();
  });
};

const parseValue = (text: string): JsonValue => JSON.parse(text);
