import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { startBulkImport } from './thread/bulk-import.ts';
import type { FileReport } from './import-tally.ts';
import { importTraffic } from './import-traffic.ts';
import type { TrafficFile } from './inspect-files.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { importProgress } from '../commands/terminal/status-line.ts';

/**
 * So many batches wait for the thread that writes, which never has to wait for the next one. They are
 * small, so that nothing of them lives long enough to be a burden for the garbage collector.
 */
const ahead = 192;
const batch = { records: 8, bytes: 64 * 1024 };

/** Beside the bundle. */
const workerUrl = new URL('./bulk-worker.js', import.meta.url);

/** Imports files into the store in a file. A thread of its own writes, which pays for large files. */
export const importBulk = async (
  storeFile: string,
  files: readonly TrafficFile[],
  options: {
    readonly lastTurn: boolean;
    /** Null: everything is stored as it is. */
    readonly redactor: Redactor | null;
    readonly at: string;
  },
): Promise<readonly FileReport[]> => {
  const { at, lastTurn, redactor } = options;
  const bulk = startBulkImport(workerUrl, { file: storeFile, at });
  const progress = importProgress(process.stderr);
  try {
    const reports = await importTraffic({
      files,
      tools: recordedStreams,
      lastTurn,
      ahead,
      batch,
      addRecords: (records, source) =>
        bulk.add(
          records.map((record) => redactRecord(record, redactor)),
          source,
        ),
      onProgress: progress.show,
    });
    await bulk.end();
    return reports;
  } finally {
    progress.end();
    await bulk.abandon();
  }
};
