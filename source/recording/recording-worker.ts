// Runs in a thread of its own, so that no call waits for a disk, a database or a long body.
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ImportRecord } from '../traffic/import-record.ts';
import { loadRules } from '../traffic/redaction/load-rules.ts';
import { redactRecord } from '../traffic/redaction/redact-record.ts';
import { createRedactor } from '../traffic/redaction/redactor.ts';
import type { FromWorker, ToWorker, WriterSettings } from './recorder.ts';
import { sizeOf, unpack } from './parcel.ts';
import type { TappedExchange } from './tapped-exchange.ts';
import { openFileSink } from './writing/file-sink.ts';
import { openStoreSink } from './writing/store-sink.ts';
import { createWriter } from './writing/writer.ts';

/** So many exchanges, or bytes, share a transaction. */
const together = { exchanges: 200, bytes: 8 * 1024 * 1024 };

/** Where the system can give one thread less than another, calls go before records. */
const stepBack = (): void => {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 19);
  } catch {
    // Another system: both have the same.
  }
};

/** Takes out of a record what must not be saved. A file has no salt of its own: it gets one a run. */
const preparation = async (
  redaction: WriterSettings['redaction'],
  salt: string | null,
): Promise<(record: ImportRecord) => ImportRecord> => {
  if (redaction === null) return (record) => record;
  const redactor = createRedactor({
    rules: await loadRules(redaction.rules),
    salt: salt ?? randomBytes(32).toString('hex'),
    ignore: redaction.ignore,
  });
  return (record) => redactRecord(record, redactor);
};

const say = (message: FromWorker): void => parentPort?.postMessage(message);

const run = async (): Promise<void> => {
  const settings = workerData as WriterSettings;
  stepBack();
  const sink =
    settings.to.kind === 'store'
      ? await openStoreSink(settings.to.file)
      : await openFileSink(settings.to.file, settings.to.rotateBytes);
  const writer = createWriter({
    sink,
    share: settings.share,
    prepare: await preparation(settings.redaction, sink.salt),
    onTrouble: (trouble) => say({ kind: 'trouble', trouble }),
  });
  const waiting: TappedExchange[] = [];
  let writing = false;
  let closing = false;
  const writeAll = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      const bytes = batch.reduce((sum, exchange) => sum + sizeOf(exchange), 0);
      const settled = await writer.write(batch);
      say({ kind: 'settled', exchanges: batch.length, bytes, ...settled });
    }
    writing = false;
    if (!closing) return;
    await sink.close();
    say({ kind: 'closed' });
    parentPort?.close();
  };
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'exchanges') waiting.push(...unpack(message.parcel));
    else {
      closing = true;
      writer.hurry();
    }
    void writeAll();
  });
};

const takeBatch = (waiting: TappedExchange[]): readonly TappedExchange[] => {
  let bytes = 0;
  const over = waiting.findIndex((exchange, index) => {
    bytes += sizeOf(exchange);
    return index > 0 && (index >= together.exchanges || bytes > together.bytes);
  });
  return waiting.splice(0, over === -1 ? waiting.length : over);
};

await run();
