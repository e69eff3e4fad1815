import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../source/models/stream/recorded-stream.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { openStore } from '../../../source/store/open.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../source/text/json.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { redactRecord } from '../../../source/redaction/redact-capture.ts';
import { redactorWith, secrets } from '../../redaction/redactor-for-tests.ts';
import { temporaryDirectory } from '../temporary-store.ts';

const redactor = await redactorWith();
const values = Object.values(secrets).flat();

/** Cuts a text anywhere. */
const cut = (text: string, places: readonly number[]): readonly string[] => {
  const at = [0, ...places.map((place) => place % (text.length + 1)), text.length];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, index) => text.slice(at[index], end));
};

const streamed = (text: string, args: string, places: readonly number[]): JsonObject => {
  const chunk = (delta: object): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta }] })}\n\n`;
  const sse = [
    ...cut(text, places).map((content) => chunk({ content })),
    ...cut(text, places).map((reasoning_content) => chunk({ reasoning_content })),
    chunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f' } }] }),
    ...cut(args, places).map((piece) =>
      chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
    ),
    `data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n`,
    'data: [DONE]\n\n',
  ].join('');
  const body = recordedStreams.assembleStream(sse)?.body;
  if (body === undefined) throw new Error('The stream gave no answer.');
  return body;
};

/** A capture with the value in a place of every kind. */
const hidden = (id: string, value: string, places: readonly number[]): Capture => {
  const args = JSON.stringify({ deep: JSON.stringify({ value }), [value]: [`a\n${value}`] });
  const said = `Here: ${value}\nand so on`;
  return {
    id,
    endpoint: `for ${value}`,
    timestamp: null,
    dialect: 'chat',
    model: null,
    request: {
      model: 'm',
      messages: [
        { role: 'system', content: said },
        { role: 'user', name: value, content: [{ type: 'text', text: `请看${value} 谢谢` }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: args } }],
        },
        { role: 'tool', tool_call_id: 't', content: JSON.stringify({ result: value }) },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: said, parameters: { enum: [value] } },
        },
      ],
      metadata: { [value]: value },
      user: value,
    },
    recorded: [
      {
        model: 'm',
        production: true,
        body: streamed(said, args, places),
        timeToFirstTokenMs: null,
        totalMs: null,
      },
      {
        model: 'other',
        production: false,
        body: {
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: said, refusal: value },
              logprobs: { content: cut(said, places).map((token) => ({ token, logprob: -1 })) },
            },
          ],
        },
        timeToFirstTokenMs: null,
        totalMs: null,
      },
    ],
    metadata: { note: value, recordedError: { status: 500, message: `failed for ${value}` } },
    partial: [],
  };
};

/** Every text in a value. */
const textsOf = (value: JsonValue): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)])
    : [];
};

describe('a secret in a capture', () => {
  it('is nowhere in the store or its log, wherever it was', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    const all = new Set<string>();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...values),
        fc.array(fc.nat(500), { maxLength: 12 }),
        async (value, places) => {
          all.add(value);
          const capture = hidden(`capture ${number++}`, value, places);
          const record = redactRecord({ kind: 'capture', capture }, redactor);
          if (record.kind !== 'capture') throw new Error('A capture is a capture.');
          expect(textsOf(record.capture as unknown as JsonValue).join('\n')).not.toContain(value);
          await addRecords(store, [record], { source: 'test', comparisonId: null, at: '2026' });
        },
      ),
      { numRuns: 150 },
    );
    const bytes = Buffer.concat(
      ['', '-wal', '-shm']
        .map((end) => `${file}${end}`)
        .filter((part) => existsSync(part))
        .map((part) => readFileSync(part)),
    );
    expect(bytes.indexOf('capture 7')).not.toBe(-1);
    const left = [...all].filter((value) =>
      [value, JSON.stringify(value).slice(1, -1)].some((text) => bytes.indexOf(text) !== -1),
    );
    expect(left).toEqual([]);
    await store.close();
  });
});
