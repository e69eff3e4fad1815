import { againstFetch } from './against-fetch.ts';
import { median, type Row } from './measure.ts';
import { rateRow } from './replay-rate.ts';

const flatWithin = 1.05;

/** The median of one quarter of the values (1 to 4). */
const quarter = (values: readonly number[], which: number): number => {
  const at = (share: number): number => Math.floor((values.length * share) / 4);
  return median(values.slice(at(which - 1), at(which)));
};

const concurrency = 256;
const named = (calls: number): string =>
  `${calls.toLocaleString('en-US')} calls of 20 chunks at concurrency ${concurrency}`;

/**
 * 10,000 calls at concurrency 256 with answers of 20 chunks: the rate. And 40,000 of them: that memory
 * stays flat, which 10,000 cannot show, since they end before the heap has come to its size.
 */
export const callRows = async (): Promise<readonly Row[]> => {
  const server = 'chunk-server.ts';
  const short = await againstFetch({ server, captures: 5000, concurrency, rounds: 5 });
  const long = await againstFetch({ server, captures: 20_000, concurrency, rounds: 1 });
  const [values = []] = long.replayMegabytes;
  const second = quarter(values, 2);
  const last = quarter(values, 4);
  return [
    rateRow(`${named(10_000)}, whole process`, 10_000, short, 0.4),
    {
      what: `memory during ${named(40_000)}, the last quarter of the time against the second`,
      measured: `${(last / second).toFixed(2)}× (${Math.round(last)} MB against ${Math.round(second)} MB RSS)`,
      mustReach: `≤ ${flatWithin}×`,
      reached: last / second <= flatWithin,
    },
  ];
};
