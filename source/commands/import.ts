import { readConfiguration } from '../configuration/read-configuration.ts';
import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { addRecords } from '../store/captures/add-records.ts';
import { countRecords, type RecordCounts } from '../store/captures/captures.ts';
import { openStore } from '../store/open.ts';
import { UserError } from '../text/user-error.ts';
import { importTraffic } from '../traffic/import.ts';
import type { FileReport } from '../traffic/import-tally.ts';
import { inspectFiles } from '../traffic/inspect-files.ts';
import { redactRecord } from '../traffic/redaction/redact-record.ts';
import { readFlags, storeFile } from './flags.ts';
import { importProgress } from './import-progress.ts';
import { importJson, importText } from './import-report.ts';
import { openRedactor } from './redacting/open-redactor.ts';
import { redactionFlag } from './redacting/redaction-flag.ts';
import { trafficFlags, trafficOptionsOf } from './traffic-flags.ts';

/** `understudy import FILES…`: captured traffic into the store. */
export const importFiles = async (argv: readonly string[]): Promise<number> => {
  const { input, flags } = readFlags('import', argv, {
    db: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string' },
    ...redactionFlag,
    ...trafficFlags,
  });
  if (input.length === 0) {
    throw new UserError(
      'import needs a file of captured traffic: understudy import traffic.jsonl. See understudy import --help.',
    );
  }
  // Before the store is opened, so that a wrong file leaves none behind.
  const { mapping, lastTurn } = trafficOptionsOf(flags, input);
  const { redaction } = await readConfiguration(flags.config, process.env);
  const files = await inspectFiles(input, mapping);
  const store = await openStore(storeFile(flags.db, process.env));
  const progress = importProgress(process.stderr);
  let reports: readonly FileReport[];
  let held: RecordCounts;
  try {
    const at = new Date().toISOString();
    const redactor = flags.redact ? await openRedactor(store, redaction) : null;
    reports = await importTraffic({
      files,
      tools: recordedStreams,
      lastTurn,
      addRecords: (records, source) =>
        addRecords(
          store,
          records.map((record) => redactRecord(record, redactor)),
          { source, comparisonId: null, at },
        ),
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
    process.stdout.write(importText(reports, store.file, held));
  }
  return 0;
};
