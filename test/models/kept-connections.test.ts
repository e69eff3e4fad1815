import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../source/models/answer.ts';
import { callUrl } from './call.ts';
import { closingServer, type Closing } from './closing-server.ts';

const calls = 100;

/** Makes so many calls, with so many in flight. */
const callAtOnce = async (url: string, inFlight: number): Promise<readonly CallResult[]> => {
  const results: CallResult[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < calls) {
      begun++;
      results.push(await callUrl(url));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return results;
};

const closings: readonly Closing[] = ['at once', 'later', 'at the next request', 'by a reset'];

describe('a server that announces keep-alive and closes after each stream', () => {
  it.each(closings.flatMap((closing) => [1, 8, 16, 32].map((count) => [closing, count] as const)))(
    '%s: loses no call with %i in flight',
    async (closing, inFlight) => {
      const server = await closingServer(closing);
      const results = await callAtOnce(server.url, inFlight);
      const { answered, lost } = server.counts();
      await server.close();
      const failed = results.filter((result) => result.kind === 'failed');
      expect(failed.map(({ failure }) => failure.message)).toEqual([]);
      expect([results.length, answered]).toEqual([calls, calls]);
      // Otherwise nothing was sent again, and the test would prove nothing.
      if (closing === 'at the next request' || closing === 'by a reset') {
        expect(lost).toBeGreaterThan(calls / 4);
      }
    },
  );
});
