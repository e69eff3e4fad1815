import type { Transaction } from 'kysely';
import { canonicalJson } from '../../text/json.ts';
import type { RecordedResponse } from '../../traffic/capture.ts';
import { type Body, bodyOf, loadBody, saveBodies, storable } from '../database/bodies.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import { insertOnce } from '../database/insert-once.ts';
import type { Schema } from '../database/schema.ts';

export type Recording = {
  readonly response: RecordedResponse;
  readonly model: string;
  readonly body: Body;
};

/** A recorded response as it is stored. */
export const toRecording = (response: RecordedResponse): Recording => ({
  response,
  model: storable(response.model),
  body: bodyOf(response.body),
});

const placesOf = compiledOnce((db) =>
  db
    .selectFrom('recorded_response')
    .select(['model', 'production', 'body_hash'])
    .where('capture_id', '=', '')
    .compile(),
);

/** The recordings that the capture does not have yet; null when it has another one in a place. */
export const newRecordings = async (
  transaction: Transaction<Schema>,
  captureId: string,
  recordings: readonly Recording[],
): Promise<readonly Recording[] | null> => {
  const known = (await placesOf(transaction, [captureId])).rows;
  const fresh: Recording[] = [];
  for (const recording of recordings) {
    const { production } = recording.response;
    const kept = known.find(
      (row) =>
        row.production === Number(production) && (production || row.model === recording.model),
    );
    if (kept === undefined) fresh.push(recording);
    else if (!(await isSameBody(transaction, kept.body_hash, recording.body))) return null;
  }
  return fresh;
};

/** Whether a stored body means the same, if perhaps with its keys in another order. */
export const isSameBody = async (
  transaction: Transaction<Schema>,
  hash: string,
  body: Body,
): Promise<boolean> =>
  hash === body.hash ||
  canonicalJson(await loadBody(transaction, hash)) === canonicalJson(JSON.parse(body.text));

const insertRecording = insertOnce('recorded_response');

/** Stores recordings of a capture that has none in their places. */
export const saveRecordings = async (
  transaction: Transaction<Schema>,
  captureId: string,
  recordings: readonly Recording[],
): Promise<void> => {
  if (recordings.length === 0) return;
  await saveBodies(
    transaction,
    recordings.map(({ body }) => body),
  );
  for (const { response, model, body } of recordings) {
    await insertRecording(transaction, {
      capture_id: captureId,
      model,
      production: Number(response.production),
      body_hash: body.hash,
      time_to_first_token_ms: response.timeToFirstTokenMs,
      total_ms: response.totalMs,
    });
  }
};
