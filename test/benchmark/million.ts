import { existsSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openStore } from '../../source/store/open.ts';
import { runProcess } from './import-rate.ts';
import { startTimed, type TimedProgram } from './key-latency.ts';
import { buildLargeStore } from './large-store.ts';
import { boundRow, median, milliseconds, quantile, type Row } from './measure.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;

/** The pairs in the store. */
const pairs = Number(process.env['MILLION_BENCHMARK_PAIRS'] ?? 1e6);

const openings = 5;
const verdicts = 220;

/** Words of the texts in `texts.ts`. */
const searchedWords = ['customer', 'payment', 'because'];

/** The store is kept for the next run, since it takes minutes to build. */
const storeFile = async (): Promise<string> => {
  const file = join(tmpdir(), `understudy-benchmark-${pairs}.db`);
  if (!existsSync(file)) {
    const built = `${file}-built`;
    await buildLargeStore(built, pairs);
    renameSync(built, file);
  }
  // A store of an earlier version is migrated, which may take a minute.
  await (await openStore(file, { mustExist: true })).close();
  return file;
};

/** Changes the store between two processes that use it. */
const execute = (file: string, sql: string): void => {
  const database = new Database(file);
  database.exec(sql);
  database.close();
};

/** Makes every answer new to the next summary. */
const forgetFacts = (file: string): void => execute(file, 'delete from pair_block');

/**
 * Gives 4 in 100 pairs verdicts, the first of the random order: a third of them by three reviewers who do not agree, the
 * others by one.
 */
const addVerdicts = (file: string): void =>
  execute(
    file,
    `insert into verdict_event
      (id, comparison_id, capture_id, reviewer, created_at, kind, verdict, ahead, resolves)
    select 'benchmark ' || r.place || s.capture_id, s.comparison_id, s.capture_id,
      'benchmark ' || r.place, '2026-11-30T12:00:00.000Z', 'verdict',
      case when s.rowid % 5 < 3 then 'agree' when r.place = 1 then 'better' else 'worse' end, 0, 0
    from comparison_capture s
    join (select 0 as place union all select 1 union all select 2) r
      on s.rowid % 3 in (0, r.place)
    where s.position < '0a'`,
  );

/** Nobody has verdicts in the store that is kept. */
const removeVerdicts = (file: string): void =>
  execute(file, `delete from verdict_event where reviewer like 'benchmark %'`);

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
    await review.rest(300);
  }
  await review.time('f', (row) => row(-3).startsWith('filter'));
  await review.time('endpoint:endpoint_7', (row) => row(-3).includes('endpoint_7'));
  const filterMs = await review.time('\r', (row) => row(1).startsWith('endpoint_7'));
  await review.time('F', (row) => row(-3).includes('every pair again'));
  const last = String(Math.ceil(pairs / 200) - 1);
  const idFilterMs: number[] = [];
  for (const filter of [`id:t7-${last}`, `endpoint:endpoint_${Number(last) % 100} id:t17-`]) {
    await review.time('f', (row) => row(-3).startsWith('filter'));
    await review.time(`\x15${filter}`, (row) => row(-3).includes(filter));
    idFilterMs.push(await review.time('\r', (row) => /^[1-9].* pairs?/.test(row(-3))));
    await review.time('F', (row) => row(-3).includes('every pair again'));
  }
  const searchMs: number[] = [];
  for (const word of searchedWords) {
    await review.time('/', (row) => row(-3).startsWith('/'));
    await review.time(`\x15${word}`, (row) => row(-3).includes(word));
    searchMs.push(await review.time('\r', (row) => row(-3).includes('this text')));
  }
  const listMs = await review.time('L', (row) => row(4).includes('×'));
  await review.time('G', (row) => row(-4).includes(pairs.toLocaleString('en-US')));
  await review.rest(500);
  await review.time('g', (row) => row(4).includes('×'));
  await review.time('L', (row) => row(-1).includes('a agree'));
  const patternsMs = await review.time(
    'P',
    (row) => row(2).startsWith('─ patterns') && row(4).includes('endpoint_'),
  );
  const patternKeyMs: number[] = [];
  for (let presses = 0; presses < 60; presses++) {
    // The marked row moves down with its pattern, too.
    const key = presses % 2 === 0 ? 'G' : 'g';
    patternKeyMs.push(await review.time(key, (row) => row(4).startsWith('▌') === (key === 'g')));
    await review.rest(50);
  }
  const reviewMegabytes = peakMegabytes(review);
  review.close();
  const summarize = () => runProcess([program, 'summary', '--db', file], cwd);
  forgetFacts(file);
  const first = await summarize();
  const summary = await summarize();
  addVerdicts(file);
  const judged = await summarize().finally(() => removeVerdicts(file));
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
    boundRow(
      `the same, for one pair of them by its id, and for a few`,
      Math.max(...idFilterMs),
      'ms',
      200,
    ),
    boundRow(
      `search in ${count} pairs to the first result, three words`,
      Math.max(...searchMs),
      'ms',
      200,
    ),
    boundRow(`list of ${count} pairs to its first rows`, listMs, 'ms', 1000),
    boundRow(`patterns of ${count} pairs to the first ones`, patternsMs, 'ms', 1000),
    {
      what: 'key in that list while the patterns are counted',
      measured: `p50 ${milliseconds(median(patternKeyMs))}, p95 ${milliseconds(quantile(patternKeyMs, 0.95))}`,
      mustReach: 'p95 ≤ 25 ms',
      reached: quantile(patternKeyMs, 0.95) <= 25,
    },
    boundRow(`memory of the review of ${count} pairs`, reviewMegabytes, 'MB', 300),
    {
      what: `first summary of ${count} pairs whose answers are all new`,
      measured: `${(first.ms / 1000).toFixed(1)} s, peak ${Math.round(first.peakMegabytes)} MB RSS`,
      mustReach: '—',
      reached: true,
    },
    boundRow(`summary of ${count} pairs`, summary.ms, 'ms', 2000),
    boundRow(`memory of the summary of ${count} pairs`, summary.peakMegabytes, 'MB', 300),
    boundRow(`summary of ${count} pairs, 4 % of them judged`, judged.ms, 'ms', 2000),
    boundRow(`memory of that summary`, judged.peakMegabytes, 'MB', 300),
  ];
};
