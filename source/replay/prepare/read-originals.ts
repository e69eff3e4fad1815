import { recordedStreams } from '../../models/stream/recorded-stream.ts';
import { createOriginals, type Originals } from '../original/originals.ts';
import { encodeBody, storable } from '../../store/bodies.ts';
import type { Store } from '../../store/open.ts';
import { countPendingRedacted, pendingRedacted } from '../../store/redaction/redactions.ts';
import type { JsonObject } from '../../text/json.ts';
import { importTraffic } from '../../intake/import-traffic.ts';
import type { TrafficFile } from '../../intake/inspect-files.ts';
import { removedValues, type RemovedValues } from '../../redaction/removed-values.ts';
import { redactCapture } from '../../redaction/redact-capture.ts';
import type { Redactor } from '../../redaction/redactor.ts';

/** The originals that were found, and how many redacted captures wait without one. */
export type ReadOriginals = { readonly originals: Originals; readonly missing: number };

/**
 * Reads files of traffic once more for the values that were taken out of the captures which wait for an
 * answer in the comparisons. What is found is in memory alone. A capture whose redacted request is not
 * the one in the store, as with other rules than then, has none.
 */
export const readOriginals = async (options: {
  readonly store: Store;
  readonly files: readonly TrafficFile[];
  /** With the salt of the store. */
  readonly redactor: Redactor;
  readonly comparisonIds: readonly string[];
  readonly samples: number;
}): Promise<ReadOriginals> => {
  const { comparisonIds, redactor, samples, store } = options;
  const taken = new Map<string, RemovedValues>();
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
        if (taken.has(id) || wanted.get(id) !== encodeBody(redacted.request)) continue;
        const out = removedValues(asStored(redacted.request), asStored(original.request));
        if (out !== null) taken.set(id, out);
      }
      return { fates: [] };
    },
  });
  const waiting = await countPendingRedacted(store, comparisonIds, samples);
  return { originals: createOriginals(taken, redactor), missing: waiting - taken.size };
};

/** As it comes out of the store. */
const asStored = (request: JsonObject): JsonObject => JSON.parse(encodeBody(request)) as JsonObject;
