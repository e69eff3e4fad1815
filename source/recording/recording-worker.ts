// Runs in a thread of its own, so that no call waits for a disk, a database or a long body.
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ImportRecord } from '../traffic/import-record.ts';
import { loadRules } from '../redaction/rules/load-rules.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import { RuleRedactor } from '../redaction/redactor.ts';
import type { FromWorker, ToWorker, WriterSettings } from './recorder.ts';
import { type Parcel, unpack } from './parcel.ts';
import { openFileSink } from './writing/file-sink.ts';
import { openStoreSink } from './writing/store-sink.ts';
import { createWriter } from './writing/writer.ts';

/** So many exchanges, or bytes, share a transaction when they wait, or what one parcel holds. */
const together = { exchanges: 2048, bytes: 8 * 1024 * 1024 };

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
  const redactor = new RuleRedactor({
    rules: await loadRules(redaction.rules),
    salt: salt ?? randomBytes(32).toString('hex'),
    ignore: redaction.ignore,
  });
  return (record) => redactRecord(record, redactor);
};

const say = (message: FromWorker, moved: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, [...moved]);

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
  const waiting: Parcel[] = [];
  let writing = false;
  let closing = false;
  const writeAll = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      const settled = await writer.write(batch.flatMap(unpack));
      const exchanges = batch.reduce((sum, parcel) => sum + parcel.exchanges, 0);
      const size = batch.reduce((sum, parcel) => sum + parcel.size, 0);
      const buffers = batch.map(({ bytes }) => bytes);
      say({ kind: 'settled', exchanges, bytes: size, buffers, ...settled }, buffers);
    }
    writing = false;
    if (!closing) return;
    await sink.close();
    say({ kind: 'closed' });
    parentPort?.close();
  };
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'parcel') waiting.push(message.parcel);
    else {
      closing = true;
      writer.hurry();
    }
    void writeAll();
  });
};

const takeBatch = (waiting: Parcel[]): readonly Parcel[] => {
  let exchanges = 0;
  let bytes = 0;
  const over = waiting.findIndex((parcel, index) => {
    exchanges += parcel.exchanges;
    bytes += parcel.size;
    return index > 0 && (exchanges > together.exchanges || bytes > together.bytes);
  });
  return waiting.splice(0, over === -1 ? waiting.length : over);
};

await run();
