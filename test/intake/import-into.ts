import type { FileReport } from '../../source/intake/import-tally.ts';
import { inspectFiles } from '../../source/intake/inspect-files.ts';
import { storeSink } from '../../source/intake/store-sink.ts';
import { takeIn } from '../../source/intake/take-in.ts';
import type { Store } from '../../source/store/open.ts';
import { at } from '../store/samples.ts';

/** The script of the thread that writes the store. */
export const bulkWorkerUrl = new URL('../../source/intake/thread/bulk-worker.ts', import.meta.url);

/** Imports files as they are. */
export const importInto = async (
  store: Store,
  ...paths: readonly string[]
): Promise<readonly FileReport[]> => {
  const files = await inspectFiles(paths);
  const sink = storeSink(store, files, {
    comparisonId: null,
    at,
    workerUrl: bulkWorkerUrl,
  });
  return takeIn(files, sink, { redactor: null, lastTurn: false, progress: null });
};
