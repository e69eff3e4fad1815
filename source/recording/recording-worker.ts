// Runs in a separate thread: no call waits for a disk, a database or a long body.
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { ImportRecord } from '../traffic/import-record.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import { RuleRedactor } from '../redaction/redactor.ts';
import { loadRules } from '../redaction/rules/load-rules.ts';
import { answerQuestions, sendNotice, type ThreadAnswer } from '../threads/thread.ts';
import { unpackExchanges, type ExchangeParcel } from './exchange-parcel.ts';
import type { RecordingAnswer, RecordingQuestion, WriterSettings } from './recorder.ts';
import { openFileSink, openStoreSink } from './writing/sinks.ts';
import { nothingSettled, Writer } from './writing/writer.ts';

/** Waiting parcels share a transaction, up to these numbers of exchanges and bytes. */
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
    rules: await loadRules(redaction.rules, redaction.phoneCountries),
    salt: salt ?? randomBytes(32).toString('hex'),
    ignore: redaction.ignore,
  });
  return (record) => redactRecord(record, redactor);
};

/** A parcel that waits to be saved. */
type WaitingParcel = {
  readonly parcel: ExchangeParcel;
  readonly answer: (answer: ThreadAnswer<RecordingAnswer>) => void;
};

/** Removes the oldest parcels that share the next transaction. */
const takeTogether = (waiting: WaitingParcel[]): readonly WaitingParcel[] => {
  let exchanges = 0;
  let bytes = 0;
  const end = waiting.findIndex(({ parcel }, index) => {
    exchanges += parcel.exchanges;
    bytes += parcel.size;
    return (
      index > 0 && (exchanges > transactionLimits.exchanges || bytes > transactionLimits.bytes)
    );
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
};

/** Saves parcels that share a transaction. The last answer says what became of all of them. */
const saveTogether = async (writer: Writer, parcels: readonly WaitingParcel[]): Promise<void> => {
  const settled = await writer.write(parcels.flatMap(({ parcel }) => unpackExchanges(parcel)));
  for (const [index, { answer, parcel }] of parcels.entries()) {
    const isLast = index === parcels.length - 1;
    const buffer = parcel.bytes;
    answer({
      answer: { settled: isLast ? settled : nothingSettled, buffer },
      transferred: [buffer],
    });
  }
};

/** Ends the thread: an error that `Writer` does not handle is a bug. */
const crash = (error: unknown): void => {
  setImmediate(() => {
    throw error;
  });
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
    onTrouble: sendNotice,
  });
  const waiting: WaitingParcel[] = [];
  let saving: Promise<void> | null = null;
  const saveAll = async (): Promise<void> => {
    while (waiting.length > 0) await saveTogether(writer, takeTogether(waiting));
    saving = null;
  };
  answerQuestions<RecordingQuestion, RecordingAnswer>(async (question) => {
    if (question.kind === 'close') {
      writer.hurry();
      await saving;
      await sink.close();
      return { answer: null };
    }
    const { promise, resolve } = Promise.withResolvers<ThreadAnswer<RecordingAnswer>>();
    waiting.push({ parcel: question.parcel, answer: resolve });
    saving ??= saveAll().catch(crash);
    return promise;
  });
};

await run();
