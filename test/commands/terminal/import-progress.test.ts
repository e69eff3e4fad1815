import { describe, expect, it } from 'vitest';
import { importProgress } from '../../../source/commands/terminal/import-progress.ts';

const shown = (isTTY: boolean, times: readonly number[]): readonly string[] => {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const progress = importProgress(stream, () => now);
  for (const [index, time] of times.entries()) {
    now = time;
    progress.show({ file: 'traffic\u001b.jsonl', read: (index + 1) * 1000 });
  }
  progress.end();
  return written;
};

describe('the progress of an import', () => {
  it('is written at once, then twenty times a second at most, and taken away', () => {
    expect(shown(true, [0, 1, 49, 50, 51, 120])).toEqual([
      '\r\u001b[Ktraffic␛.jsonl: 1,000 read',
      expect.stringMatching(/jsonl: 4,000 read$/),
      expect.stringMatching(/jsonl: 6,000 read$/),
      '\r\u001b[K',
    ]);
  });

  it('is not written where there is no terminal', () => {
    expect(shown(false, [0, 100])).toEqual([]);
  });
});
