import type { Transaction } from 'kysely';
import { canonicalJson } from '../../text/json.ts';
import { loadBodyText, textOf, type BodyText } from '../database/bodies.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import type { Schema } from '../database/schema.ts';
import type { StorableRecording } from './storable-record.ts';

const placesOf = compiledOnce((db) =>
  db
    .selectFrom('recorded_response')
    .select(['model', 'production', 'response_body'])
    .where('capture_number', '=', 0)
    .compile(),
);

/** The recordings that the capture does not have yet; null when it has another one in a place. */
export const newRecordings = async (
  transaction: Transaction<Schema>,
  captureNumber: number,
  recordings: readonly StorableRecording[],
): Promise<readonly StorableRecording[] | null> => {
  const known = (await placesOf(transaction, [captureNumber])).rows;
  const fresh: StorableRecording[] = [];
  for (const recording of recordings) {
    const { production } = recording;
    const kept = known.find(
      (row) =>
        row.production === Number(production) && (production || row.model === recording.model),
    );
    if (kept === undefined) fresh.push(recording);
    else if (!(await isSameBody(transaction, kept.response_body, recording.body))) return null;
  }
  return fresh;
};

/** Whether a stored body means the same, if perhaps with its keys in another order. */
export const isSameBody = async (
  transaction: Transaction<Schema>,
  number: number,
  given: BodyText,
): Promise<boolean> => {
  const body = textOf(given);
  const text = await loadBodyText(transaction, number);
  return text === body || canonicalJson(JSON.parse(text)) === canonicalJson(JSON.parse(body));
};
