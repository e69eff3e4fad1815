import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Dialect } from '../../source/traffic/dialects/dialect.ts';
import { dialectServer, type DialectServer } from '../helpers/dialect-server.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

/** How a judge ends its answer: by itself, at its limit of tokens, or because it will not answer. */
type Ending = 'whole' | 'cut' | 'refused';

const usage = { input: 300, output: 40 };

/** The body of an answer with this text in each dialect. */
const bodies: Readonly<Record<Dialect, (text: string, ending: Ending) => object>> = {
  chat: (text, ending) => ({
    id: 'c',
    object: 'chat.completion',
    model: 'judge',
    choices: [
      {
        index: 0,
        finish_reason: ending === 'cut' ? 'length' : 'stop',
        message:
          ending === 'refused'
            ? { role: 'assistant', content: null, refusal: text }
            : { role: 'assistant', content: text },
      },
    ],
    usage: { prompt_tokens: usage.input, completion_tokens: usage.output },
  }),
  responses: (text, ending) => ({
    id: 'r',
    object: 'response',
    model: 'judge',
    status: ending === 'cut' ? 'incomplete' : 'completed',
    incomplete_details: ending === 'cut' ? { reason: 'max_output_tokens' } : null,
    output: [
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [
          ending === 'refused' ? { type: 'refusal', refusal: text } : { type: 'output_text', text },
        ],
      },
    ],
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  }),
  messages: (text, ending) => ({
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'judge',
    content: [{ type: 'text', text }],
    stop_reason: { whole: 'end_turn', cut: 'max_tokens', refused: 'refusal' }[ending],
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  }),
  gemini: (text, ending) => ({
    modelVersion: 'judge',
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ text }] },
        finishReason: { whole: 'STOP', cut: 'MAX_TOKENS', refused: 'SAFETY' }[ending],
      },
    ],
    usageMetadata: { promptTokenCount: usage.input, candidatesTokenCount: usage.output },
  }),
};

const dialects = Object.keys(bodies) as readonly Dialect[];

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  onTestFinished(() => scene.close());
  await fillStore(scene.path('understudy.db'), [
    { id: 'req', baseline: '好的。', candidate: '不行。' },
  ]);
});

/** Asks a judge that speaks one dialect, and answers every question with the same text. */
const ask = async (dialect: Dialect, text: string, ending: Ending = 'whole') => {
  const server: DialectServer = await dialectServer((call) => ({
    status: 200,
    body: bodies[call.dialect](text, ending),
  }));
  onTestFinished(server.close);
  const prices = { judge: { input: 10, output: 20 } };
  const baseUrl = dialect === 'gemini' ? `${server.origin}/v1beta` : `${server.origin}/v1`;
  const court = { baseUrl, prices, dialects: [dialect] };
  await writeFile(scene.path('understudy.config.json'), JSON.stringify({ providers: { court } }));
  const run = await scene.run(['judge', '--judge', 'court/judge', '--budget', '1']);
  return { ...run, calls: server.calls };
};

const said = (): readonly object[] =>
  scene.rows('select first_side, verdict, reason from judge_call order by first_side');

describe.each(dialects)('a judge that speaks %s', (dialect) => {
  it('is asked in both orders in that dialect, read in any language, and has its price', async () => {
    const reply = '{"verdict": "worse", "reason": "第二个回答拒绝了请求。🙅"}';
    const { calls, code, stdout } = await ask(dialect, reply);
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 of 1 pair judged')]);
    expect(calls.map((call) => call.dialect)).toEqual([dialect, dialect]);
    const asked = calls.map(({ body }) => JSON.stringify(body));
    const isFirst = (body: string): boolean => body.indexOf('好的。') < body.indexOf('不行。');
    expect(asked.map(isFirst).sort()).toEqual([false, true]);
    for (const body of asked) expect(body).toContain('4096');
    const reason = '第二个回答拒绝了请求。🙅';
    expect(said()).toEqual([
      { first_side: 'baseline', verdict: 'worse', reason },
      { first_side: 'candidate', verdict: 'better', reason },
    ]);
    expect(stdout).toContain('$0.0076 of $1.00');
  });

  it('gives no verdict with an answer that is cut off or a refusal, and the store says so', async () => {
    const { code } = await ask(dialect, '{"verdict": "wor', 'cut');
    expect([code, said()]).toEqual([
      0,
      ['baseline', 'candidate'].map((side) => ({
        first_side: side,
        verdict: null,
        reason: 'cut off: {"verdict": "wor',
      })),
    ]);
  });

  it('gives no verdict with a refusal', async () => {
    const { code } = await ask(dialect, 'I will not judge that.', 'refused');
    expect(code).toBe(0);
    expect(scene.rows('select distinct verdict, failure from judge_call')).toEqual([
      { verdict: null, failure: null },
    ]);
    expect(scene.rows('select verdict from judgement')).toEqual([{ verdict: 'undecided' }]);
  });
});
