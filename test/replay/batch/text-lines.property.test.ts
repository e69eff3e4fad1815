import { array, assert, asyncProperty, constantFrom, integer, string } from 'fast-check';
import { expect, it } from 'vitest';
import { textLines } from '../../../source/replay/batch/join-results.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it('finds the same lines wherever the bytes are split', async () => {
  const line = string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\n\uFEFF]/g, ''));
  await assert(
    asyncProperty(
      array(line),
      integer({ min: 1, max: 9 }),
      constantFrom('', '\n'),
      async (lines, size, end) => {
        const text = lines.join('\n') + end;
        const found: (string | null)[] = [];
        for await (const one of textLines(inPieces(Buffer.from(text), size))) found.push(one);
        const whole = Buffer.from(text).toString();
        expect(found).toEqual(whole.split('\n').filter((one) => one.trim() !== ''));
      },
    ),
  );
});
