import { againstFetch } from './against-fetch.ts';
import { median, type Row } from './measure.ts';
import { rateRow } from './replay-rate.ts';

const flatWithin = 1.05;

/** The median of one quarter of the values (1 to 4). */
const quarter = (values: readonly number[], which: number): number => {
  const at = (share: number): number => Math.floor((values.length * share) / 4);
  return median(values.slice(at(which - 1), at(which)));
};

/** 10,000 calls at concurrency 256 with answers of 20 chunks: the rate, and that memory stays flat. */
export const callRows = async (): Promise<readonly Row[]> => {
  const captures = 5000;
  const concurrency = 256;
  const rounds = await againstFetch({
    server: 'chunk-server.ts',
    captures,
    concurrency,
    rounds: 5,
  });
  const what = `${(2 * captures).toLocaleString('en-US')} calls of 20 chunks at concurrency ${concurrency}`;
  const second = median(rounds.replayMegabytes.map((values) => quarter(values, 2)));
  const last = median(rounds.replayMegabytes.map((values) => quarter(values, 4)));
  return [
    rateRow(`${what}, whole process`, 2 * captures, rounds, 0.6),
    {
      what: `memory during ${what}, the last quarter of the time against the second`,
      measured: `${(last / second).toFixed(2)}× (${Math.round(last)} MB against ${Math.round(second)} MB RSS, n ${rounds.replayMegabytes.length})`,
      mustReach: `≤ ${flatWithin}×`,
      reached: last / second <= flatWithin,
    },
  ];
};
