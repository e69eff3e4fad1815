import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartialArguments } from '../../../source/models/stream/partial-arguments.ts';
import { readRecordedStream } from '../../../source/models/stream/recorded-stream.ts';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../source/text/json.ts';

const key = fc.oneof(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ minLength: 1, maxLength: 8 }));

const value = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }) as fc.Arbitrary<JsonObject>,
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
}));

/** The pieces in which Vertex AI sends a value: its leaves, with strings in pieces of 3 characters. */
const piecesOf = (one: JsonValue, path: string): readonly JsonObject[] => {
  if (one === null) return [{ jsonPath: path, nullValue: 'NULL_VALUE' }];
  if (typeof one === 'boolean') return [{ jsonPath: path, boolValue: one }];
  if (typeof one === 'number') return [{ jsonPath: path, numberValue: one }];
  if (typeof one === 'string') {
    const texts = one === '' ? [''] : (one.match(/[^]{1,3}/g) ?? []);
    return texts.map((text, index) => ({
      jsonPath: path,
      stringValue: text,
      ...(index < texts.length - 1 ? { willContinue: true } : {}),
    }));
  }
  if (isJsonArray(one)) {
    const end = { jsonPath: `${path}[]` };
    return [...one.flatMap((item, index) => piecesOf(item, `${path}[${index}]`)), end];
  }
  const members = Object.entries(one).flatMap(([name, member]) =>
    piecesOf(member, stepTo(path, name)),
  );
  return members.length === 0 && path !== '$' ? [{ jsonPath: path }] : members;
};

const stepTo = (path: string, name: string): string =>
  /^[a-z_]+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;

describe('arguments that come in pieces', () => {
  it('are those that were sent', () => {
    fc.assert(
      fc.property(value.object, (sent) => {
        const partial = new PartialArguments();
        for (const piece of piecesOf(sent, '$')) partial.push([piece]);
        expect(JSON.parse(JSON.stringify(partial.arguments()))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  it('belong to the call before them', () => {
    const event = (functionCall: JsonObject, more: JsonObject = {}): string =>
      `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ functionCall }] }, ...more }] })}\n\n`;
    const { answer } = readRecordedStream(
      event({ name: 'f', willContinue: true }) +
        event({ partialArgs: [{ jsonPath: '$.x', stringValue: 'a' }], willContinue: true }) +
        event({ partialArgs: [{ jsonPath: '$.x', stringValue: 'b' }], willContinue: true }) +
        event({}) +
        event({ name: 'g', args: { y: 1 } }, { finishReason: 'STOP' }),
      'gemini',
    );
    expect(answer?.toolCalls).toEqual([
      { id: null, name: 'f', arguments: '{"x":"ab"}' },
      { id: null, name: 'g', arguments: '{"y":1}' },
    ]);
  });

  it('that lead nowhere are ignored', () => {
    const partial = new PartialArguments();
    partial.push([
      { jsonPath: 'x', stringValue: 'a' },
      { jsonPath: '$..x', stringValue: 'a' },
      { jsonPath: '$.list[7]', stringValue: 'a' },
      { jsonPath: '$', stringValue: 'a' },
      { jsonPath: '$.y', stringValue: 'b' },
      { jsonPath: '$.y.z', stringValue: 'c' },
    ]);
    expect(partial.arguments()).toEqual({ list: [], y: 'b' });
  });
});
