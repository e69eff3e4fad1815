import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cellWidth } from '../../source/text/width.ts';
import { modelServer, streamTexts, type ModelServer } from '../helpers/model-server.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;
let server: ModelServer;

/** The fields of an answer. The baseline's two answers to the first three tickets differ from each other. */
const answerTo = (model: string, ticket: number, asked: number) => ({
  category:
    model === 'new' && ticket < 5
      ? 'account'
      : model === 'steady' && ticket < 3 && asked > 0
        ? 'shipping'
        : 'payment',
  priority: model === 'new' && ticket < 10 ? 'high' : 'low',
});

beforeEach(async () => {
  scene = await openScene();
  const calls = new Map<string, number>();
  server = await modelServer((model, response, _request, body) => {
    const ticket = Number(/ticket (\d+)/.exec(body)?.[1]);
    const key = `${model} ${ticket}`;
    const asked = calls.get(key) ?? 0;
    calls.set(key, asked + 1);
    streamTexts(response, [JSON.stringify(answerTo(model, ticket, asked))]);
  });
});

afterEach(async () => {
  server.close();
  await scene.close();
});

describe('the summary against the noise floor', () => {
  it('tells real differences from noise, per endpoint and per field', async () => {
    const lines = Array.from({ length: 50 }, (_, ticket) =>
      JSON.stringify({
        id: `t${ticket}`,
        // The last ten never differ.
        endpoint: ticket < 40 ? 'route' : 'greet',
        request: {
          model: 'steady',
          messages: [{ role: 'user', content: `ticket ${ticket}` }],
          response_format: { type: 'json_object' },
        },
      }),
    );
    await writeFile(scene.path('traffic.jsonl'), `${lines.join('\n')}\n`);
    const models = [`--baseline=${server.url}#steady`, `--candidate=${server.url}#new`];
    const replay = await scene.run(['replay', 'traffic.jsonl', ...models, '--noise=100%']);
    expect(replay.stderr).not.toContain('failed');
    expect(replay.code).toBe(0);

    const { noise } = await scene.summary();
    // The candidate differs on 10 tickets, the baseline from itself on 3 of these.
    expect(noise).toMatchObject({
      baseline: { rate: 47 / 50, n: 50 },
      candidate: { rate: 40 / 50 },
      differing: { candidate: { rate: 0.2 }, baseline: { rate: 0.06 } },
      onlyCandidate: 7,
      onlyBaseline: 0,
      // 7 to 0 by chance: 2 of 2^7.
      pValue: expect.closeTo(2 / 128, 10),
      result: 'more',
      unlisted: 0,
      moreFields: 0,
    });
    expect(noise?.excess.difference).toBeCloseTo(0.14, 12);
    expect(noise?.byEndpoint).toMatchObject([
      {
        endpoint: 'greet',
        field: null,
        excess: { difference: 0, n: 10 },
        result: 'not told apart',
      },
      // Adjusted for two endpoints.
      {
        endpoint: 'route',
        excess: { n: 40 },
        pValue: expect.closeTo(2 / 128, 10),
        qValue: expect.closeTo(4 / 128, 10),
        result: 'more',
      },
    ]);
    expect(noise?.byField).toMatchObject([
      {
        endpoint: 'route',
        field: 'priority',
        differing: { candidate: { rate: 10 / 40 }, baseline: { rate: 0 } },
        // 10 to 0: 2 of 2^10, for two fields.
        qValue: expect.closeTo(4 / 1024, 10),
        result: 'more',
      },
      {
        field: 'category',
        differing: { candidate: { rate: 5 / 40 }, baseline: { rate: 3 / 40 } },
        // 2 to 0.
        onlyCandidate: 2,
        onlyBaseline: 0,
        pValue: expect.closeTo(0.5, 10),
        result: 'not told apart',
      },
    ]);

    const { stdout: text } = await scene.run(['summary']);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'Of these, the candidate differs on 20.0 %, the baseline from itself on 6.0 %: +14.0 (3.5–26.0) points, more than noise (p = 0.016, exact McNemar).',
    );
    expect(text).toMatch(/^ {2}greet +10~ +0\.0 % +0\.0 % .*not told from noise$/m);
    expect(text).toMatch(/^ {4}priority +40 +25\.0 % +0\.0 % +\+25\.0 \(.*\) more than noise$/m);
    expect(text).toMatch(/^ {4}category +40 +12\.5 % +7\.5 % +\+5\.0 \(.*\) not told from noise$/m);
    expect(text).toContain('~ fewer than 30 requests, a small sample.');
    expect(Math.max(...text.split('\n').map(cellWidth))).toBeLessThanOrEqual(80);

    const { stdout: markdown } = await scene.run(['summary', '--format=markdown']);
    expect(markdown).toMatch(
      /\| route \| priority \| 40 \| 25\.0 % \| 0\.0 % \| \+25\.0 .*more than noise \|/,
    );
    const { stdout: html } = await scene.run(['summary', '--format=html']);
    expect(html).toContain('<h2 id="noise">Against the noise of the baseline</h2>');
    const { stdout: csv } = await scene.run(['summary', '--format=csv']);
    const [head = '', ...rows] = csv.trimEnd().split('\r\n');
    const at = head.split(',').indexOf('noise.excess.difference');
    expect(
      rows.map((row) => [...row.split(',').slice(0, 2), Number(row.split(',')[at]).toFixed(3)]),
    ).toEqual([
      ['', '', '0.140'],
      ['greet', '', '0.000'],
      ['route', '', '0.175'],
      ['route', 'priority', '0.250'],
      ['route', 'category', '0.050'],
    ]);

    const gate = await scene.run(['summary', '--gate', 'noise.excess.upper<=0.1']);
    expect(gate.code).toBe(3);
  });
});
