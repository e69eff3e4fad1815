import { createOriginals, type Originals } from '../original/originals.ts';
import { encodeBody, storable } from '../../store/bodies.ts';
import type { Store } from '../../store/open.ts';
import { countPendingRedacted, pendingRedacted } from '../../store/redaction/redactions.ts';
import type { JsonObject } from '../../text/json.ts';
import type { TrafficFile } from '../../intake/inspect-files.ts';
import { takeIn, type ImportProgress, type RecordSink } from '../../intake/take-in.ts';
import { removedValues, type RemovedValues } from '../../redaction/removed-values.ts';
import { redactCapture } from '../../redaction/redact-capture.ts';
import type { Redactor } from '../../redaction/redactor.ts';

/** The originals that were found, and how many redacted captures wait without one. */
export type ReadOriginals = { readonly originals: Originals; readonly missing: number };

/**
 * Reads files of traffic once more for the values that were removed from captures which wait for an answer
 * in the comparisons. Keeps them in memory only. A capture is not found if its redacted request differs
 * from the one in the store, for instance because it was redacted by other rules.
 */
export const readOriginals = async (options: {
  readonly store: Store;
  readonly files: readonly TrafficFile[];
  /** With the salt of the store. */
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
  return { originals: createOriginals(removed, redactor), missing: waiting - removed.size };
};

/** As it comes out of the store. */
const asStored = (request: JsonObject): JsonObject => JSON.parse(encodeBody(request)) as JsonObject;
