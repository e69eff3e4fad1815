import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DryRunReport } from '../../source/replay/estimate/report.ts';
import type { JsonObject } from '../../source/text/json.ts';
import {
  dialectServer,
  recordedStreams,
  type DialectReply,
  type DialectServer,
} from '../helpers/dialect-server.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

let scene: Scene;
let server: DialectServer;

const keys = { CLAUDE_KEY: 'sk-secret-claude-0123456789', ACME_KEY: 'sk-secret-acme-0123456789' };

beforeEach(async () => {
  scene = await openScene();
});

afterEach(async () => {
  server.close();
  await scene.close();
});

/** A message of Anthropic's, as production got it. */
const answer = (text: string): JsonObject => ({
  type: 'message',
  role: 'assistant',
  model: 'claude-old',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 20, output_tokens: 4 },
});

const request = (question: string, more: JsonObject = {}): JsonObject => ({
  model: 'claude-old',
  max_tokens: 100,
  system: 'Be short.',
  messages: [{ role: 'user', content: question }],
  ...more,
});

/** Eight calls of Anthropic's: four can be translated whole, three not, and one not at all. */
const traffic = [
  ...[1, 2, 3, 4].map((number) => request(`Question ${number}?`)),
  ...[5, 6, 7].map((number) =>
    request(`Question ${number}?`, { context_management: { edits: [] } }),
  ),
  request('Question 8?', { tools: [{ type: 'bash_20250124', name: 'bash' }] }),
];

/** Starts the server, and writes the traffic and a configuration of a provider for each of two dialects. */
const serve = async (
  reply: (dialect: 'chat' | 'messages') => DialectReply = (dialect) =>
    recordedStreams[dialect].text,
): Promise<void> => {
  server = await dialectServer(({ dialect }) =>
    dialect === 'messages' || dialect === 'chat' ? reply(dialect) : { status: 404, body: {} },
  );
  const provider = {
    baseUrl: `${server.origin}/v1`,
    prices: { old: { input: 1, output: 5 }, new: { input: 1, output: 5 } },
  };
  const configuration = {
    providers: {
      claude: { ...provider, keyVariable: 'CLAUDE_KEY', dialects: ['messages'] },
      acme: { ...provider, keyVariable: 'ACME_KEY' },
    },
  };
  await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
  const lines = traffic.map((body, index) =>
    JSON.stringify({ id: `c${index + 1}`, request: body, response: answer('Paris.') }),
  );
  await writeFile(scene.path('traffic.jsonl'), lines.join('\n'));
};

const models = ['--baseline', 'claude/old', '--candidate', 'acme/new'];

describe('a comparison of Anthropic traffic with a model of chat completions', () => {
  it('says before the first call what is native, bridged, lossy and not replayable', async () => {
    await serve();
    const argv = ['replay', 'traffic.jsonl', ...models, '--dry-run'];
    const report = JSON.parse((await scene.run([...argv, '--json'])).stdout) as DryRunReport;
    expect(report).toMatchObject({ captures: 8, calls: 14 });
    expect(report.baseline).toMatchObject({
      calls: 7,
      paths: { native: 7, bridged: 0, lossy: 0 },
      notReplayable: [{ reason: 'the other side cannot be asked', calls: 1 }],
    });
    expect(report.candidate).toMatchObject({
      calls: 7,
      paths: { native: 0, bridged: 4, lossy: 3 },
      notReplayable: [{ reason: 'bash_20250124: only Anthropic Messages has it', calls: 1 }],
      mostOutput: 700,
    });
    expect(report.candidate.adaptations).toContainEqual(
      expect.objectContaining({
        parameter: 'context_management',
        action: 'dropped',
        lossy: true,
        calls: 3,
      }),
    );
    const text = (await scene.run(argv)).stdout;
    expect(text).toMatch(/^ +native +7 +0$/m);
    expect(text).toMatch(/^ +bridged, lossy +0 +3$/m);
    expect(text).toContain('dropped, lossy: context_management');
    expect(server.calls).toEqual([]);
  });

  it('is replayed, reviewed and summarized, and the store has nothing of the keys', async () => {
    await serve();
    const run = await scene.run(['replay', 'traffic.jsonl', ...models, '--budget', '5'], keys);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain(
      'acme/new: of 8 requests: 0 native, 4 bridged, 3 lossy (context_management dropped in 3), 1 not replayable (bash_20250124: only Anthropic Messages has it in 1)',
    );
    const { port } = new URL(server.origin);
    expect(run.stderr).toContain(`CLAUDE_KEY to 127.0.0.1:${port} (claude in`);
    expect(
      server.calls.filter(({ headers }) => headers['x-api-key'] === keys.CLAUDE_KEY),
    ).toHaveLength(7);
    expect(
      server.calls.filter(({ headers }) => headers.authorization === `Bearer ${keys.ACME_KEY}`),
    ).toHaveLength(7);

    const summary = await scene.summary();
    expect(summary.counts).toMatchObject({ replayable: 8, answered: 7, notSent: 1 });
    expect(summary.paths).toEqual({ native: 0, bridged: 4, lossy: 3 });
    const count = async (filter: string): Promise<unknown> =>
      JSON.parse((await scene.run(['summary', '--json', '--filter', filter])).stdout).counts
        .answered;
    expect([await count('path:lossy'), await count('!path:lossy')]).toEqual([3, 4]);
    const by = JSON.parse((await scene.run(['summary', '--json', '--by', 'path'])).stdout).by;
    expect(
      by.slices.map(({ counts, name }: { counts: { answered: number }; name: string }) => [
        name,
        counts.answered,
      ]),
    ).toEqual([
      ['bridged', 4],
      ['lossy', 3],
      [null, 0],
    ]);

    for (const file of ['understudy.db', 'understudy.db-wal']) {
      const bytes = await readFile(scene.path(file)).catch(() => Buffer.alloc(0));
      for (const key of Object.values(keys)) expect(bytes.includes(key)).toBe(false);
    }

    const review = startInTerminal(node, [program, 'review'], { cwd: scene.directory });
    onTestFinished(() => review.kill());
    await review.until(/\(i\)/);
    for (let place = 2; place <= 7 && !review.text().includes('lossy,'); place++) {
      review.type('J');
      await review.until(`pair ${place} of 7`);
    }
    const screen = await review.until(/lossy, context_management dropped \(i\)/);
    expect(screen).toContain('Hello');
    review.type('i');
    expect(await review.until(/translated, and a part of the/)).toMatch(
      /dropped +context_management/,
    );
  });

  it('is not sent by batch where the file could not hold it', async () => {
    await serve();
    const configuration: { providers: Record<string, JsonObject> } = JSON.parse(
      await readFile(scene.path('understudy.config.json'), 'utf8'),
    );
    const { acme = {} } = configuration.providers;
    configuration.providers['acme'] = { ...acme, batch: true };
    await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
    const argv = ['traffic.jsonl', '--baseline', 'recorded', '--candidate', 'acme/new', '--batch'];
    const dryRun = JSON.parse(
      (await scene.run(['replay', ...argv, '--dry-run', '--json'])).stdout,
    ) as DryRunReport;
    const reason = 'a request in the dialect messages, which batches do not take';
    expect(dryRun.candidate).toMatchObject({ calls: 0, notReplayable: [{ reason, calls: 8 }] });
    await scene.run(['replay', ...argv, '--budget', '5'], keys);
    expect(server.calls).toEqual([]);
    const rows = scene.rows('select side, reason, count(*) as n from not_sent group by 1, 2');
    expect(rows).toEqual([{ side: 'candidate', reason, n: 8 }]);
  });

  it('fails on the side that refuses, with its words', async () => {
    const refused = {
      status: 400,
      body: {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: 9 tokens > 8 maximum',
        },
      },
    };
    await serve((dialect) => (dialect === 'messages' ? refused : recordedStreams.chat.text));
    await scene.run(['replay', 'traffic.jsonl', ...models, '--budget', '5'], keys);
    const { counts, failedBy } = await scene.summary();
    expect([counts.failed, failedBy.baseline]).toEqual([7, 7]);
    const [row] = scene.rows('select distinct message from attempt');
    expect(row).toEqual({
      message: 'The server answered 400: prompt is too long: 9 tokens > 8 maximum',
    });
  });
});
