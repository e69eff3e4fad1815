import { setImmediate } from 'node:timers/promises';
import { scriptOf, type Script } from '../../comparison/language.ts';
import { arrayOrEmpty, objectsIn, parseJsonObject, type JsonObject } from '../../text/json.ts';
import { conversationId } from '../../traffic/selection/rank.ts';
import { chatRequestOf } from '../../traffic/chat-request.ts';
import { decodeBody } from '../bodies.ts';
import type { Store } from '../open.ts';

/** The facts about the request of a pair. */
export type RequestTraits = {
  readonly captureId: string;
  /** ISO 8601 in UTC; null if the recording does not say. */
  readonly timestamp: string | null;
  /** The model that production asked; null if the request names none. */
  readonly model: string | null;
  /** The script of the last message of a user; null if it is unclear. */
  readonly script: Script | null;
  /** The conversation that it belongs to; null if the recording names none. */
  readonly conversation: string | null;
};

/** Requests per page. Between two pages other work has its turn. */
const pageSize = 200;

/** Yields what is known of each request of a comparison, a page at a time. */
export async function* requestTraits(
  store: Store,
  comparisonId: string,
): AsyncGenerator<RequestTraits> {
  for (let after = ''; ;) {
    const rows = await store.db
      .selectFrom('comparison_capture as selected')
      .innerJoin('capture', 'capture.id', 'selected.capture_id')
      .innerJoin('body', 'body.number', 'capture.request_body')
      .select([
        'capture.id',
        'capture.timestamp',
        'capture.metadata',
        'capture.dialect',
        'capture.model',
        'body.text',
      ])
      .where('selected.comparison_id', '=', comparisonId)
      .where('capture.id', '>', after)
      .orderBy('capture.id')
      .limit(pageSize)
      .execute();
    for (const { id, dialect, metadata, model: pathModel, text, timestamp } of rows) {
      const body = parseJsonObject(decodeBody(text));
      const request = chatRequestOf({ dialect, model: pathModel, request: body });
      const { model } = request;
      yield {
        captureId: id,
        timestamp,
        model: typeof model === 'string' && model !== '' ? model : null,
        script: scriptOf(questionOf(request)),
        conversation: conversationId(metadata === null ? null : parseJsonObject(metadata)),
      };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.id;
    await setImmediate();
  }
}

/** The text of the last message of a user; empty if there is none. */
const questionOf = (request: JsonObject): string => {
  const last = objectsIn(request['messages']).findLast(({ role }) => role === 'user');
  const content = last?.['content'];
  if (typeof content === 'string') return content;
  return objectsIn(arrayOrEmpty(content))
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
    .join('\n');
};
