import { existsSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { runProcess } from './import-rate.ts';
import { startTimed, type TimedProgram } from './key-latency.ts';
import { buildLargeStore } from './large-store.ts';
import { boundRow, median, milliseconds, quantile, type Row } from './measure.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;

/** The pairs in the store. */
const pairs = Number(process.env['MILLION_BENCHMARK_PAIRS'] ?? 1e6);

const openings = 5;
const verdicts = 220;

/** The store is kept for the next run, since it takes minutes to build. */
const storeFile = async (): Promise<string> => {
  const file = join(tmpdir(), `understudy-benchmark-${pairs}.db`);
  if (!existsSync(file)) {
    const built = `${file}-built`;
    await buildLargeStore(built, pairs);
    renameSync(built, file);
  }
  return file;
};

/** Makes every answer new to the next summary. */
const forgetFacts = (file: string): void => {
  const database = new Database(file);
  database.exec('delete from pair_block');
  database.close();
};

/** The greatest resident memory of a process so far, in megabytes. */
const peakMegabytes = ({ pid }: TimedProgram): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** A review and a summary of 1,000,000 pairs. */
export const millionRows = async (): Promise<readonly Row[]> => {
  const file = await storeFile();
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  // Nobody has verdicts yet, so that the next run measures the same.
  const reviewer = `r${Date.now()}`;
  const open = async () => {
    const args = [program, 'review', '--db', file, '--reviewer', reviewer];
    const review = startTimed(process.execPath, args, { columns: 120, rows: 40, cwd });
    const ms = await review.wait((row) => row(-1).includes('q quit') && row(8) !== '');
    return { review, ms };
  };
  // The first one migrates a store of an earlier version.
  (await open()).review.close();
  const openMs: number[] = [];
  for (let run = 0; run < openings; run++) {
    const { ms, review } = await open();
    openMs.push(ms);
    review.close();
  }
  const { review } = await open();
  await review.rest(500);
  // Verdicts are given from the start, while the rest of the queue is being read.
  const verdictMs: number[] = [];
  for (let judged = 1; judged <= verdicts; judged++) {
    const took = await review.time(judged % 2 === 0 ? 'a' : 'x', (row) =>
      new RegExp(`\\) of ${judged}\\b`).test(row(0)),
    );
    if (judged > 20) verdictMs.push(took);
    await review.rest(200);
  }
  await review.time('f', (row) => row(-3).startsWith('filter'));
  await review.time('endpoint:endpoint_7', (row) => row(-3).includes('endpoint_7'));
  const filterMs = await review.time('\r', (row) => row(1).startsWith('endpoint_7'));
  const reviewMegabytes = peakMegabytes(review);
  review.close();
  const summarize = () => runProcess([program, 'summary', '--db', file], cwd);
  forgetFacts(file);
  const first = await summarize();
  const summary = await summarize();
  const count = pairs.toLocaleString('en-US');
  return [
    boundRow(`review of ${count} pairs to the first full screen`, median(openMs), 'ms', 1000),
    {
      what: `verdict key to the next of ${count} pairs, from the first screen on`,
      measured: `p50 ${milliseconds(median(verdictMs))}, p99 ${milliseconds(quantile(verdictMs, 0.99))} (n ${verdictMs.length})`,
      mustReach: 'p99 ≤ 25 ms',
      reached: quantile(verdictMs, 0.99) <= 25,
    },
    boundRow(`filter over ${count} pairs to the first result`, filterMs, 'ms', 200),
    boundRow(`memory of the review of ${count} pairs`, reviewMegabytes, 'MB', 300),
    {
      what: `first summary of ${count} pairs whose answers are all new`,
      measured: `${(first.ms / 1000).toFixed(1)} s, peak ${Math.round(first.peakMegabytes)} MB RSS`,
      mustReach: '—',
      reached: true,
    },
    boundRow(`summary of ${count} pairs`, summary.ms, 'ms', 2000),
    boundRow(`memory of the summary of ${count} pairs`, summary.peakMegabytes, 'MB', 300),
  ];
};
