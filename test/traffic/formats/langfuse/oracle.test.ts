import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../../../source/text/json.ts';
import type { FormatRecord } from '../../../../source/traffic/formats/format.ts';
import { langfuse } from '../../../../source/traffic/formats/langfuse/langfuse.ts';
import { fixture } from '../../imported.ts';

type Oracle = Readonly<
  Record<string, { readonly input?: Normalised; readonly output?: Normalised }>
>;
type Normalised = { readonly success: boolean; readonly data?: readonly JsonObject[] };
type Plain = {
  readonly role: unknown;
  readonly content: string;
  readonly calls: readonly unknown[];
  readonly answers: unknown;
};

const directory = fixture('langfuse/');

const load = (name: string): unknown => JSON.parse(readFileSync(`${directory}${name}`, 'utf8'));

const generations = readdirSync(directory)
  .filter((name) => name.endsWith('.trace.json'))
  .flatMap((name) => {
    const page = load(name) as { trace: JsonObject; observations: readonly JsonObject[] };
    const oracle = load(name.replace('.trace.', '.chatml.')) as Oracle;
    const around = { within: 'observations', rest: { trace: page.trace } };
    return page.observations.map((row) => ({
      file: name,
      type: row['type'] as string,
      id: row['id'] as string,
      record: langfuse.open(recordedStreams).read(row, around)[0] as FormatRecord,
      oracle: oracle[row['id'] as string],
    }));
  });

const byId = (id: string) => {
  const found = generations.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no observation ${id}`);
  return found;
};

const captured = (id: string) => {
  const { record } = byId(id);
  if (record.kind !== 'capture') throw new Error(`${id} is ${record.kind}`);
  return record.capture;
};

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: JsonObject) => part['text']).join('')
      : '';

/** Our messages and Langfuse's in one form. */
const ours = (messages: readonly JsonObject[]): readonly Plain[] =>
  messages.map(({ role, content, tool_calls, tool_call_id }) => ({
    role,
    content: textOf(content),
    calls: ((tool_calls ?? []) as readonly { id: string; function: JsonObject }[]).map((call) => ({
      id: call.id,
      name: call.function['name'],
      arguments: call.function['arguments'],
    })),
    answers: tool_call_id ?? null,
  }));

const theirs = (found: Normalised | undefined): readonly Plain[] =>
  (found?.data ?? []).map((entry) => {
    // Of an event `gen_ai.choice` Langfuse keeps the message among what it does not know.
    const message = ((entry['json'] as JsonObject | undefined)?.['message'] ?? entry) as JsonObject;
    return {
      role: message['role'] === 'model' ? 'assistant' : message['role'],
      content: textOf(message['content']),
      calls: ((message['tool_calls'] ?? []) as readonly JsonObject[]).map((call) => ({
        id: call['id'],
        name: call['name'],
        arguments: call['arguments'],
      })),
      answers: message['tool_call_id'] ?? null,
    };
  });

/** Langfuse repeats the tools on each message. */
const theirTools = (oracle: Oracle[string] | undefined): unknown =>
  [...(oracle?.input?.data ?? []), ...(oracle?.output?.data ?? [])].find(
    (message) => message['tools'] !== undefined,
  )?.['tools'] ?? [];

const ourTools = (request: JsonObject): unknown =>
  ((request['tools'] ?? []) as readonly { function: JsonObject }[]).map(({ function: tool }) => ({
    name: tool['name'],
    description: tool['description'] ?? '',
    parameters: tool['parameters'],
  }));

const answerOf = (id: string): readonly JsonObject[] =>
  (
    captured(id).recorded[0]?.body['choices'] as readonly { message: JsonObject }[] | undefined
  )?.map(({ message }) => message) ?? [];

const readMessageList = (id: string): readonly JsonObject[] =>
  captured(id).request['messages'] as readonly JsonObject[];

describe("Langfuse's own normalised form of its traces", () => {
  it('accounts for every observation: calls are captured or rejected with a reason, the rest is ignored', () => {
    const fates = generations.map(({ file, type, id, record }) => {
      const said =
        record.kind === 'rejected'
          ? record.reason
          : record.kind === 'ignored'
            ? record.what
            : record.kind;
      return type === 'GENERATION'
        ? `${file.split('-')[0] ?? ''} ${id} ${said}`
        : said.replace(type, 'its type');
    });
    expect(generations.length).toBe(44);
    expect([...new Set(fates)].sort()).toEqual([
      'agno 1f883bb9668167c0 messages stored as one text',
      'agno b38a82eaa62b551e a message is missing in the trace',
      'agno ca136de468e156c9 capture',
      'agno fc7f61b57ecebbaf messages stored as one text',
      'an observation of type its type',
      'crewai 231c43964b7e7e63 capture',
      'google b7a63ca7e1d083bc capture',
      'koog 042f9350c3729147 capture',
      'koog e44e72cf2d221781 capture',
      'langgraph 4f6535aaebcda355 capture',
      'langgraph 5ba09605e0929d78 capture',
      'openai 90d94774e8e3724d capture',
      'openai 98870087af69bf06 capture',
      'pydantic 5cb389a3bdd21a6e capture',
      'vercel 1dc6768109615657 an outer call of the AI SDK',
      'vercel 91a17a2274bfd23f capture',
    ]);
  });

  it.each([
    '231c43964b7e7e63',
    'b7a63ca7e1d083bc',
    '4f6535aaebcda355',
    '5ba09605e0929d78',
    '5cb389a3bdd21a6e',
    '91a17a2274bfd23f',
  ])('has the messages of %s', (id) => {
    const { oracle } = byId(id);
    expect(oracle?.input?.success).toBe(true);
    expect(ours(readMessageList(id))).toEqual(theirs(oracle?.input));
    expect(ourTools(captured(id).request)).toEqual(theirTools(oracle));
  });

  it.each([
    'b7a63ca7e1d083bc',
    'ca136de468e156c9',
    '4f6535aaebcda355',
    '5ba09605e0929d78',
    '90d94774e8e3724d',
    '98870087af69bf06',
    '5cb389a3bdd21a6e',
    '91a17a2274bfd23f',
    'e44e72cf2d221781',
  ])('has the answer of %s', (id) => {
    const { oracle } = byId(id);
    expect(oracle?.output?.success).toBe(true);
    expect(ours(answerOf(id))).toEqual(theirs(oracle?.output));
  });

  it.each(['90d94774e8e3724d', '98870087af69bf06'])(
    'lacks the instructions of a response, which we put before the messages of %s',
    (id) => {
      const { oracle } = byId(id);
      const [first, ...rest] = readMessageList(id);
      expect(first).toEqual({ role: 'system', content: 'You are a helpful agent.' });
      expect(ours(rest)).toEqual(theirs(oracle?.input));
      expect(ourTools(captured(id).request)).toEqual(theirTools(oracle));
    },
  );

  it('keeps calls that were stored as text as text, where we read the calls', () => {
    const [answer, ...none] = answerOf('042f9350c3729147');
    expect(none).toEqual([]);
    const texts = theirs(byId('042f9350c3729147').oracle?.output).map(({ content }) => content);
    const calls = (answer?.['tool_calls'] ?? []) as readonly { id: string; function: unknown }[];
    expect(calls.map(({ id, function: called }) => ({ id, called }))).toEqual(
      texts
        .flatMap((text) => JSON.parse(text) as readonly { id: string; function: unknown }[])
        .map(({ id, function: called }) => ({ id, called })),
    );
    const asked = readMessageList('e44e72cf2d221781');
    const stored = theirs(byId('e44e72cf2d221781').oracle?.input);
    expect(asked.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
    ]);
    expect(stored.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'tool',
      'tool',
      'tool',
      'tool',
    ]);
    for (const index of [0, 1, 3, 5]) {
      expect(ours(asked)[index]?.content).toBe(stored[index]?.content);
    }
    // A result names the call that came before it.
    expect(asked[3]?.['tool_call_id']).toBe('call_n2HaWg9KFP0BZDqXv6G4b3nJ');
    expect(asked[5]?.['tool_call_id']).toBe('call_dOeEHJDI0liHrCdFWTpkTsuO');
  });

  it('has only the tools of messages that were stored as Python prints them; the span has the messages', () => {
    const { oracle } = byId('ca136de468e156c9');
    expect(oracle?.input?.data?.map(({ role, content }) => role ?? content ?? null)).toEqual([
      null,
      null,
    ]);
    expect(readMessageList('ca136de468e156c9')).toEqual([
      {
        role: 'system',
        content:
          '<additional_information>\n- Use markdown to format your answers.\n</additional_information>',
      },
      { role: 'user', content: 'What is currently trending on Twitter?' },
    ]);
    expect(ourTools(captured('ca136de468e156c9').request)).toEqual(theirTools(oracle));
    // Its later turn lacks the message with the call, in the span too.
    expect(byId('b38a82eaa62b551e').oracle?.input?.data).toHaveLength(4);
  });

  it.each([
    ['fc7f61b57ecebbaf', false, false],
    ['1f883bb9668167c0', false, false],
    ['1dc6768109615657', false, true],
    ['231c43964b7e7e63', true, false],
  ])('fails at %s', (id, input, output) => {
    const { oracle } = byId(id);
    expect([oracle?.input?.success, oracle?.output?.success]).toEqual([input, output]);
  });

  it('fails on an answer that is text, which is an answer', () => {
    expect(textOf(answerOf('231c43964b7e7e63')[0]?.['content'])).toMatch(
      /^I now can give a great answer .*<\/html>\n```$/s,
    );
  });
});
