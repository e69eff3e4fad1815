import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Side } from '../../comparison/outcome.ts';
import {
  discardBatchJob,
  insertBatchJob,
  updateBatchJob,
  type BatchJob,
} from '../../store/batches/batch-jobs.ts';
import { addBatchLines, type NewBatchLine } from '../../store/batches/batch-lines.ts';
import { saveJobNotSent } from '../../store/not-sent.ts';
import type { Store } from '../../store/open.ts';
import type { BatchRun } from './batch-run.ts';
import type { BatchSide } from './options.ts';

/** One request with the text that the file has for it. */
export type JobLine = NewBatchLine & {
  readonly text: string;
  /** The most that it can cost, USD. */
  readonly atMost: number;
};

/** Writes the file of one job, and its lines into the store, a few hundred at a time. */
export type JobWriter = {
  /** Whether the file has room for a line of so many bytes. */
  readonly fits: (bytes: number) => boolean;
  readonly add: (line: JobLine, bytes: number) => Promise<void>;
  /** Stores what the job is; null when nothing was left to order, and the job is gone. */
  readonly finish: () => Promise<BatchJob | null>;
  /** Takes the job away, with its file; why its requests are not sent is kept where it is given. */
  readonly abandon: (reason: string | null) => Promise<void>;
};

/** Lines and characters that are kept until they are written. */
const mostBuffered = { lines: 500, characters: 4 * 1024 * 1024 };

/** Where the file of a job stands until it is uploaded: beside the store, where there is room. */
export const jobFile = (store: Store, jobId: string): string =>
  `${store.file}.batch-${jobId}.jsonl`;

export const openJobWriter = async (
  run: BatchRun,
  side: Side,
  { price, profile }: BatchSide,
): Promise<JobWriter> => {
  const { comparisonId } = run;
  const { at, newId, store } = run.options;
  const id = newId();
  const path = jobFile(store, id);
  const job = { id, comparisonId, side };
  const createdAt = at();
  await insertBatchJob(store, { ...job, at: createdAt });
  const file: FileHandle = await open(path, 'wx', 0o600);
  const saved = new Map<string, number>();
  let buffered: JobLine[] = [];
  let characters = 0;
  let asked = { lines: 0, bytes: 0 };
  let written = { lines: 0, bytes: 0, atMost: 0 };

  const flush = async (): Promise<void> => {
    if (buffered.length === 0) return;
    const added = await addBatchLines(store, job, buffered, written.lines + 1, saved);
    buffered = [];
    characters = 0;
    const text = added.map((line) => line.text).join('');
    await file.writeFile(text);
    written = {
      lines: written.lines + added.length,
      bytes: written.bytes + Buffer.byteLength(text),
      atMost: added.reduce((sum, line) => sum + line.atMost, written.atMost),
    };
  };

  const abandon = async (reason: string | null): Promise<void> => {
    if (reason !== null) {
      await flush();
      run.countNotSent(reason, await saveJobNotSent(store, id, { reason, at: at() }));
    }
    await file.close();
    await rm(path, { force: true });
    await discardBatchJob(store, id);
  };

  return {
    fits: (bytes) =>
      asked.lines < profile.maximumLines && asked.bytes + bytes <= profile.maximumBytes,
    add: async (line, bytes) => {
      asked = { lines: asked.lines + 1, bytes: asked.bytes + bytes };
      buffered.push(line);
      characters += line.text.length;
      const full = buffered.length >= mostBuffered.lines || characters >= mostBuffered.characters;
      if (full) await flush();
    },
    finish: async () => {
      await flush();
      if (written.lines === 0) {
        await abandon(null);
        return null;
      }
      await file.close();
      const { bytes, lines } = written;
      const atMost = price === null ? null : written.atMost;
      await updateBatchJob(store, id, { lines, bytes, atMost }, at());
      return {
        ...job,
        state: 'planned',
        lines,
        bytes,
        atMost,
        inputFileId: null,
        createSentAt: null,
        batchId: null,
        providerState: null,
        completed: null,
        failed: null,
        total: null,
        problem: null,
        createdAt,
      };
    },
    abandon,
  };
};
