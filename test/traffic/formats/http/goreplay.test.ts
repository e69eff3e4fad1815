import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../../source/models/stream/recorded-stream.ts';
import { goReplay } from '../../../../source/traffic/formats/http/goreplay.ts';
import { temporaryDirectory } from '../../../store/temporary-store.ts';
import { answerText, fixture, importedFile } from '../../imported.ts';
import { allRecords } from '../../reading/all-records.ts';

const file = fixture('goreplay/requests.gor');

const idOf = (number: number): string => `a3f1c0ffee0123456789010${number}`;

describe('a file of GoReplay', () => {
  it('has requests with their responses, however they are mixed and encoded', async () => {
    const { report, captures, text } = await importedFile(file);
    expect(report).toMatchObject({
      format: 'GoReplay',
      read: 6,
      added: 5,
      reasons: [{ reason: 'a response without its request', count: 1 }],
      ignored: [
        { reason: 'a request to something else', count: 1 },
        { reason: 'a response to a replay', count: 1 },
        { reason: 'not a prompt to a model (/v1/embeddings)', count: 1 },
      ],
    });
    expect(
      Array.from(captures, ([words, capture]) => [
        words,
        capture.id,
        answerText(capture),
        capture.recorded[0]?.totalMs,
      ]).sort(),
    ).toEqual([
      ['a stream', idOf(3), 'Hello 🐵', 900],
      ['chunked and gzip', idOf(2), 'two', 812],
      ['never answered', idOf(4), null, undefined],
      ['no credit', idOf(7), null, undefined],
      ['plain', idOf(1), 'one', 500],
    ]);
    expect(captures.get('plain')?.timestamp).toBe('2026-09-21T14:13:20.000Z');
    expect(captures.get('no credit')?.metadata).toEqual({
      recordedError: { status: 402, message: 'no credit' },
    });
    expect(text).not.toContain('sk-not-a-key');
  });

  it('is read the same if it is compressed', async () => {
    const compressed = join(await temporaryDirectory(), 'requests.gor.gz');
    writeFileSync(compressed, gzipSync(readFileSync(file)));
    expect((await importedFile(compressed)).text).toBe((await importedFile(file)).text);
  });

  it('reports truncated or overlong records by line', async () => {
    const cut = join(await temporaryDirectory(), 'cut.gor');
    const bytes = readFileSync(file);
    writeFileSync(cut, bytes.subarray(0, bytes.indexOf('\n2 ') + 4));
    const lines: unknown[] = [];
    for (const record of await allRecords(cut)) lines.push([record.line, record.kind]);
    expect(lines).toEqual([
      [1, 'object'],
      [10, 'object'],
      [19, 'unreadable'],
    ]);
    const short: unknown[] = [];
    for (const record of await allRecords(file, 100)) {
      if (record.kind === 'unreadable') short.push(record.reason);
    }
    expect(short[0]).toBe('longer than 0 MB');
  });

  it('releases the oldest requests if too many wait', () => {
    const reader = goReplay.open(recordedStreams);
    const http = Buffer.from(
      'POST /v1/chat/completions HTTP/1.1\r\n\r\n{"messages":[{"role":"user","content":"hi"}]}',
    ).toString('base64');
    const given = [];
    for (let number = 0; number < 10_002; number++) {
      const record = { type: 1, id: `r${number}`, timestampNs: '1790000000000000000', http };
      given.push(...reader.read(record, null));
    }
    expect(given).toMatchObject([{ capture: { id: 'r0' } }, { capture: { id: 'r1' } }]);
    expect(reader.end()).toHaveLength(10_000);
  });
});
