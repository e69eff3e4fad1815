import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRecords, loadCapture } from '../../source/store/captures/captures.ts';
import type { Store } from '../../source/store/open.ts';
import { temporaryDirectory, temporaryStore } from '../store/temporary-store.ts';
import { importInto } from './import-into.ts';

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).pathname;

/** The store's data from imported files, in a fixed order. */
const contents = async (store: Store): Promise<unknown> => ({
  captures: await store.db
    .selectFrom('capture')
    .innerJoin('body', 'body.number', 'request_body')
    .select(['id', 'endpoint', 'body.text'])
    .orderBy('id')
    .execute(),
  recorded: await store.db
    .selectFrom('recorded_response')
    .innerJoin('capture', 'capture.number', 'capture_number')
    .innerJoin('body', 'body.number', 'response_body')
    .select(['id', 'recorded_response.model', 'body.text'])
    .orderBy('id')
    .orderBy('recorded_response.model')
    .execute(),
  rejected: await store.db
    .selectFrom('rejected_record')
    .select(['id', 'reason'])
    .orderBy('id')
    .execute(),
});

describe('takeIn', () => {
  it('reads the records of other formats in a file of native captures as what they are', async () => {
    const request = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] });
    const response = (content: string) => ({
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    });
    const exchange = { method: 'POST', url: 'https://api.openai.com/v1/chat/completions' };
    const records = [
      ...Array.from({ length: 4 }, (_, index) => ({
        id: `own_${index}`,
        request: request(`own ${index}`),
        response: response(`own answer ${index}`),
      })),
      {
        ...exchange,
        request: request('sent'),
        status: 200,
        response_text: JSON.stringify(response('got')),
      },
      {
        ...exchange,
        request: request('refused'),
        status: 429,
        response_text: '{"error":{"message":"slow down"}}',
      },
      { id: 'logged', request: request('logged'), response: 'a text', latency_ms: 12 },
      { prompt: 'a prompt', completion: 'its completion' },
    ];
    const file = join(await temporaryDirectory(), 'mixed.jsonl');
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const store = await temporaryStore();
    const [report] = await importInto(store, file);
    expect(report).toMatchObject({
      format: 'native captures',
      read: 8,
      added: 8,
      recorded: { answers: 7, errors: 1, unreadable: 0, timings: 1 },
    });
    const rows = await store.db
      .selectFrom('recorded_response')
      .innerJoin('capture', 'capture.number', 'capture_number')
      .innerJoin('body as asked', 'asked.number', 'request_body')
      .innerJoin('body as answered', 'answered.number', 'response_body')
      .select(['asked.text as request', 'answered.text as answer'])
      .execute();
    const answerTo = (asked: string): string | undefined =>
      rows.find(({ request: text }) => text.includes(`"${asked}"`))?.answer;
    expect(answerTo('own 3')).toContain('"own answer 3"');
    expect(answerTo('sent')).toContain('"got"');
    expect(answerTo('refused')).toBeUndefined();
    expect(answerTo('logged')).toContain('"a text"');
    expect(answerTo('a prompt')).toContain('"its completion"');
  });

  it('counts every record of a native file and reports the bad ones by line', async () => {
    const store = await temporaryStore();
    const [report] = await importInto(store, fixture('native/traffic.jsonl'));
    expect(report).toEqual({
      file: fixture('native/traffic.jsonl'),
      format: 'native captures',
      vote: { looked: 5, formats: [{ format: 'native captures', records: 5 }], unknown: 0 },
      read: 6,
      added: 3,
      dialects: { chat: 3 },
      partial: { captures: 0, parts: [] },
      unreadTimes: 0,
      recorded: { answers: 1, errors: 0, unreadable: 0, timings: 1 },
      notReplayable: 3,
      reasons: [
        { reason: 'no messages', count: 1 },
        { reason: 'not JSON', count: 1 },
        { reason: 'same id as another capture but another request', count: 1 },
      ],
      duplicates: 0,
      merged: 0,
      withoutAnswer: 0,
      earlierTurns: 0,
      forgottenTurns: 0,
      problems: [
        { line: 5, reason: 'no messages' },
        { line: 6, reason: 'not JSON' },
        { line: 7, reason: 'same id as another capture but another request' },
      ],
      ignored: [],
      invalidUtf8: 0,
      trailingBytes: 0,
      redactions: {},
    });
    expect((await loadCapture(store, '2'))?.timestamp).toBe('2026-09-21T14:13:20.000Z');
  });

  it('adds nothing the second time', async () => {
    const store = await temporaryStore();
    await importInto(store, fixture('native/traffic.jsonl'));
    const before = await contents(store);
    const [report] = await importInto(store, fixture('native/traffic.jsonl'));
    expect(report).toMatchObject({ read: 6, added: 0, notReplayable: 0, duplicates: 6 });
    expect(await contents(store)).toEqual(before);
  });

  it.each([
    [['input', 'output', 'error']],
    [['output', 'error', 'input']],
    [['error', 'input', 'output']],
  ])('joins a batch whose files are given as %j', async (names) => {
    const store = await temporaryStore();
    const reports = await importInto(
      store,
      ...names.map((name) => fixture(`openai-batch/${name}.jsonl`)),
    );
    const counts = Object.fromEntries(
      reports.map(({ file, added, merged, duplicates, withoutAnswer, reasons }) => [
        file.split('/').at(-1),
        { added, merged, duplicates, withoutAnswer, reasons },
      ]),
    );
    const none = { added: 0, merged: 0, duplicates: 0, withoutAnswer: 0, reasons: [] };
    expect(counts).toEqual({
      'input.jsonl': {
        ...none,
        added: 2,
        reasons: [{ reason: 'not a prompt to a model (/v1/embeddings)', count: 1 }],
      },
      'output.jsonl': {
        ...none,
        merged: 1,
        duplicates: 1,
        reasons: [{ reason: 'batch output without its input', count: 1 }],
      },
      'error.jsonl': { ...none, withoutAnswer: 1 },
    });
    expect((await loadCapture(store, 't-17'))?.recorded).toHaveLength(1);
    expect(await loadCapture(store, 't-18')).toMatchObject({
      recorded: [],
      metadata: { recordedError: { status: 429, message: 'Slow down.' } },
    });
    expect(await countRecords(store)).toMatchObject({ replayable: 2, notReplayable: 2 });
  });

  it('keeps why a line of a batch has no answer with its capture, once', async () => {
    const store = await temporaryStore();
    const files = ['refused.jsonl', 'refused.error.jsonl'].map((name) =>
      fixture(`openai-batch/${name}`),
    );
    const [, first] = await importInto(store, ...files);
    expect(first).toMatchObject({ merged: 0, withoutAnswer: 1, recorded: { errors: 1 } });
    const recordedError = { status: 400, message: 'max_tokens is too large: 1000000.' };
    expect((await loadCapture(store, 'b'))?.metadata).toEqual({ recordedError });
    const [, again] = await importInto(store, ...files);
    expect(again).toMatchObject({ merged: 0, withoutAnswer: 1, recorded: { errors: 0 } });
    expect((await loadCapture(store, 'b'))?.metadata).toEqual({ recordedError });
  });

  it('reports a last line that is cut off', async () => {
    const store = await temporaryStore();
    const file = join(await temporaryDirectory(), 'cut.jsonl');
    writeFileSync(file, '{"request": {"messages": [{"role": "user", "content": "hi"}]}}\n{"reque');
    const [report] = await importInto(store, file);
    expect(report?.problems).toEqual([{ line: 2, reason: 'cut off at the end of the file' }]);
  });

  it('rejects a record that is nested too deeply and accepts a line of 10 MB', async () => {
    const store = await temporaryStore();
    const file = join(await temporaryDirectory(), 'odd.jsonl');
    const line = (id: string, content: string): string =>
      `{"id": "${id}", "request": {"messages": [{"role": "user", "content": ${content}}]}}\n`;
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    writeFileSync(
      file,
      line('deep', deep) + line('long', `"${'x'.repeat(10_000_000)}\\u0000\\ud800"`),
    );
    const [report] = await importInto(store, file);
    expect(report).toMatchObject({
      added: 1,
      problems: [{ line: 1, reason: 'nested deeper than 500 levels' }],
    });
    const capture = await loadCapture(store, 'long');
    expect(JSON.stringify(capture?.request)).toMatch(/x\\u0000\\ud800"/);
  });

  it('fills the store alike however the lines are split over files and repeated', async () => {
    const one = (id: number, text: number): string =>
      JSON.stringify({ id, request: { messages: [{ role: 'user', content: `text ${text}` }] } });
    const line = fc.oneof(
      { weight: 5, arbitrary: fc.nat({ max: 9 }).map((id) => one(id, id)) },
      {
        weight: 2,
        arbitrary: fc
          .nat({ max: 3 })
          .map((n) =>
            JSON.stringify({ request: { messages: [{ role: 'user', content: `no id ${n}` }] } }),
          ),
      },
      { weight: 1, arbitrary: fc.constantFrom('garbage', '[]', '{"id": "x", "request": {}}') },
    );
    const given = fc
      .array(line, { minLength: 1, maxLength: 20 })
      .chain((lines) =>
        fc.tuple(
          fc.constant(lines),
          fc.shuffledSubarray(lines, { minLength: lines.length }),
          fc.array(fc.nat({ max: lines.length }), { maxLength: 3 }),
        ),
      );
    const directory = await temporaryDirectory();
    const start = one(0, 0);
    const write = (name: string, lines: readonly string[]): string => {
      const file = join(directory, name);
      // The format is found by the first line.
      writeFileSync(file, `${[start, ...lines].join('\n')}\n`);
      return file;
    };
    await fc.assert(
      fc.asyncProperty(given, async ([lines, shuffled, cuts]) => {
        const whole = await temporaryStore();
        const [report] = await importInto(whole, write('whole.jsonl', lines));
        const distinct = new Set([start, ...lines]).size;
        expect((report?.added ?? 0) + (report?.notReplayable ?? 0)).toBe(distinct);
        expect(report?.read).toBe(lines.length + 1);

        const parts = await temporaryStore();
        const edges = [0, ...cuts.toSorted((a, b) => a - b), shuffled.length];
        for (const [index, edge] of edges.slice(1).entries()) {
          const part = shuffled.slice(edges[index], edge);
          await importInto(parts, write('part.jsonl', part), write('again.jsonl', part));
        }
        expect(await contents(parts)).toEqual(await contents(whole));
      }),
      { numRuns: 25 },
    );
  });
});
