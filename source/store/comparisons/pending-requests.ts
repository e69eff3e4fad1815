import type { Side } from '../../comparison/outcome.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Store } from '../open.ts';

const page = 100;

/**
 * The requests of a comparison that a side has not answered yet, in queue order, at most `limit` and
 * no more after `characters` characters of JSON: enough to tell what they are like.
 */
export async function* pendingRequests(
  store: Store,
  comparisonId: string,
  options: { readonly side: Side; readonly limit: number; readonly characters: number },
): AsyncGenerator<JsonObject> {
  let after = '';
  let given = 0;
  let characters = 0;
  for (;;) {
    const rows = await store.db
      .selectFrom('comparison_capture as selected')
      .innerJoin('capture', 'capture.id', 'selected.capture_id')
      .innerJoin('body', 'body.number', 'capture.request_body')
      .leftJoin('response', (join) =>
        join
          .onRef('response.comparison_id', '=', 'selected.comparison_id')
          .onRef('response.capture_id', '=', 'selected.capture_id')
          .on('response.side', '=', options.side)
          .on('response.sample', '=', 0),
      )
      .select(['selected.position', 'body.text'])
      .where('selected.comparison_id', '=', comparisonId)
      .where('selected.position', '>', after)
      .where('response.side', 'is', null)
      .orderBy('selected.position')
      .limit(page)
      .execute();
    for (const row of rows) {
      if (given >= options.limit || characters >= options.characters) return;
      given++;
      characters += row.text.length;
      yield JSON.parse(row.text) as JsonObject;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return;
    after = last.position;
  }
}
