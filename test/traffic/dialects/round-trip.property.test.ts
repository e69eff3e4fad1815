import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeRequest } from '../../../source/traffic/dialects/native-request.ts';
import {
  bridgeRequest,
  chatForm,
  readRequest,
} from '../../../source/traffic/dialects/translate-request.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../source/text/json.ts';

const dialects: readonly Dialect[] = ['chat', 'responses', 'messages', 'gemini'];
const pairs = dialects.flatMap((from) => dialects.map((to) => ({ from, to })));

/** A text that no dialect reads as anything else. */
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const sentence = text.map((words) => `So ${words}.`);
const name = fc.stringMatching(/^[a-z][a-z_]{0,10}$/);

const image = fc.base64String({ minLength: 4, maxLength: 16 }).map((data) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${data}` },
}));

const content = fc.oneof(
  sentence,
  fc.tuple(sentence, image).map(([said, seen]) => [{ type: 'text', text: said }, seen]),
);

/** A schema that every provider can enforce. */
const schema: fc.Arbitrary<JsonObject> = fc
  .dictionary(
    name,
    fc.oneof(
      fc.constantFrom({ type: 'string' }, { type: 'integer' }, { type: 'boolean' }),
      sentence.map((description) => ({ type: 'array', items: { type: 'string' }, description })),
    ),
    { maxKeys: 4, noNullPrototype: true },
  )
  .map((properties) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }));

const anObject = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
  noNullPrototype: true,
});

/** One question and its answer, in which tools may have been called. */
const exchange = fc.record({
  asked: content,
  calls: fc.array(
    fc.record({
      name,
      given: anObject,
      result: fc.oneof(
        sentence,
        anObject.map((value) => JSON.stringify(value)),
      ),
    }),
    { maxLength: 3 },
  ),
  said: fc.option(sentence),
  answered: sentence,
});

/** Requests of chat completions that every dialect can say. */
const commonRequest: fc.Arbitrary<JsonObject> = fc
  .record({
    system: fc.option(sentence),
    exchanges: fc.array(exchange, { maxLength: 3 }),
    last: content,
    tools: fc.uniqueArray(fc.record({ name, description: sentence, parameters: schema }), {
      maxLength: 3,
      selector: (tool) => tool.name,
    }),
    choice: fc.constantFrom('none', 'auto', 'required', 'first', null),
    settings: fc.record(
      {
        temperature: fc.double({ min: 0, max: 1, noNaN: true }),
        top_p: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      { requiredKeys: [] },
    ),
    limit: fc.integer({ min: 1, max: 100_000 }),
    format: fc.option(schema),
  })
  .map(({ system, exchanges, last, tools, choice, settings, limit, format }): JsonObject => {
    const [first] = tools;
    return {
      model: 'gpt-4.1',
      messages: [
        ...(system === null ? [] : [{ role: 'system', content: system }]),
        ...exchanges.flatMap((one, at) => exchangeMessages(one, at)),
        { role: 'user', content: last },
      ],
      ...(tools.length === 0
        ? {}
        : { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
      ...(first === undefined || choice === null
        ? {}
        : {
            tool_choice:
              choice === 'first' ? { type: 'function', function: { name: first.name } } : choice,
          }),
      ...settings,
      max_completion_tokens: limit,
      ...(format === null
        ? {}
        : {
            response_format: {
              type: 'json_schema',
              json_schema: { name: 'response', schema: format, strict: true },
            },
          }),
    };
  });

type Exchange = typeof exchange extends fc.Arbitrary<infer Value> ? Value : never;

const exchangeMessages = (
  { asked, calls, said, answered }: Exchange,
  at: number,
): readonly JsonObject[] => [
  { role: 'user', content: asked },
  ...(calls.length === 0
    ? []
    : [
        {
          role: 'assistant',
          content: said,
          tool_calls: calls.map((call, index) => ({
            id: `call_${at}_${index}`,
            type: 'function',
            function: { name: call.name, arguments: JSON.stringify(call.given) },
          })),
        },
        ...calls.map(({ result }, index) => ({
          role: 'tool',
          tool_call_id: `call_${at}_${index}`,
          content: result,
        })),
      ]),
  { role: 'assistant', content: answered },
];

describe('what every dialect can say', () => {
  it.each(pairs)('comes back as it was from $from over $to', ({ from, to }) => {
    fc.assert(
      fc.property(commonRequest, (asked) => {
        const body = bridgeRequest('chat', asked, from).body;
        const there = bridgeRequest(from, body, to);
        expect(there.problem).toBeNull();
        expect(there.lossy).toBe(false);
        const back = bridgeRequest(to, there.body, from, { asked: 'gpt-4.1' });
        expect(chatForm(from, back.body)).toEqual(chatForm(from, body));
        expect({ ...chatForm(from, back.body), model: 'gpt-4.1' }).toEqual(asked);
      }),
      { numRuns: 40 },
    );
  });

  it.each(dialects)('is read and written in %s as it was', (dialect) => {
    fc.assert(
      fc.property(commonRequest, (asked) => {
        const { body } = bridgeRequest('chat', asked, dialect);
        expect(readRequest(dialect, body, null).unread.map(({ path }) => path)).toEqual(
          dialect === 'responses' ? ['store'] : [],
        );
        expect(bridgeRequest(dialect, body, dialect).body).toEqual(body);
      }),
      { numRuns: 40 },
    );
  });
});

/** Names and words of the dialects, in places where they may be wrong. */
const words = [
  'model messages input instructions system systemInstruction contents parts role content type text',
  'tool_calls tool_call_id function name arguments parameters tools tool_choice functionCall args',
  'functionResponse response functionDeclarations inlineData mimeType data image_url url source',
  'media_type thinking signature tool_use tool_result input_text reasoning summary generationConfig',
  'response_format json_schema schema max_tokens stop temperature call_id output thought user',
  'assistant function_call function_call_output image base64 file document properties required',
]
  .join(' ')
  .split(' ');

const rubbish = fc.letrec<{ readonly value: JsonValue; readonly object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(...words),
      fc.constantFrom(null, true, 0, -1, '', '{', '{"a":1}', 'data:;base64,', '__proto__'),
      fc.jsonValue({ maxDepth: 1 }).map((value) => value as JsonValue),
    ),
    tie('object'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
  object: fc.dictionary(fc.constantFrom(...words), tie('value'), {
    maxKeys: 6,
    noNullPrototype: true,
  }),
}));

/** A copy of a value with `junk` in place of its node number `at`, counted from the root. */
const spoiled = (value: JsonValue, at: number, junk: JsonValue): JsonValue => {
  let left = at;
  const walk = (node: JsonValue): JsonValue => {
    left -= 1;
    if (left === -1) return junk;
    if (Array.isArray(node)) return node.map(walk);
    if (!isJsonObject(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, walk(one)]));
  };
  return walk(value);
};

/** Requests of a dialect with rubbish in a few places. */
const spoiledRequest = (dialect: Dialect): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      commonRequest,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), rubbish.value), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([asked, places]) => {
      const { body } = bridgeRequest('chat', asked, dialect);
      const value = places.reduce<JsonValue>((one, [at, junk]) => spoiled(one, at, junk), body);
      return isJsonObject(value) ? value : body;
    });

describe('rubbish', () => {
  it.each(dialects)('in the words of %s is read, written and shown without an error', (from) => {
    fc.assert(
      fc.property(fc.oneof(rubbish.object, spoiledRequest(from)), (drawn) => {
        // As it comes out of a file: JSON writes -0 as 0, which `toEqual` tells apart.
        const body: JsonObject = JSON.parse(JSON.stringify(drawn));
        readRequest(from, body, null);
        for (const to of dialects) {
          const { body: written } = bridgeRequest(from, body, to, { target: 'gemini-3-pro' });
          expect(JSON.parse(JSON.stringify(written))).toEqual(written);
        }
        chatForm(from, body);
        nativeRequest(from, body, { model: 'other' });
      }),
      { numRuns: 100 },
    );
  });
});
