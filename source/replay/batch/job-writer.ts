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
import type { BatchComparison } from './batch-comparison.ts';
import type { BatchSide } from './batch-options.ts';

/** A request with its line in the file. */
export type JobLine = NewBatchLine & {
  readonly text: string;
  /** The most that it can cost, in USD. */
  readonly atMost: number;
};

/** The most lines and characters held in memory before they are written. */
const mostBuffered = { lines: 500, characters: 4 * 1024 * 1024 };

/** Returns the path of a job's file before upload: next to the store, where there is disk space. */
export const jobFile = (store: Store, jobId: string): string =>
  `${store.file}.batch-${jobId}.jsonl`;

/** Writes the file of one job and stores its lines, a few hundred at a time. */
export class JobWriter {
  readonly #comparison: BatchComparison;
  readonly #job: { readonly id: string; readonly comparisonId: string; readonly side: Side };
  readonly #model: BatchSide;
  readonly #createdAt: string;
  readonly #file: FileHandle;
  /** The ids of saved adaptations, by their text. */
  readonly #saved = new Map<string, number>();
  #buffered: JobLine[] = [];
  #characters = 0;
  #added = { lines: 0, bytes: 0 };
  #written = { lines: 0, bytes: 0, atMost: 0 };

  private constructor(options: {
    readonly comparison: BatchComparison;
    readonly id: string;
    readonly side: Side;
    readonly model: BatchSide;
    readonly createdAt: string;
    readonly file: FileHandle;
  }) {
    const { comparison, createdAt, file, id, model, side } = options;
    this.#comparison = comparison;
    this.#job = { id, comparisonId: comparison.id, side };
    this.#model = model;
    this.#createdAt = createdAt;
    this.#file = file;
  }

  /** Creates a job and its file. */
  static async open(comparison: BatchComparison, side: Side, model: BatchSide): Promise<JobWriter> {
    const { at, newId, store } = comparison.options;
    const id = newId();
    const createdAt = at();
    await insertBatchJob(store, { id, comparisonId: comparison.id, side, at: createdAt });
    const file = await open(jobFile(store, id), 'wx', 0o600);
    return new JobWriter({ comparison, id, side, model, createdAt, file });
  }

  /** Returns whether a line of this many bytes fits into the file. */
  fits(bytes: number): boolean {
    const { maximumBytes, maximumLines } = this.#model.profile;
    return this.#added.lines < maximumLines && this.#added.bytes + bytes <= maximumBytes;
  }

  async add(line: JobLine, bytes: number): Promise<void> {
    this.#added = { lines: this.#added.lines + 1, bytes: this.#added.bytes + bytes };
    this.#buffered.push(line);
    this.#characters += line.text.length;
    const isFull =
      this.#buffered.length >= mostBuffered.lines || this.#characters >= mostBuffered.characters;
    if (isFull) await this.#flush();
  }

  /** Stores the job; null if it has no requests left and was removed. */
  async finish(): Promise<BatchJob | null> {
    await this.#flush();
    const { bytes, lines } = this.#written;
    if (lines === 0) {
      await this.abandon(null);
      return null;
    }
    await this.#file.close();
    const { at, store } = this.#comparison.options;
    const atMost = this.#model.price === null ? null : this.#written.atMost;
    await updateBatchJob(store, this.#job.id, { lines, bytes, atMost }, at());
    return {
      ...this.#job,
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
      createdAt: this.#createdAt,
    };
  }

  /** Removes the job and its file. A reason, if given, is stored for its requests. */
  async abandon(reason: string | null): Promise<void> {
    const { options, run } = this.#comparison;
    const { at, store } = options;
    const { id } = this.#job;
    if (reason !== null) {
      await this.#flush();
      run.addNotSent(reason, await saveJobNotSent(store, id, { reason, at: at() }));
    }
    await this.#file.close();
    await rm(jobFile(store, id), { force: true });
    await discardBatchJob(store, id);
  }

  async #flush(): Promise<void> {
    if (this.#buffered.length === 0) return;
    const { store } = this.#comparison.options;
    const next = this.#written.lines + 1;
    const added = await addBatchLines(store, this.#job, this.#buffered, next, this.#saved);
    this.#buffered = [];
    this.#characters = 0;
    const text = added.map((line) => line.text).join('');
    await this.#file.writeFile(text);
    this.#written = {
      lines: this.#written.lines + added.length,
      bytes: this.#written.bytes + Buffer.byteLength(text),
      atMost: added.reduce((sum, line) => sum + line.atMost, this.#written.atMost),
    };
  }
}
