// Runs in a thread of its own, so that no call waits for a disk, a database or a long body.
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ImportRecord } from '../traffic/import-record.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import { RuleRedactor } from '../redaction/redactor.ts';
import { loadRules } from '../redaction/rules/load-rules.ts';
import { unpackExchanges, type ExchangeParcel } from './exchange-parcel.ts';
import type { FromRecordingThread, ToRecordingThread, WriterSettings } from './recorder.ts';
import { openFileSink, openStoreSink } from './writing/sinks.ts';
import { nothingSettled, Writer } from './writing/writer.ts';

/** Parcels that wait share a transaction, up to so many exchanges and bytes. */
const transactionLimits = { exchanges: 2048, bytes: 8 * 1024 * 1024 };

/** Gives calls precedence over records, where the system can lower the priority of a single thread. */
const lowerPriority = (): void => {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 19);
  } catch {
    // Not on this system.
  }
};

/**
 * What removes from a record everything that must not be saved. A file keeps no salt, so that each run
 * has its own.
 */
const openRedaction = async (
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

const post = (message: FromRecordingThread, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, [...transfer]);

/** Removes the oldest parcels that share the next transaction. */
const takeBatch = (waiting: ExchangeParcel[]): readonly ExchangeParcel[] => {
  let exchanges = 0;
  let bytes = 0;
  const end = waiting.findIndex((parcel, index) => {
    exchanges += parcel.exchanges;
    bytes += parcel.size;
    return (
      index > 0 && (exchanges > transactionLimits.exchanges || bytes > transactionLimits.bytes)
    );
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
};

/** Answers each parcel of a batch. The last answer carries what became of all of them. */
const writeBatch = async (writer: Writer, batch: readonly ExchangeParcel[]): Promise<void> => {
  const settled = await writer.write(batch.flatMap(unpackExchanges));
  for (const [index, { bytes }] of batch.entries()) {
    const isLast = index === batch.length - 1;
    const answer = { settled: isLast ? settled : nothingSettled, buffer: bytes };
    post({ kind: 'answer', answer }, [bytes]);
  }
};

const run = async (): Promise<void> => {
  const settings = workerData as WriterSettings;
  lowerPriority();
  const sink =
    settings.to.kind === 'store'
      ? await openStoreSink(settings.to.file)
      : await openFileSink(settings.to.file, settings.to.rotateBytes);
  const writer = new Writer({
    sink,
    share: settings.share,
    redact: await openRedaction(settings.redaction, sink.salt),
    onTrouble: (trouble) => post({ kind: 'trouble', trouble }),
  });
  const waiting: ExchangeParcel[] = [];
  let isWriting = false;
  let isClosing = false;
  const writeAll = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) await writeBatch(writer, takeBatch(waiting));
    isWriting = false;
    if (!isClosing) return;
    await sink.close();
    parentPort?.close();
  };
  parentPort?.on('message', (message: ToRecordingThread) => {
    if (message.kind === 'parcel') waiting.push(message.parcel);
    else {
      isClosing = true;
      writer.hurry();
    }
    void writeAll();
  });
};

await run();
