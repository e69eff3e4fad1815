import { recordedStreams } from '../../models/stream/recorded-stream.ts';
import { bodyOf, storable } from '../../store/database/bodies.ts';
import type { Store } from '../../store/open.ts';
import { countPendingRedacted, pendingRedacted } from '../../store/redaction/originals.ts';
import type { JsonObject } from '../../text/json.ts';
import { importTraffic } from '../../intake/import-traffic.ts';
import type { TrafficFile } from '../../intake/inspect-files.ts';
import { removedValues, type RemovedValues } from '../../redaction/removed-values.ts';
import { redactCapture } from '../../redaction/redact-capture.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { OriginalRequests } from '../original-requests.ts';

/** The originals that were found, and how many redacted captures wait without one. */
export type ReadOriginals = { readonly originals: OriginalRequests; readonly missing: number };

/**
 * Reads files of traffic once more for the values that were taken out of the captures that wait for an
 * answer in the comparisons. The values are kept in memory only. A capture whose redacted request is
 * not the one in the store, because other rules applied then, has no original.
 */
export const readOriginals = async (options: {
  readonly store: Store;
  readonly files: readonly TrafficFile[];
  /** It uses the salt of the store. */
  readonly redactor: Redactor;
  readonly comparisonIds: readonly string[];
  readonly samples: number;
}): Promise<ReadOriginals> => {
  const { comparisonIds, redactor, samples, store } = options;
  const removed = new Map<string, RemovedValues>();
  await importTraffic({
    files: options.files.filter(({ format }) => !format.holdsAnswers),
    tools: recordedStreams,
    addRecords: async (records) => {
      const pairs = records.flatMap((record) => {
        if (record.kind !== 'capture') return [];
        const redacted = redactCapture(record.capture, redactor).capture;
        return [{ id: storable(redacted.id), redacted, original: record.capture }];
      });
      const wanted = await pendingRedacted(
        store,
        comparisonIds,
        pairs.map(({ id }) => id),
        samples,
      );
      for (const { id, original, redacted } of pairs) {
        if (removed.has(id) || wanted.get(id) !== bodyOf(redacted.request)) continue;
        const values = removedValues(asStored(redacted.request), asStored(original.request));
        if (values !== null) removed.set(id, values);
      }
      return { fates: [] };
    },
  });
  const waiting = await countPendingRedacted(store, comparisonIds, samples);
  return { originals: new OriginalRequests(removed, redactor), missing: waiting - removed.size };
};

/** A request as the store gives it back. */
const asStored = (request: JsonObject): JsonObject => JSON.parse(bodyOf(request)) as JsonObject;
