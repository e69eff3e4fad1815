import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunks } from '../../../source/traffic/reading/read-chunks.ts';
import { readLines, type SourceLine } from '../../../source/traffic/reading/read-lines.ts';
import { temporaryDirectory } from '../../store/temporary-store.ts';

type ReadLine =
  | Extract<SourceLine, { kind: 'skipped' }>
  | (Extract<SourceLine, { kind: 'line' }> & { readonly text: string });

/** Its bytes are there only until the next lines are asked for. */
const withText = (line: SourceLine): ReadLine =>
  line.kind === 'line' ? { ...line, text: line.bytes.toString() } : line;

const linesOf = async (content: string | Buffer, maximumBytes?: number): Promise<ReadLine[]> => {
  const file = join(await temporaryDirectory(), 'traffic.jsonl');
  writeFileSync(file, content);
  const lines: ReadLine[] = [];
  for await (const some of readLines(readChunks(file), maximumBytes))
    lines.push(...some.map(withText));
  return lines;
};

const brief = (lines: readonly ReadLine[]): unknown[] =>
  lines.map((line) => [line.line, line.kind === 'line' ? line.text : line.reason]);

describe('readLines', () => {
  it('removes a byte order mark and CRLF, and counts blank lines', async () => {
    expect(brief(await linesOf('\uFEFFone\r\n\r\n  \n\uFEFFtwo\n\nthree'))).toEqual([
      [1, 'one'],
      [4, 'two'],
      [6, 'three'],
    ]);
  });

  it('recognises a last line without a line end', async () => {
    const complete = (await linesOf('a\nb')).map((line) => line.kind === 'line' && line.complete);
    expect(complete).toEqual([true, false]);
  });

  it('returns lines of any size, plain or gzip', async () => {
    const line = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => text.replaceAll(/[\r\n\uFEFF]/g, '.').toWellFormed());
    const long = fc
      .tuple(line, fc.integer({ min: 1, max: 30_000 }))
      .map(([text, times]) => text.repeat(times));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, long), { maxLength: 8 }), async (texts) => {
        const content = texts.map((text) => `${text}\n`).join('');
        const expected = texts.flatMap((text, index) =>
          text.trim() === '' ? [] : [[index + 1, text]],
        );
        expect(brief(await linesOf(content))).toEqual(expected);
        expect(brief(await linesOf(gzipSync(content)))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('reads several gzip members in a row', async () => {
    const two = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]);
    expect(brief(await linesOf(two))).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('reports a line that is too long and continues after it', async () => {
    const megabyte = 1024 * 1024;
    const content = `one\n${'x'.repeat(megabyte + 1)}\n${'y'.repeat(megabyte)}\n`;
    expect(brief(await linesOf(content, megabyte))).toEqual([
      [1, 'one'],
      [2, 'longer than 1 MB'],
      [3, 'y'.repeat(megabyte)],
    ]);
  });

  it('reports where gzip data end too early or are damaged, and keeps what came before', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `{"line": ${index * 7919}}\n`).join(
      '',
    );
    const whole = gzipSync(text);
    const cut = await linesOf(whole.subarray(0, whole.length / 2));
    expect(cut.length).toBeGreaterThan(1000);
    expect(cut.at(-1)).toMatchObject({ kind: 'skipped', reason: 'the gzip data end too early' });
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, whole.length / 2, whole.length / 2 + 200);
    expect((await linesOf(damaged)).at(-1)).toMatchObject({
      kind: 'skipped',
      reason: 'the gzip data are damaged from here on',
    });
  });

  it('reads everything before bytes that follow the gzip data, and tells their number', async () => {
    const file = join(await temporaryDirectory(), 'traffic.jsonl.gz');
    const texts = Array.from({ length: 30_000 }, (_, index) => `{"line": ${index * 7919}}`);
    const member = gzipSync(`${texts.join('\n')}\n`);
    for (const garbage of ['no gzip', `{"request": "${'x'.repeat(100_000)}"}\n`]) {
      writeFileSync(file, Buffer.concat([member, member, Buffer.from(garbage)]));
      const told: number[] = [];
      const lines: ReadLine[] = [];
      const chunks = readChunks(file, (bytes) => told.push(bytes));
      for await (const some of readLines(chunks)) lines.push(...some.map(withText));
      expect(brief(lines)).toEqual([...texts, ...texts].map((text, index) => [index + 1, text]));
      expect(told).toEqual([garbage.length]);
    }
  });

  it('keeps every line before damage, however slowly they are taken', async () => {
    const file = join(await temporaryDirectory(), 'traffic.jsonl.gz');
    const texts = Array.from({ length: 60_000 }, (_, index) => `{"line": ${index * 7919}}`);
    const whole = gzipSync(`${texts.join('\n')}\n`);
    const wrongSum = Buffer.from(whole);
    wrongSum.writeUInt32LE((whole.readUInt32LE(whole.length - 8) ^ 1) >>> 0, whole.length - 8);
    for (const damaged of [whole.subarray(0, -9), wrongSum]) {
      writeFileSync(file, damaged);
      const lines: ReadLine[] = [];
      for await (const some of readLines(readChunks(file))) {
        lines.push(...some.map(withText));
        await setImmediate();
        await setImmediate();
      }
      expect(lines.at(-1)).toMatchObject({ kind: 'skipped', line: lines.length });
      expect(lines.length).toBeGreaterThan(texts.length - 10);
      expect(brief(lines.slice(0, -1))).toEqual(
        texts.slice(0, lines.length - 1).map((text, index) => [index + 1, text]),
      );
    }
  });

  it('replaces invalid UTF-8 and says so', async () => {
    const [line] = await linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a]));
    expect(line).toMatchObject({ text: 'a\uFFFDb', validUtf8: false });
  });

  it('gives the same id to the same skipped line', async () => {
    const content = `${'x'.repeat(100)}\n${'x'.repeat(100)}\n${'y'.repeat(100)}\n`;
    const ids = (await linesOf(content, 50)).map((line) =>
      line.kind === 'skipped' ? line.id : '',
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});
