import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../source/text/json.ts';
import type { SourceRecord } from '../../../source/traffic/reading/source-record.ts';
import { temporaryDirectory } from '../../store/temporary-store.ts';
import { allRecords } from './all-records.ts';

const recordsOf = async (
  content: string | Buffer,
  maximumBytes?: number,
): Promise<readonly SourceRecord[]> => {
  const file = join(await temporaryDirectory(), 'traffic.json');
  writeFileSync(file, content);
  return allRecords(file, maximumBytes);
};

const objectsOf = (records: readonly SourceRecord[]): readonly (JsonObject | string)[] =>
  records.map((record) => (record.kind === 'object' ? record.object : record.reason));

/** A record that no format keeps other records in; its texts try to look like structure. */
const record = fc.record({
  request: fc.record({
    messages: fc.array(
      fc.record({
        role: fc.constant('user'),
        content: fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom('}{', '"]\\"', '\\', '{"data":[{', 'line\nline', '\u2028', '问题'),
          fc.nat(20_000).map((length) => 'x"'.repeat(length)),
        ),
      }),
      { maxLength: 3 },
    ),
  }),
  extra: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonObject>,
});

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

/** Ways in which the same records are written down. */
const layouts: Readonly<Record<string, (records: readonly JsonObject[]) => string>> = {
  'one a line': (records) => records.map((one) => `${JSON.stringify(one)}\n`).join(''),
  'one a line with CRLF and a byte order mark': (records) =>
    `\uFEFF${records.map((one) => `${JSON.stringify(one)}\r\n`).join('')}`,
  'over several lines': (records) => records.map((one) => `${pretty(one)}\n`).join(''),
  'over several lines, nothing between': (records) => records.map(pretty).join(''),
  'an array in a line': (records) => JSON.stringify(records),
  'an array over lines': (records) => `\uFEFF\n ${pretty(records)}\n`,
  'a page of an API': (records) => pretty({ object: 'list', data: records, has_more: false }),
  'a page in a line': (records) => JSON.stringify({ data: records, meta: { page: 1 } }),
  'two pages': (records) =>
    `${pretty({ data: records.slice(0, 1) })}\n${pretty({ data: records.slice(1) })}`,
  'an array two objects deep': (records) =>
    pretty({ log: { version: '1.2', pages: [{ id: 'a' }], entries: records, comment: '[' } }),
};

describe('readRecords', () => {
  for (const [name, layOut] of Object.entries(layouts)) {
    it(`reads the same records from ${name}, plain and gzip`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
          const content = layOut(records as unknown as readonly JsonObject[]);
          const expected = JSON.parse(JSON.stringify(records)) as unknown;
          expect(objectsOf(await recordsOf(content))).toEqual(expected);
          expect(objectsOf(await recordsOf(gzipSync(content)))).toEqual(expected);
        }),
        { numRuns: 25 },
      );
    });
  }

  it('reads an array that begins beyond the head, and says where it stood', async () => {
    const entries = Array.from({ length: 400 }, (_, index) => ({
      id: index,
      text: 'a'.repeat(9000),
    }));
    for (const write of [JSON.stringify, pretty]) {
      const records = await recordsOf(
        write({ log: { creator: { name: 'proxy', data: [] }, entries, version: '1' } }),
      );
      expect(objectsOf(records)).toEqual(entries);
      expect(records[399]?.around).toEqual({
        within: 'log.entries',
        rest: { log: { creator: { name: 'proxy', data: [] } } },
      });
    }
  });

  it('also returns the data around the records of a small file', async () => {
    const records = await recordsOf(pretty({ trace: { userId: 'u' }, observations: [{ id: 1 }] }));
    expect(records.map(({ around, line }) => [around, line])).toEqual([
      [{ within: 'observations', rest: { trace: { userId: 'u' } } }, 1],
    ]);
  });

  it('reports the line on which a record begins', async () => {
    const records = await recordsOf(`[\n  {"id": 1},\n  {\n    "id": 2\n  }, {"id": 3}\n]\n`);
    expect(records.map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  it('keeps the records before and after a bad one', async () => {
    expect(objectsOf(await recordsOf('[{"id":1}, oops, {"id":}, 7, {"id":2}]'))).toEqual([
      { id: 1 },
      'not JSON',
      'not JSON',
      'not JSON',
      { id: 2 },
    ]);
  });

  it('keeps the complete records of a file that was cut off', async () => {
    const whole = pretty([{ id: 1 }, { id: 2, text: 'abc' }]);
    expect(objectsOf(await recordsOf(whole.slice(0, -12)))).toEqual([
      { id: 1 },
      'cut off at the end of the file',
    ]);
  });

  it('skips a record that is too large and continues after it', async () => {
    const big = 'x'.repeat(2 * 1024 * 1024);
    const content = pretty([{ id: 1 }, { big }, { id: 2 }]);
    expect(objectsOf(await recordsOf(content, 1024 * 1024))).toEqual([
      { id: 1 },
      'longer than 1 MB',
      { id: 2 },
    ]);
  });

  it('reads the spans and logs of a large object, in either order, with other arrays in between', async () => {
    const filler = 'x'.repeat(300_000);
    const listOf = (name: string) => Array.from({ length: 6 }, (_, at) => ({ name, at, filler }));
    const document = {
      resourceSpans: listOf('span'),
      resourceMetrics: [{ name: 'metric' }, 1, { filler }],
      resourceLogs: listOf('log'),
      end: 'of it',
    };
    const { resourceLogs, resourceSpans } = document;
    for (const [whole, first] of [
      [document, 'resourceSpans'],
      [{ resourceLogs, resourceSpans }, 'resourceLogs'],
    ] as const) {
      for (const text of [pretty(whole), JSON.stringify(whole)]) {
        const records = await recordsOf(text);
        const places = records.map(({ around }) => around?.within);
        expect(places.slice(0, 6)).toEqual(places.slice(0, 6).map(() => first));
        const names = records.map((one) => (one.kind === 'object' ? one.object['name'] : 'bad'));
        expect(names.toSorted()).toEqual([...Array(6).fill('log'), ...Array(6).fill('span')]);
        for (const [index, { around, line }] of records.entries()) {
          expect(around?.within).toBe(names[index] === 'span' ? 'resourceSpans' : 'resourceLogs');
          if (text.includes('\n')) expect(text.split('\n')[line - 1]?.trim()).toBe('{');
        }
      }
    }
  });

  it('finds the next array wherever the bytes after the first are split', async () => {
    for (let pad = 262_108; pad < 262_148; pad++) {
      const head = '{"resourceSpans": [{"a": "';
      const text = `${head}${'x'.repeat(pad - head.length)}"}] , "resourceLogs" : [{"b": "${'y'.repeat(900_000)}"}] }`;
      const records = await recordsOf(text);
      expect(records.map(({ around }) => around?.within)).toEqual([
        'resourceSpans',
        'resourceLogs',
      ]);
    }
  });

  it('reads the rows of a table as texts, with their lines, and names what is no row', async () => {
    const quoted = '"a, ""b""\nover lines"';
    const text = `id,text\r\n1,${quoted}\r\n\r\n2,問題\r\n3\r\n4,"${'x'.repeat(600_000)}"\r\n5,"open`;
    for (const content of [text, `\uFEFF${text}`, gzipSync(text)]) {
      const records = await recordsOf(content);
      expect(objectsOf(records)).toEqual([
        { id: '1', text: 'a, "b"\nover lines' },
        { id: '2', text: '問題' },
        '1 cells for 2 columns',
        { id: '4', text: 'x'.repeat(600_000) },
        'a quote that is not closed',
      ]);
      expect(records.map(({ line }) => line)).toEqual([2, 5, 6, 7, 8]);
      expect(new Set(records.map(({ id }) => id())).size).toBe(5);
    }
    const long = objectsOf(await recordsOf(text, 100_000));
    expect(long.at(-1)).toMatch(/^longer than/);
    expect(long).toHaveLength(4);
  });

  it('reads every row that was written as CSV', async () => {
    const cell = fc.string({ unit: 'grapheme' }).filter((text) => !/[\0\ud800-\udfff]/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        async (rows, delimiter, end) => {
          const write = (row: readonly string[]): string =>
            row.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
          const records = await recordsOf([['a', 'b'], ...rows].map(write).join(end));
          expect(objectsOf(records)).toEqual(rows.map(([a, b]) => ({ a, b })));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('reads a line as a record although another line is broken', async () => {
    expect(objectsOf(await recordsOf('{"id":\n{"id":2}\n'))).toEqual(['not JSON', { id: 2 }]);
  });
});
