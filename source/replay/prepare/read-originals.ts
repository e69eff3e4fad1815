import { encodeBody, storable } from '../../store/bodies.ts';
import type { Store } from '../../store/open.ts';
import { countPendingRedacted, pendingRedacted } from '../../store/redaction/redactions.ts';
import type { JsonObject } from '../../text/json.ts';
import type { TrafficFile } from '../../intake/inspect-files.ts';
import { takeIn, type ImportProgress, type RecordSink } from '../../intake/take-in.ts';
import { removedValues, type RemovedValues } from '../../redaction/removed-values.ts';
import { redactCapture } from '../../redaction/redact-capture.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { OriginalRequests } from '../original-requests.ts';

/** The originals found, and the number of redacted captures without one. */
export type ReadOriginals = { readonly originals: OriginalRequests; readonly missing: number };

/**
 * Reads files of traffic again for the values that were removed from unanswered captures of the
 * comparisons. Keeps the values in memory only. A capture is not found if its redacted request
 * differs from the one in the store, for example because other rules redacted it.
 */
export const readOriginals = async (options: {
  readonly store: Store;
  readonly files: readonly TrafficFile[];
  /** A redactor with the salt of the store. */
  readonly redactor: Redactor;
  readonly comparisonIds: readonly string[];
  readonly samples: number;
  readonly progress: ImportProgress | null;
}): Promise<ReadOriginals> => {
  const { comparisonIds, progress, redactor, samples, store } = options;
  const removed = new Map<string, RemovedValues>();
  const waiting = await countPendingRedacted(store, comparisonIds, samples);
  const sink: RecordSink = {
    chunk: { records: 500, bytes: 1024 * 1024 },
    ahead: 0,
    add: async (records) => {
      const pairs = records.flatMap((record) => {
        if (record.kind !== 'capture') return [];
        const redacted = redactCapture(record.capture, redactor).capture;
        return [{ id: storable(redacted.id), redacted, original: record.capture }];
      });
      const ids = pairs.map(({ id }) => id);
      const wanted = await pendingRedacted(store, comparisonIds, ids, samples);
      for (const { id, original, redacted } of pairs) {
        if (removed.has(id) || wanted.get(id) !== encodeBody(redacted.request)) continue;
        const values = removedValues(asStored(redacted.request), asStored(original.request));
        if (values !== null) removed.set(id, values);
      }
      return { fates: [], redactions: {} };
    },
    commit: async () => {},
    close: async () => {},
  };
  if (waiting > 0) {
    const files = options.files.filter(({ format }) => !format.holdsAnswers);
    await takeIn(files, sink, { redactor: null, lastTurn: false, progress });
  }
  return { originals: new OriginalRequests(removed, redactor), missing: waiting - removed.size };
};

/** Returns a request as it reads back from the store. */
const asStored = (request: JsonObject): JsonObject => JSON.parse(encodeBody(request)) as JsonObject;
