import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { cellWidth } from '../../source/text/width.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import {
  modelServer,
  streamCalls,
  streamTexts,
  type ModelServer,
} from '../helpers/model-server.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;
let server: ModelServer;

/** Of twelve requests: one calls other tools, three give other arguments, and two call in another order. */
const callsOf = (model: string, agent: number): readonly (readonly [string, string])[] => {
  const isNew = model === 'new';
  const calls = [
    ['find', JSON.stringify({ id: isNew && agent > 0 && agent < 4 ? 2 : 1 })],
    [isNew && agent === 0 ? 'pay' : 'send', '{}'],
  ] as const;
  return isNew && (agent === 4 || agent === 5) ? calls.toReversed() : calls;
};

beforeEach(async () => {
  scene = await openScene();
  server = await modelServer((model, response, _request, body) => {
    const agent = /agent (\d+)/.exec(body)?.[1];
    if (agent !== undefined) {
      streamCalls(response, callsOf(model, Number(agent)));
      return;
    }
    // The candidate says the same in the first turn of the first five conversations.
    const isSame = /chat [0-4] turn 0/.test(body);
    streamTexts(response, [isSame ? 'the same' : `this is what ${model} has to say`]);
  });
});

afterEach(async () => {
  server.close();
  await scene.close();
});

const turns = 4;
const ids = Array.from(
  { length: 10 * turns },
  (_, at) => `c${Math.floor(at / turns)}t${at % turns}`,
);

/** Ten conversations of four turns. */
const replayConversations = async (): Promise<string> => {
  const lines = ids.map((id, at) =>
    JSON.stringify({
      id,
      endpoint: 'chat',
      timestamp: new Date(Date.UTC(2026, 10, 1, 12, at)).toISOString(),
      metadata: { conversation: `chat-${Math.floor(at / turns)}` },
      request: {
        model: 'steady',
        messages: [{ role: 'user', content: `chat ${Math.floor(at / turns)} turn ${at % turns}` }],
      },
    }),
  );
  await writeFile(scene.path('traffic.jsonl'), `${lines.join('\n')}\n`);
  const models = [`--baseline=${server.url}#steady`, `--candidate=${server.url}#new`];
  const { code } = await scene.run(['replay', 'traffic.jsonl', ...models]);
  expect(code).toBe(0);
  return (await scene.summary()).comparison.id;
};

describe('the summary of conversations', () => {
  it('counts turns that resemble each other for less, and says what skips may hide', async () => {
    const comparisonId = await replayConversations();
    const store = await openStore(scene.path('understudy.db'));
    const event = (captureId: string, id: string) =>
      ({ id, comparisonId, captureId, reviewer: 'ann', at: '2026-11-24T00:00:00.000Z' }) as const;
    // Conversations 8 and 9 are worse throughout; two turns of conversation 7 are skipped.
    for (const id of ids.filter((one) => !/^c[0-4]t0$/.test(one))) {
      await (/^c7t[01]$/.test(id)
        ? appendEvent(store, { ...event(id, `e-${id}`), kind: 'skip' })
        : appendEvent(store, {
            ...event(id, `e-${id}`),
            kind: 'verdict',
            verdict: /^c[89]/.test(id) ? 'worse' : 'agree',
            ahead: false,
          }));
    }
    const skipping = await scene.summary();
    expect(skipping.counts).toMatchObject({ settledByMachine: 5, judged: 33, skipped: 2 });
    // 8 worse of 40, or 10 with the skipped ones.
    expect(skipping.skips).toMatchObject({
      pairs: 2,
      ifWorse: { rate: 30 / 40 },
      ifAgreed: { rate: 32 / 40 },
    });
    const { stdout } = await scene.run(['summary']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'unjudged: 2 skipped; no worse would be 75.0 % (75.0–75.0) if all were worse, 80.0 % (80.0–80.0) if all agreed',
    );

    for (const id of ['c7t0', 'c7t1']) {
      await appendEvent(store, {
        ...event(id, `f-${id}`),
        kind: 'verdict',
        verdict: 'agree',
        ahead: false,
      });
    }
    await store.close();
    const { conversations, noWorse, productionRates } = await scene.summary();
    // Every request is known, so nothing about these is uncertain.
    expect(noWorse).toMatchObject({ rate: 0.8, lower: 0.8, upper: 0.8, n: 40 });
    expect(conversations).toMatchObject({ conversations: 10, turns: 40, pairs: 40 });
    // 8 conversations of 4 agree and 2 do not. With half a conversation of each kind added, the centre is 34 of 44:
    // (1 + 1/10) (8 · 0.909² + 2 · 3.091² + 5.190) / 44 = 0.7727, divided by 0.7727 · 0.2273.
    expect(conversations?.drawn.designEffect).toBeCloseTo(4.4, 10);
    // Of 40, divided by 4.4 (t / z)² with t = 2.2622 of 9 degrees.
    expect(conversations?.drawn.effective).toBeCloseTo(40 / 4.4 / (2.26216 / 1.95996) ** 2, 2);
    // Wilson of 0.8 from 6.82 requests.
    expect(productionRates.noWorse.lower).toBeCloseTo(0.4287, 4);
    expect(productionRates.noWorse.upper).toBeCloseTo(0.9552, 4);
    const { stdout: text } = await scene.run(['summary']);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      '40 of 40 pairs are turns of 10. Every turn is asked and judged given the recorded past',
    );
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      '40 requests count as 6.8 independent ones (design effect 4.4) for production',
    );
    const { stdout: markdown } = await scene.run(['summary', '--format=markdown']);
    expect(markdown).toContain('given the recorded past');
  });

  it('says in which turn conversations first differ, and counts each of them', async () => {
    await replayConversations();
    const { firstDivergence } = await scene.summary();
    // The first five begin with the same answer.
    expect(firstDivergence).toEqual({
      conversations: 10,
      turns: [
        { turn: 1, conversations: 5 },
        { turn: 2, conversations: 5 },
      ],
      later: 0,
      none: 0,
      unknown: 0,
    });
    const { stdout } = await scene.run(['summary', '--by', 'conversation']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'First difference that the machine finds: of 10 conversations with several turns, 5 in turn 1, 5 in turn 2.',
    );
    expect(stdout).toMatch(/^By conversation +pairs/m);
    expect(Math.max(...stdout.split('\n').map(cellWidth))).toBeLessThanOrEqual(80);
    expect(stdout.match(/^ {2}chat-\d +4 /gm)).toHaveLength(10);
  });

  it('finds conversations without names by what their requests repeat', async () => {
    // Six conversations of three turns begin alike, and production answers each in another way. Two others have a first
    // turn of their own, and the second turn of the last was not recorded. One request is made three times. Five requests
    // begin with the same example, two of which are the same.
    const said = (role: string, content: string) => ({ role, content });
    const conversation = (opening: string, own: number, recorded: readonly number[]) =>
      recorded.map((turn) => ({
        id: `c${own}t${turn}`,
        messages: [
          said('user', opening),
          ...Array.from({ length: turn }, (_, at) => [
            said('assistant', `answer ${own} ${at}`),
            said('user', `question ${own} ${at}`),
          ]).flat(),
        ],
      }));
    const requests = [
      ...[0, 1, 2, 3, 4, 5].flatMap((own) => conversation('hello', own, [0, 1, 2])),
      ...conversation('chat 0 turn 0', 6, [0, 1, 2, 3]),
      ...conversation('chat 1 turn 0', 7, [0, 2, 3]),
      ...['x1', 'x2', 'x3'].map((id) => ({ id, messages: [said('user', 'the same each time')] })),
      ...['e1', 'e2', 'e3', 'e4', 'e4 again'].map((id) => ({
        id,
        messages: [
          said('user', 'an example'),
          said('assistant', 'its answer'),
          said('user', id.slice(0, 2)),
        ],
      })),
    ];
    const lines = requests.map(({ id, messages }) =>
      JSON.stringify({ id, endpoint: 'chat', request: { model: 'steady', messages } }),
    );
    await writeFile(scene.path('traffic.jsonl'), `${lines.join('\n')}\n`);
    const models = [`--baseline=${server.url}#steady`, `--candidate=${server.url}#new`];
    expect((await scene.run(['replay', 'traffic.jsonl', ...models])).code).toBe(0);
    const summary = await scene.summary();
    // Two turns of each of the six; four and two turns.
    expect(summary.conversations).toMatchObject({ conversations: 8, turns: 18, pairs: 33 });
    // Nothing is judged, so nothing is known of how much they resemble each other.
    expect(summary.conversations?.drawn).toEqual({ n: 33, designEffect: null, effective: null });
    expect((await scene.run(['summary'])).stdout).not.toContain('independent');
    // The candidate says the same in every turn of the last two.
    expect(summary.firstDivergence).toEqual({
      conversations: 8,
      turns: [{ turn: 1, conversations: 6 }],
      later: 0,
      none: 2,
      unknown: 0,
    });
  });

  it('counts how far the sides call the same tools', async () => {
    const lines = Array.from({ length: 16 }, (_, at) =>
      JSON.stringify({
        id: `a${at}`,
        endpoint: 'agent',
        request: {
          model: 'steady',
          // The last four call none.
          messages: [{ role: 'user', content: at < 12 ? `agent ${at}` : `chat ${at}` }],
        },
      }),
    );
    await writeFile(scene.path('agents.jsonl'), `${lines.join('\n')}\n`);
    const models = [`--baseline=${server.url}#steady`, `--candidate=${server.url}#new`];
    expect((await scene.run(['replay', 'agents.jsonl', ...models])).code).toBe(0);
    const { conversations, toolCalls } = await scene.summary();
    expect(conversations).toBeNull();
    expect(toolCalls).toMatchObject({
      names: { rate: 11 / 12, n: 12 },
      arguments: { rate: 8 / 12 },
      order: { rate: 6 / 12 },
    });
    const { stdout } = await scene.run(['summary']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Tool calls: of 12 pairs in which a side calls tools, both call the same ones on 91.7 % (64.6–98.5), with the same arguments on 66.7 % (39.1–86.2), and in the same order on 50.0 % (25.4–74.6).',
    );
  });
});
