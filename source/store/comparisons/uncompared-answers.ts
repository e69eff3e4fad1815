import { sql } from 'kysely';
import { storedAnswer, type Answer } from '../../models/answer.ts';
import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { Store } from '../open.ts';

/** Two answers that have not been compared, with the request that they answer. */
export type UncomparedAnswers = {
  readonly captureId: string;
  readonly request: JsonObject;
  readonly baseline: Answer;
  readonly candidate: Answer;
};

/** So many pairs are read at once: their texts are in memory together. */
const pageSize = 32;

/**
 * The pairs whose two sides are answered and that were not compared, or by other rules than those of
 * this number, a page at a time in the order of their captures' ids.
 */
export async function* uncomparedAnswers(
  store: Store,
  comparisonId: string,
  rules: number,
): AsyncGenerator<readonly UncomparedAnswers[], void, undefined> {
  let after = '';
  for (;;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly request: string;
      readonly baseline: string;
      readonly candidate: string;
    }>`
      select b.capture_id, r.text as request, tb.text as baseline, tc.text as candidate
      from response b
      join response c
        on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
        and c.side = 'candidate' and c.sample = 0
      join capture t on t.id = b.capture_id
      join body r on r.number = t.request_body
      join body tb on tb.number = b.answer_body
      join body tc on tc.number = c.answer_body
      left join outcome o
        on o.comparison_id = b.comparison_id and o.capture_id = b.capture_id and o.rules = ${rules}
      where b.comparison_id = ${comparisonId} and b.capture_id > ${after}
        and b.side = 'baseline' and b.sample = 0 and o.capture_id is null
      order by b.capture_id
      limit ${pageSize}
    `.execute(store.db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({
      captureId: row.capture_id,
      request: JSON.parse(row.request) as JsonObject,
      baseline: storedAnswer(JSON.parse(row.baseline) as JsonValue),
      candidate: storedAnswer(JSON.parse(row.candidate) as JsonValue),
    }));
    after = last.capture_id;
  }
}
