import { againstFetch, type Rounds } from './against-fetch.ts';
import { median, type Row } from './measure.ts';

/** The rate of a replay as a share of that of bare fetch, against a bound. */
export const rateRow = (
  what: string,
  calls: number,
  { replayMs, fetchMs }: Rounds,
  bound: number,
): Row => {
  const rate = (ms: number): number => Math.round((calls * 1000) / ms);
  const ratio = median(fetchMs) / median(replayMs);
  return {
    what,
    measured: `${ratio.toFixed(2)}× the rate of bare fetch (${rate(median(replayMs))} against ${rate(median(fetchMs))} a second, n ${replayMs.length})`,
    mustReach: `≥ ${bound}×`,
    reached: ratio >= bound,
  };
};

/** 2,000 calls at concurrency 64, where the start of the process weighs as much as the calls. */
export const replayRows = async (): Promise<readonly Row[]> => {
  const captures = 1000;
  const concurrency = 64;
  const rounds = await againstFetch({
    server: 'instant-server.ts',
    captures,
    concurrency,
    rounds: 5,
  });
  const what = `replay of ${2 * captures} requests at concurrency ${concurrency}, whole process`;
  return [rateRow(what, 2 * captures, rounds, 0.4)];
};
