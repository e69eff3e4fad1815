import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { compatibleServer } from '../../source/models/resolve-model.ts';
import type { Model, Price } from '../../source/models/model.ts';
import { RemedyBook } from '../../source/replay/remedy-book.ts';
import { loadPair, type SideRecord } from '../../source/store/comparisons/pairs.ts';
import { loadRemedies } from '../../source/store/comparisons/remedies.ts';
import { countTranslated } from '../../source/store/comparisons/call-conditions.ts';
import type { JsonObject } from '../../source/text/json.ts';
import type { Capture } from '../../source/traffic/capture.ts';
import { findRequest } from '../../source/traffic/dialects/replayable-request.ts';
import { dialects, type Dialect } from '../../source/traffic/dialects/dialect.ts';
import { dialectServer, recordedStreams, type DialectServer } from '../helpers/dialect-server.ts';
import { openStand, type Stand } from './stand.ts';

let stand: Stand | null = null;
let server: DialectServer | null = null;

afterEach(async () => {
  await stand?.close();
  server?.close();
  stand = null;
  server = null;
});

type Fixture = { readonly shows: string; readonly path: string; readonly body: JsonObject };

/** The recorded requests of a dialect that can be replayed. */
const fixtures = (dialect: Dialect): readonly Capture[] => {
  const url = new URL(`../fixtures/dialects/${dialect}.json`, import.meta.url);
  const all = JSON.parse(readFileSync(url, 'utf8')) as readonly Fixture[];
  return all.flatMap(({ body, path, shows }, index) => {
    const model = /models\/([^/:]+):/.exec(path)?.[1] ?? null;
    const { found } = findRequest(body, { dialect, model });
    return found === null ? [] : [captureOf(`${dialect} ${shows} ${index}`, found)];
  });
};

const captureOf = (
  id: string,
  request: Pick<Capture, 'dialect' | 'model' | 'request'>,
): Capture => ({
  id,
  endpoint: 'test',
  timestamp: null,
  ...request,
  recorded: [],
  metadata: null,
  partial: [],
});

/** A model that speaks these dialects, the best one first. */
const speaking = (name: string, origin: string, ...spoken: readonly Dialect[]): Model => ({
  kind: 'live',
  label: `test/${name}`,
  name,
  provider: {
    ...compatibleServer(`${origin}/v1`),
    id: 'test',
    dialects: Object.fromEntries(spoken.map((dialect) => [dialect, {}])),
  },
});

const messagesRequest = (
  more: JsonObject = {},
): Pick<Capture, 'dialect' | 'model' | 'request'> => ({
  dialect: 'messages',
  model: null,
  request: {
    model: 'claude-old',
    max_tokens: 100,
    system: 'Be short.',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
    ...more,
  },
});

type Answered = Extract<SideRecord, { kind: 'answered' }>;

const sideOf = async (captureId: string, side: 'baseline' | 'candidate'): Promise<SideRecord> => {
  if (stand === null) throw new Error('no stand');
  return (await loadPair(stand.store, stand.comparisonId, captureId)).sides[side];
};

const answerOf = async (captureId: string): Promise<Answered> => {
  const side = await sideOf(captureId, 'candidate');
  if (side.kind !== 'answered') throw new Error(JSON.stringify(side));
  return side;
};

/** What of a request is changed on purpose, at its top. */
const touched = new Set([
  'model',
  'stream',
  'store',
  'background',
  'metadata',
  'user',
  'safety_identifier',
  'labels',
]);

const untouched = (body: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(body ?? {}).filter(([name]) => !touched.has(name)));

const promptOf = (body: JsonObject): string =>
  JSON.stringify(body['messages'] ?? body['input'] ?? body['contents']);

/** Whether something in it was written by the model that it was made to, and is of no use to another. */
const hasReasoning = ({ request }: Capture): boolean =>
  /"type":"(?:thinking|reasoning)"|thoughtSignature|"thought":true/.test(JSON.stringify(request));

/** A recorded answer of production, so that only the candidate is called. */
const withRecording = (capture: Capture): Capture => ({
  ...capture,
  recorded: [
    {
      model: 'old',
      production: true,
      body: wholeAnswers[capture.dialect],
      timeToFirstTokenMs: null,
      totalMs: null,
    },
  ],
});

const wholeAnswers: Readonly<Record<Dialect, JsonObject>> = {
  chat: { choices: [{ index: 0, message: { content: 'Paris' }, finish_reason: 'stop' }] },
  responses: {
    object: 'response',
    status: 'completed',
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Paris' }] },
    ],
  },
  messages: {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'Paris' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 5, output_tokens: 1 },
  },
  gemini: { candidates: [{ content: { parts: [{ text: 'Paris' }] }, finishReason: 'STOP' }] },
};

const recorded: Model = { kind: 'recorded', label: 'recorded', name: null };

/** Replays captures, each with a recorded answer, on a candidate that speaks these dialects. */
const replayOn = async (
  captures: readonly Capture[],
  spoken: readonly Dialect[],
  reply: Parameters<typeof dialectServer>[0] = ({ dialect }) => recordedStreams[dialect].text,
) => {
  server = await dialectServer(reply);
  const candidate = speaking('m-1', server.origin, ...spoken);
  stand = await openStand({
    captures: captures.map(withRecording),
    models: { baseline: recorded, candidate },
  });
  const book = new RemedyBook({ store: stand.store, at: () => '2026-11-30T00:00:00.000Z' });
  const adapting = { keep: new Set<string>(), policy: 'auto', ask: null, book } as const;
  const result = await stand.run({ adapting });
  return { result, calls: server.calls, stand };
};

describe('a request to a model that speaks its dialect', () => {
  it('goes as it was recorded, but for the model, streaming and what touches production', async () => {
    const captures = dialects.flatMap(fixtures);
    const { calls, result, stand: own } = await replayOn(captures, dialects);
    expect(result.progress.failures.candidate).toEqual({});
    expect(calls).toHaveLength(captures.length);
    for (const capture of captures) {
      const { dialect, id, request } = capture;
      const { answer, path } = await answerOf(id);
      expect([id, path, answer.text !== '']).toEqual([id, 'native', true]);
      if (hasReasoning(capture)) continue;
      const sent = calls.find(
        (call) => call.dialect === dialect && promptOf(call.body) === promptOf(request),
      );
      expect(sent?.body['model'] ?? 'in the path').toBe(
        dialect === 'gemini' ? 'in the path' : 'm-1',
      );
      if (dialect === 'chat') continue;
      expect(JSON.stringify(untouched(sent?.body))).toBe(JSON.stringify(untouched(request)));
    }
    expect(await countTranslated(own.store, own.comparisonId)).toEqual({ bridged: 0, lossy: 0 });
  });

  it('is sent without a parameter that the model refuses, and remembered for that dialect', async () => {
    const captures = [1, 2, 3].map((number) =>
      captureOf(`c${number}`, messagesRequest({ temperature: 0.5 })),
    );
    const { calls, stand: own } = await replayOn(captures, ['messages'], ({ body }) =>
      Object.hasOwn(body, 'temperature')
        ? {
            status: 400,
            body: {
              type: 'error',
              error: {
                type: 'invalid_request_error',
                message: 'temperature: Extra inputs are not permitted',
              },
            },
          }
        : recordedStreams.messages.text,
    );
    expect(calls.length).toBeGreaterThan(3);
    const { adaptations } = await answerOf('c1');
    expect(adaptations.at(-1)).toMatchObject({ parameter: 'temperature', action: 'removed' });
    const page = { modelLabel: 'test/m-1', dialect: 'messages' } as const;
    expect(await loadRemedies(own.store, own.comparisonId, page)).toHaveLength(1);
    expect(await loadRemedies(own.store, own.comparisonId, { ...page, dialect: 'chat' })).toEqual(
      [],
    );
  });

  it('is sent again after the server was overloaded, and after a 429 as late as it asks', async () => {
    const replies = [
      { status: 529, body: { type: 'error', error: { type: 'overloaded_error', message: 'M' } } },
      {
        status: 429,
        body: { type: 'error', error: { type: 'rate_limit_error', message: 'M' } },
        headers: { 'retry-after': '7' },
      },
    ];
    const { stand: own } = await replayOn(
      [captureOf('c', messagesRequest())],
      ['messages'],
      () => replies.shift() ?? recordedStreams.messages.text,
    );
    const side = await answerOf('c');
    expect(side.attempts.map(({ failure }) => failure.reason)).toEqual([
      'server_error',
      'rate_limited',
    ]);
    expect(Math.max(...own.waits)).toBeGreaterThanOrEqual(7000);
  });

  it('fails with the words of the server if no change helps', async () => {
    const message = 'messages.0.content: Input should be a valid list';
    await replayOn([captureOf('c', messagesRequest())], ['messages'], () => ({
      status: 400,
      body: { type: 'error', error: { type: 'invalid_request_error', message } },
    }));
    expect(await sideOf('c', 'candidate')).toMatchObject({
      kind: 'failed',
      failure: { reason: 'rejected', message: `The server answered 400: ${message}` },
    });
  });
});

describe('a request to a model that speaks another dialect', () => {
  it.each(dialects)('is translated into %s, with every change named', async (target) => {
    const captures = dialects.filter((dialect) => dialect !== target).flatMap(fixtures);
    const { calls, result, stand: own } = await replayOn(captures, [target]);
    expect(result.progress.failures.candidate).toEqual({});
    expect(calls.every(({ dialect }) => dialect === target)).toBe(true);
    const counts = { bridged: 0, lossy: 0 };
    let unsent = 0;
    for (const { id } of captures) {
      const side = await sideOf(id, 'candidate');
      if (side.kind === 'not_sent') {
        expect(side.reason).toMatch(/: only .* has it$/);
        unsent++;
        continue;
      }
      const { adaptations, path } = await answerOf(id);
      if (path === 'native') throw new Error(`${id} is native`);
      counts[path]++;
      expect(adaptations.some(({ lossy }) => lossy === true)).toBe(path === 'lossy');
      expect(adaptations.every(({ reason }) => reason !== '')).toBe(true);
    }
    expect(calls).toHaveLength(captures.length - unsent);
    expect(await countTranslated(own.store, own.comparisonId)).toEqual(counts);
  });

  it('names a parameter once that is renamed twice, and not at all if it is back where it was', async () => {
    await replayOn([captureOf('c', messagesRequest())], ['chat']);
    const { adaptations } = await answerOf('c');
    expect(adaptations.filter(({ action }) => action === 'renamed')).toEqual([]);
  });

  it('is in the dialect that the model speaks best', async () => {
    const { calls } = await replayOn([captureOf('c', messagesRequest())], ['gemini', 'chat']);
    expect(calls.map(({ dialect }) => dialect)).toEqual(['gemini']);
    expect(calls[0]?.body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be short.' }] },
      generationConfig: { maxOutputTokens: 100 },
    });
  });

  it('that only its own dialect can ask is sent to neither side, with the reason', async () => {
    server = await dialectServer(({ dialect }) => recordedStreams[dialect].text);
    const bash = { type: 'bash_20250124', name: 'bash' };
    stand = await openStand({
      captures: [captureOf('c', messagesRequest({ tools: [bash] }))],
      models: {
        baseline: speaking('old', server.origin, 'messages'),
        candidate: speaking('m-1', server.origin, 'chat'),
      },
    });
    await stand.run();
    expect(server.calls).toEqual([]);
    expect(await sideOf('c', 'candidate')).toMatchObject({
      kind: 'not_sent',
      reason: 'bash_20250124: only Anthropic Messages has it',
    });
    expect(await sideOf('c', 'baseline')).toMatchObject({
      kind: 'not_sent',
      reason: 'the other side cannot be asked',
    });
  });
});

describe('a budget', () => {
  const price: Price = { input: 0, output: 1e6, cachedInput: null, source: 'test', date: '' };

  it('reserves the output limit of a request in any dialect', async () => {
    server = await dialectServer(({ dialect }) => recordedStreams[dialect].text);
    stand = await openStand({
      captures: [captureOf('c', messagesRequest({ max_tokens: 100 }))],
      models: {
        baseline: speaking('old', server.origin, 'messages'),
        candidate: speaking('m-1', server.origin, 'gemini'),
      },
      price,
    });
    const { progress } = await stand.run({ budget: 150 });
    expect(progress.notSent).not.toEqual({});
    expect(server.calls.length).toBeLessThan(2);
    const again = await stand.run({ budget: 400 });
    expect(again.progress.done).toBe(1);
  });
});

describe('answers in two dialects', () => {
  const request = {
    model: 'old',
    input: 'What is the capital of France?',
    tools: [
      {
        type: 'function',
        name: 'get_capital',
        parameters: { type: 'object', properties: { country: { type: 'string' } } },
        strict: false,
      },
    ],
  };

  it('are equal when they call the same tool with the same arguments', async () => {
    server = await dialectServer(({ dialect }) =>
      dialect === 'gemini' ? recordedStreams.gemini.call : recordedStreams.responses.call,
    );
    stand = await openStand({
      captures: [captureOf('c', { dialect: 'responses', model: null, request })],
      models: {
        baseline: speaking('old', server.origin, 'responses'),
        candidate: speaking('m-1', server.origin, 'gemini'),
      },
    });
    await stand.run();
    const { comparison, sides } = await loadPair(stand.store, stand.comparisonId, 'c');
    expect(comparison?.outcome).toMatch(/identical|equivalent/);
    const [baseline, candidate] = [sides.baseline, sides.candidate];
    if (baseline.kind !== 'answered' || candidate.kind !== 'answered') throw new Error('failed');
    for (const { answer } of [baseline, candidate]) {
      expect(answer.finishReason).toBe('tool_calls');
      expect(answer.usage?.input).toBeGreaterThan(0);
      expect(answer.usage?.output).toBeGreaterThan(0);
    }
  });
});
