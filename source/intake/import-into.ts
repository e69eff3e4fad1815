import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { addRecords } from '../store/captures/add-records.ts';
import type { Store } from '../store/open.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import type { FileReport } from './import-tally.ts';
import { importTraffic } from './import-traffic.ts';
import type { TrafficFile } from './inspect-files.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { importProgress } from '../commands/terminal/status-line.ts';

/** Imports files into a store, with a line of progress where stderr is a terminal. */
export const importInto = async (
  store: Store,
  files: readonly TrafficFile[],
  options: {
    readonly lastTurn: boolean;
    /** Null: everything is stored as it is. */
    readonly redactor: Redactor | null;
    /** The records are selected into this comparison. */
    readonly comparisonId: string | null;
    readonly at: string;
    readonly onRecords?: (records: readonly ImportRecord[], fates: readonly RecordFate[]) => void;
  },
): Promise<readonly FileReport[]> => {
  const { at, comparisonId, lastTurn, redactor } = options;
  const progress = importProgress(process.stderr);
  try {
    return await importTraffic({
      files,
      tools: recordedStreams,
      lastTurn,
      addRecords: async (records, source) => {
        const redacted = records.map((record) => redactRecord(record, redactor));
        const added = await addRecords(store, redacted, { source, comparisonId, at });
        options.onRecords?.(records, added.fates);
        return added;
      },
      onProgress: progress.show,
    });
  } finally {
    progress.end();
  }
};
