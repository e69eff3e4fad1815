import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { addRecords } from '../store/captures/add-records.ts';
import { countRecords, type RecordCounts } from '../store/captures/captures.ts';
import { openStore } from '../store/open.ts';
import { harmless } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { type FileReport, importTraffic } from '../traffic/import.ts';
import { inspectFiles } from '../traffic/inspect-files.ts';
import { readMapping } from '../traffic/mapping/mapping.ts';
import { readFlags, storeFile } from './flags.ts';
import { importProgress } from './import-progress.ts';
import { importJson, importText } from './import-report.ts';

/** `understudy import FILES…`: captured traffic into the store. */
export const importFiles = async (argv: readonly string[]): Promise<number> => {
  const { input, flags } = readFlags('import', argv, {
    db: { type: 'string' },
    json: { type: 'boolean' },
    map: { type: 'string', isMultiple: true },
  });
  if (input.length === 0) {
    throw new UserError(
      'import needs a file of captured traffic: understudy import traffic.jsonl. See understudy import --help.',
    );
  }
  // Before the store is opened, so that a wrong file leaves none behind.
  const files = await inspectFiles(input, readMapping(flags.map ?? []));
  const store = await openStore(storeFile(flags.db, process.env));
  const progress = importProgress(process.stderr);
  let reports: readonly FileReport[];
  let held: RecordCounts;
  try {
    const at = new Date().toISOString();
    reports = await importTraffic({
      files,
      tools: recordedStreams,
      addRecords: (records, source) =>
        addRecords(store, records, { source, comparisonId: null, at }),
      onProgress: progress.show,
    });
    held = await countRecords(store);
  } finally {
    progress.end();
    await store.close();
  }
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(importJson(reports, store.file, held))}\n`);
  } else {
    process.stdout.write(importText(reports, harmless(store.file), held));
  }
  return 0;
};
