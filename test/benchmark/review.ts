import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillStore } from '../helpers/filled-store.ts';
import { startTimed } from './key-latency.ts';
import { latencyRow, ratioRow, type Row } from './measure.ts';
import { similarTexts } from './texts.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;
const sizes = [
  { columns: 120, rows: 40, boundMs: 16 },
  { columns: 200, rows: 60, boundMs: 25 },
] as const;

/** Pairs of answers of about 2 KB. */
function* pairsOf2KB(count: number) {
  for (let index = 0; index < count; index++) {
    yield { id: `req_${index}`, ...similarTexts(index, 26, 78, index % 4 === 0 ? 'zh' : 'en') };
  }
}

/** `review` on 10,000 pairs to the first full screen, against bare Node in the same terminal. */
export const openingRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  await fillStore(join(cwd, 'understudy.db'), pairsOf2KB(10_000));
  const ours: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < 11; run++) {
    const node = startTimed(process.execPath, ['-e', 'process.stdout.write("up")'], {
      columns: 120,
      rows: 40,
      cwd,
    });
    bare.push(await node.wait((row) => row(0) === 'up'));
    node.close();
    const review = startTimed(process.execPath, [program, 'review'], {
      columns: 120,
      rows: 40,
      cwd,
    });
    ours.push(await review.wait((row) => row(-1).includes('q quit') && row(8) !== ''));
    if (run === 0) {
      // Node writes the cache of compiled code when a program ends by itself.
      await review.time('q', (row) =>
        [...Array(40).keys()].some((at) => row(at).startsWith('The numbers')),
      );
      await review.rest(500);
    }
    review.close();
  }
  // The first run of each fills the caches of files and of compiled code.
  return [
    ratioRow('review of 10,000 pairs to the first full screen', ours.slice(1), bare.slice(1), 8),
  ];
};

/** Verdict key to the next pair drawn. */
export const verdictRows = async (): Promise<readonly Row[]> => {
  const result: Row[] = [];
  for (const { columns, rows, boundMs } of sizes) {
    const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
    await fillStore(join(cwd, 'understudy.db'), pairsOf2KB(300));
    const review = startTimed(process.execPath, [program, 'review'], { columns, rows, cwd });
    await review.wait((row) => row(-1).includes('q quit') && row(8) !== '');
    await review.rest(500);
    const times: number[] = [];
    for (let judged = 1; judged <= 220; judged++) {
      // The keys alternate: the same key struck again at once would be taken for a held one.
      const took = await review.time(judged % 2 === 0 ? 'a' : 'x', (row) =>
        new RegExp(`\\) of ${judged}\\b`).test(row(0)),
      );
      if (judged > 20) times.push(took);
      await review.rest(300);
    }
    review.close();
    result.push(
      latencyRow(
        `verdict key to the next pair, answers of 2 KB, ${columns}×${rows}`,
        times,
        boundMs,
      ),
    );
  }
  return result;
};

/** Scrolling by one line in a diff of two answers of 10,000 lines. */
export const scrollRows = async (): Promise<readonly Row[]> => {
  const result: Row[] = [];
  for (const language of ['en', 'zh'] as const) {
    for (const { columns, rows, boundMs } of sizes) {
      const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
      const half = Math.floor(columns / 2) - 4;
      const texts = similarTexts(7, 10_000, language === 'en' ? half - 10 : half / 2 - 4, language);
      await fillStore(join(cwd, 'understudy.db'), [{ id: 'long', ...texts }]);
      const review = startTimed(process.execPath, [program, 'review'], { columns, rows, cwd });
      await review.wait((row) => row(-3).includes('difference'));
      // Unfolded, and from the top instead of the first difference.
      await review.time('zg', (row) => /rows 1–\d+ of 1\d,\d{3}/.test(row(-3)));
      await review.rest(500);
      const times: number[] = [];
      for (let scrolled = 1; scrolled <= 220; scrolled++) {
        const took = await review.time('j', (row) => row(-3).includes(`rows ${scrolled + 1}–`));
        if (scrolled > 20) times.push(took);
        await review.rest(30);
      }
      review.close();
      const name = language === 'en' ? 'English' : 'Chinese';
      result.push(
        latencyRow(
          `scroll by a line, two answers of 10,000 lines, ${name}, ${columns}×${rows}`,
          times,
          boundMs,
        ),
      );
    }
  }
  return result;
};
