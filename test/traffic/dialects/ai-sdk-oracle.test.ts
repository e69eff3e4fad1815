// What the AI SDK's own providers send for a prompt is the measure of a dialect. Every request that one of
// them sends, bridged into each other dialect, is what the provider of that dialect sends for the same
// prompt, but for the differences that are listed below with their reasons.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { describe, expect, it } from 'vitest';
import { bridgeRequest } from '../../../source/traffic/dialects/translate-request.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
  parseJsonObject,
} from '../../../source/text/json.ts';

type Call = Parameters<ReturnType<ReturnType<typeof createOpenAI>['chat']>['doGenerate']>[0];
type Send = (fetch: typeof globalThis.fetch, call: Call) => PromiseLike<unknown>;

const key = { apiKey: 'none' };
const target = 'gemini-3-pro-preview';

const providers: Readonly<Record<Dialect, Send>> = {
  chat: (fetch, call) =>
    createOpenAI({ ...key, fetch })
      .chat('gpt-4.1')
      .doGenerate(call),
  responses: (fetch, call) =>
    createOpenAI({ ...key, fetch })
      .responses('gpt-4.1')
      .doGenerate(call),
  messages: (fetch, call) =>
    createAnthropic({ ...key, fetch })('claude-sonnet-4-5').doGenerate(call),
  gemini: (fetch, call) => createGoogleGenerativeAI({ ...key, fetch })(target).doGenerate(call),
};

const dialects: readonly Dialect[] = ['chat', 'responses', 'messages', 'gemini'];

/** The body that the provider of a dialect sends for a call. */
const sent = async (dialect: Dialect, call: Call): Promise<JsonObject> => {
  let body: JsonObject | null = null;
  const fetch: typeof globalThis.fetch = (_, init) => {
    if (typeof init?.body === 'string') body = parseJsonObject(init.body);
    return Promise.reject(new Error('nothing is sent'));
  };
  await providers[dialect](fetch, call).then(
    () => null,
    () => null,
  );
  if (body === null) throw new Error(`${dialect} sent nothing`);
  return body;
};

type Difference = {
  readonly dialect: Dialect;
  readonly reason: string;
  /** Makes what is written differently the same. */
  readonly settle: (body: JsonObject) => JsonObject;
};

const without =
  (...names: readonly string[]) =>
  (body: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

/** A copy of a value in which `change` was applied to every object, the innermost first. */
const everywhere = (value: JsonValue, change: (object: JsonObject) => JsonObject): JsonValue => {
  if (Array.isArray(value)) return value.map((one) => everywhere(one, change));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(
    ([name, one]) => [name, everywhere(one, change)] as const,
  );
  return change(Object.fromEntries(entries));
};

const inAll =
  (change: (object: JsonObject) => JsonObject) =>
  (body: JsonObject): JsonObject => {
    const changed = everywhere(body, change);
    return isJsonObject(changed) ? changed : body;
  };

const differences: readonly Difference[] = [
  ...dialects.map((dialect): Difference => ({
    dialect,
    reason: 'the model is set by whoever sends the request',
    settle: without('model'),
  })),
  {
    dialect: 'chat',
    reason: 'the AI SDK still sends max_tokens to models that do not reason; both mean the same',
    settle: ({ max_tokens: limit, ...body }) =>
      limit === undefined ? body : { ...body, max_completion_tokens: limit },
  },
  {
    dialect: 'chat',
    reason: 'Anthropic and Gemini have no name for a schema, and OpenAI asks for one',
    settle: inAll(({ json_schema: schema, ...rest }) =>
      isJsonObject(schema) ? { ...rest, json_schema: without('name')(schema) } : rest,
    ),
  },
  {
    dialect: 'responses',
    reason: 'Anthropic and Gemini have no name for a schema, and OpenAI asks for one',
    settle: inAll((object) =>
      object['type'] === 'json_schema' ? without('name')(object) : object,
    ),
  },
  {
    dialect: 'responses',
    reason: 'nothing is kept at the provider, whose default is to keep everything',
    settle: without('store'),
  },
  {
    dialect: 'responses',
    reason: 'what stands outside of the messages elsewhere is instructions there, not a message',
    settle: ({ instructions, input, ...body }) => ({
      ...body,
      input:
        instructions === undefined
          ? (input ?? [])
          : [{ role: 'system', content: instructions }, ...objectsIn(input)],
    }),
  },
  {
    dialect: 'responses',
    reason: 'Gemini has no names of files in what the AI SDK sends, and OpenAI asks for one',
    settle: inAll(without('filename')),
  },
  {
    dialect: 'chat',
    reason: 'the AI SDK makes a name up where Gemini has none',
    settle: inAll(without('filename')),
  },
  {
    dialect: 'messages',
    reason: 'the AI SDK sends no names of files to Gemini',
    settle: inAll(({ title, ...rest }) =>
      rest['type'] === 'document' || title === undefined ? rest : { ...rest, title },
    ),
  },
  {
    dialect: 'gemini',
    reason: 'turns in the same role are one turn, as Anthropic has them and Google recommends',
    settle: ({ contents, ...body }) => {
      const joined: JsonObject[] = [];
      for (const turn of objectsIn(contents)) {
        const before = joined.at(-1);
        if (before?.['role'] === turn['role']) {
          const parts = [...objectsIn(before?.['parts']), ...objectsIn(turn['parts'])];
          joined[joined.length - 1] = { ...turn, parts };
        } else joined.push(turn);
      }
      return { ...body, contents: joined };
    },
  },
  {
    dialect: 'gemini',
    reason:
      'the AI SDK wraps results as {name, content}; Google names `output` for a text, and an object needs no wrapper',
    settle: inAll((object) => {
      const { name, response } = object;
      if (!isJsonObject(response) || response['name'] !== name) return object;
      const { content = null } = response;
      return { ...object, response: isJsonObject(content) ? content : { output: content } };
    }),
  },
];

/** A body without the differences that its dialect has a reason for. */
const settled = (dialect: Dialect, body: JsonObject): JsonObject =>
  differences
    .filter((difference) => difference.dialect === dialect)
    .reduce((changed, { settle }) => settle(changed), body);

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const tools: Call['tools'] = [
  { type: 'function', name: 'weather', description: 'The weather', inputSchema: schema },
  { type: 'function', name: 'time', description: 'The time', inputSchema: schema },
];

const ask = (text: string): Call['prompt'] => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text }] },
];

const file = (mediaType: string, data: string, filename?: string) => ({
  type: 'file' as const,
  mediaType,
  data: { type: 'data' as const, data },
  ...(filename === undefined ? {} : { filename }),
});

/** Calls by what is in them. `only`: the dialects that can ask it. */
const calls: Readonly<Record<string, { readonly call: Call; readonly only?: readonly Dialect[] }>> =
  {
    // Without a limit each client takes its own default for Anthropic, which needs one.
    'a text': { call: { prompt: ask('Hello?'), maxOutputTokens: 100 } },
    'sampling and a limit': {
      call: { prompt: ask('Hello?'), temperature: 0.5, maxOutputTokens: 100 },
    },
    top_p: { call: { prompt: ask('Hello?'), topP: 0.5, maxOutputTokens: 100 } },
    'stop sequences': {
      call: { prompt: ask('Hello?'), stopSequences: ['END', 'STOP'], maxOutputTokens: 100 },
      only: ['chat', 'messages', 'gemini'],
    },
    'seed and penalties': {
      call: { prompt: ask('Hello?'), seed: 7, presencePenalty: 0.5, frequencyPenalty: 0.25 },
      only: ['chat', 'gemini'],
    },
    images: {
      call: {
        maxOutputTokens: 100,
        prompt: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is it?' },
              file('image/png', 'iVBORw0KGgo='),
              {
                type: 'file',
                mediaType: 'image/png',
                data: { type: 'url', url: new URL('https://example.com/a.png') },
              },
            ],
          },
        ],
      },
    },
    'a document': {
      call: {
        maxOutputTokens: 100,
        prompt: [
          {
            role: 'user',
            content: [
              file('application/pdf', 'JVBERi0=', 'a.pdf'),
              { type: 'text', text: 'Sum it up.' },
            ],
          },
        ],
      },
    },
    'structured output': {
      call: {
        prompt: ask('Where is it warm?'),
        maxOutputTokens: 100,
        responseFormat: { type: 'json', schema, name: 'place' },
      },
    },
    'calls of tools and their results': {
      call: {
        maxOutputTokens: 100,
        prompt: [
          ...ask('Weather?'),
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'Let me look.' },
              {
                type: 'tool-call',
                toolCallId: 'call_1',
                toolName: 'weather',
                input: { city: 'Bern' },
              },
              {
                type: 'tool-call',
                toolCallId: 'call_2',
                toolName: 'weather',
                input: { city: 'Ulm' },
              },
            ],
          },
          {
            role: 'tool',
            content: [
              {
                type: 'tool-result',
                toolCallId: 'call_1',
                toolName: 'weather',
                output: { type: 'text', value: 'sunny' },
              },
              {
                type: 'tool-result',
                toolCallId: 'call_2',
                toolName: 'weather',
                output: { type: 'json', value: { sky: 'grey' } },
              },
            ],
          },
          { role: 'user', content: [{ type: 'text', text: 'And tomorrow?' }] },
        ],
        tools,
        toolChoice: { type: 'auto' },
      },
    },
    'any tool': {
      call: {
        prompt: ask('Weather?'),
        tools,
        toolChoice: { type: 'required' },
        maxOutputTokens: 100,
      },
    },
    'one tool': {
      call: {
        prompt: ask('Weather?'),
        tools,
        toolChoice: { type: 'tool', toolName: 'time' },
        maxOutputTokens: 100,
      },
    },
  };

const pairs = dialects.flatMap((from) =>
  dialects.filter((to) => to !== from).map((to) => ({ from, to })),
);

describe.each(Object.entries(calls))('%s', (_, { call, only = dialects }) => {
  it.each(pairs.filter(({ from, to }) => only.includes(from) && only.includes(to)))(
    'bridged from $from to $to is what the AI SDK sends',
    async ({ from, to }) => {
      // Gemini's results are read after the wrapper of the AI SDK is off.
      const asked = await sent(from, call);
      const body = from === 'gemini' ? settled('gemini', asked) : asked;
      const bridged = bridgeRequest(from, body, to, { asked: target, target });
      expect(bridged.problem).toBeNull();
      expect(settled(to, bridged.body)).toEqual(settled(to, await sent(to, call)));
    },
  );
});
