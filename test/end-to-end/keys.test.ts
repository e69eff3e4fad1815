import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startBatchServer } from '../helpers/batch-server.ts';
import { startManualEndpoint } from '../helpers/manual-endpoint.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

const key = 'sk-test-4f1c9e7a02b84d6f93ae5c';
/** A prefix this short may be an ordinary word. */
const half = key.slice(0, 15);

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  await writeTickets(scene.path('tickets.jsonl'), 2);
});

afterEach(() => scene.close());

const configure = (file: string, providers: object): void =>
  writeFileSync(scene.path(file), JSON.stringify({ providers }));

const inTerminal = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): TerminalProgram => {
  const running = startInTerminal(node, [program, ...argv], { cwd: scene.directory, env });
  onTestFinished(() => running.kill());
  return running;
};

/** A server on loopback; the authorization of each call, and its base URL. */
const serve = async (
  answer: (model: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ readonly port: number; readonly url: string; readonly keys: () => Set<unknown> }> => {
  const keys = new Set<unknown>();
  const server = createServer((request, response) => {
    keys.add(request.headers.authorization);
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      if (request.method === 'GET') response.writeHead(401).end(request.headers.authorization);
      else answer((JSON.parse(body) as { model: string }).model, response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/v1`, keys: () => keys };
};

const say = (response: ServerResponse, model: string, text: string): void => {
  response.setHeader('content-type', 'application/json');
  const message = { role: 'assistant', content: text };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  response.end(JSON.stringify({ id: 'c', object: 'chat.completion', model, choices }));
};

const plainly = (model: string, response: ServerResponse): void => say(response, model, 'yes');

const anyBudget = ['--budget', 'none'] as const;

describe('a key on its way out', () => {
  it('goes to a host of the working directory’s configuration only if the file is named', async () => {
    const { keys, port, url } = await serve(plainly);
    configure('understudy.config.json', {
      openai: { baseUrl: url, keyVariable: 'OPENAI_API_KEY' },
    });
    const argv = [
      'replay',
      'tickets.jsonl',
      '--baseline=openai/gpt-4o',
      '--candidate=openai/gpt-4o-mini',
      ...anyBudget,
    ];
    const environment = { OPENAI_API_KEY: key };
    const host = `127.0.0.1:${port}`;
    for (const more of [[], ['--dry-run']]) {
      const refused = await scene.run([...argv, ...more], environment);
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([
        2,
        '',
        `understudy: understudy.config.json, found in the working directory, makes openai send the key in OPENAI_API_KEY to ${host}, a host that the key is not known to be for. If that is meant, name the file: --config understudy.config.json. If not, give providers.openai a keyVariable of its own.\n`,
      ]);
    }
    expect([keys().size, existsSync(scene.path('understudy.db'))]).toEqual([0, false]);
    const says = `Keys are sent: OPENAI_API_KEY to ${host} (openai in understudy.config.json).\n`;
    const named = await scene.run([...argv, '--config', 'understudy.config.json'], environment);
    expect([named.code, named.stderr]).toEqual([0, expect.stringContaining(says)]);
    expect(keys()).toEqual(new Set([`Bearer ${key}`]));
    const variable = { ...environment, UNDERSTUDY_CONFIG: 'understudy.config.json' };
    const chosen = await scene.run(argv, variable);
    expect([chosen.code, chosen.stderr]).toEqual([0, expect.stringContaining(says)]);
  });

  it('of UNDERSTUDY_API_KEY does not follow a redirected provider, a key of its own does', async () => {
    const { keys, url } = await serve(plainly);
    const argv = [
      'replay',
      'tickets.jsonl',
      '--baseline=openai/gpt-4o',
      '--candidate=openai/gpt-4o-mini',
      ...anyBudget,
    ];
    configure('understudy.config.json', { openai: { baseUrl: url } });
    const refused = await scene.run(argv, { UNDERSTUDY_API_KEY: key });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('makes openai send the key in UNDERSTUDY_API_KEY to 127.0.0.1'),
    ]);
    expect(keys().size).toBe(0);
    configure('understudy.config.json', { openai: { baseUrl: url, keyVariable: 'SHOP_KEY' } });
    const own = await scene.run(argv, { SHOP_KEY: key });
    expect([own.code, own.stderr]).toEqual([0, expect.stringContaining('SHOP_KEY to 127.0.0.1')]);
    expect(keys()).toEqual(new Set([`Bearer ${key}`]));
  });

  it('of UNDERSTUDY_API_KEY goes to one host in a run', async () => {
    const { keys, port, url } = await serve(plainly);
    const argv = (candidate: string) => [
      'replay',
      'tickets.jsonl',
      `--baseline=${url}#one`,
      `--candidate=${candidate}#two`,
    ];
    const two = argv(`http://localhost:${port}/v1`);
    const refused = await scene.run(two, { UNDERSTUDY_API_KEY: key });
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      2,
      '',
      `understudy: UNDERSTUDY_API_KEY goes to one host in a run, and 127.0.0.1:${port} and localhost:${port} would both get it. Make one of them a provider in a configuration file, with a keyVariable of its own, and name its model provider/name.\n`,
    ]);
    expect(keys().size).toBe(0);
    // Without a key nothing is sent, and nothing is printed.
    const without = await scene.run(two);
    expect([without.code, without.stderr]).toEqual([0, expect.not.stringContaining('Keys are')]);
    const one = await scene.run(argv(url), { UNDERSTUDY_API_KEY: key });
    expect([one.code, one.stderr]).toEqual([
      0,
      expect.stringContaining(`Keys are sent: UNDERSTUDY_API_KEY to 127.0.0.1:${port}.\n`),
    ]);
  });

  it('unencrypted beyond this machine is warned of', async () => {
    const { port } = await serve(plainly);
    const base = `http://0.0.0.0:${port}/v1`;
    const models = [`--baseline=${base}#one`, `--candidate=${base}#two`];
    const argv = ['replay', 'tickets.jsonl', ...models, ...anyBudget];
    const { code, stderr } = await scene.run(argv, { UNDERSTUDY_API_KEY: key });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        `The key in UNDERSTUDY_API_KEY goes to http://0.0.0.0:${port} unencrypted: anyone on the network path can read it.`,
      ),
    ]);
  });

  it('is refused in a URL, and not repeated', async () => {
    const argv = ['--baseline=recorded', `--candidate=https://h.example/v1?key=${key}#m`];
    const { code, stderr } = await scene.run(['replay', 'tickets.jsonl', ...argv]);
    expect([code, stderr]).toEqual([
      2,
      'understudy: The URL of a model seems to contain a key, in key=…. Remove it and put the key into UNDERSTUDY_API_KEY.\n',
    ]);
    configure('understudy.config.json', { acme: { baseUrl: `https://h.example/v1?token=${key}` } });
    const configured = await scene.run(['models']);
    expect([configured.code, configured.stderr]).toEqual([
      2,
      'understudy: In understudy.config.json, providers.acme.baseUrl contains a key in its query; set keyVariable to the name of the variable that holds the key.\n',
    ]);
  });

  it('is named on the screen of compare, and before a retry in the review', async () => {
    const { port, url } = await serve((model, response) => {
      if (model === 'one') say(response, model, 'yes');
      else response.writeHead(400).end('{"error":{"message":"no"}}');
    });
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const env = { UNDERSTUDY_API_KEY: key };
    const models = [`--baseline=${url}#one`, `--candidate=${url}#two`];
    const says = `Keys are sent: UNDERSTUDY_API_KEY to 127.0.0.1:${port}.`;
    const compare = inTerminal(['compare', 'tickets.jsonl', ...models], env);
    await compare.until(
      (text) => text.includes(says) && text.includes('r retry') && !text.includes('replaying'),
    );
    compare.type('q');
    expect((await compare.exit).code).toBe(0);
    const review = inTerminal(['review'], env);
    expect(await review.until('r retry')).not.toContain('Keys are sent');
    review.type('r');
    await review.until(says);
    review.type('q');
    expect((await review.exit).code).toBe(0);
    expect(compare.raw() + review.raw()).not.toContain(half);
  });
});

/** Everything that is stored. */
const stored = (): string =>
  ['understudy.db', 'understudy.db-wal']
    .filter((name) => existsSync(scene.path(name)))
    .map((name) => readFileSync(scene.path(name), 'latin1'))
    .join('');

/** Sends its key back in all that a stream has, split wherever it can be. */
const echo = (model: string, response: ServerResponse, request: IncomingMessage): void => {
  const sent = (request.headers.authorization ?? '').replace('Bearer ', '');
  if (model === 'refuses') {
    response.writeHead(400, { 'x-request-id': sent, 'content-type': 'application/json' });
    const error = { message: `No such key: ${sent}`, param: sent };
    response.end(JSON.stringify({ error }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': `r-${sent}` });
  const chunk = (delta: object, finish: string | null = null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish, logprobs: null }];
    response.write(`data: ${JSON.stringify({ id: sent, model: `m-${sent}`, choices })}\n\n`);
  };
  for (const letter of `Your key is ${sent}, and `) chunk({ content: letter });
  if (model === 'breaks') {
    chunk({ content: sent.slice(0, 20) });
    response.end();
    return;
  }
  for (const letter of sent) chunk({ reasoning_content: letter });
  const call = { index: 0, id: sent, type: 'function', function: { name: sent, arguments: '' } };
  chunk({ tool_calls: [call] });
  for (const letter of JSON.stringify({ key: sent })) {
    chunk({ tool_calls: [{ index: 0, function: { arguments: letter } }] });
  }
  chunk({}, 'tool_calls');
  response.end('data: [DONE]\n\n');
};

describe('a key that a server sends back', () => {
  it.each(['answers', 'refuses', 'breaks'])('is [key] wherever it comes: %s', async (candidate) => {
    const { url } = await serve((model, response, request) => {
      if (model === 'plain') say(response, model, 'yes');
      else echo(model, response, request);
    });
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const env = { UNDERSTUDY_API_KEY: key };
    const models = [`--baseline=${url}#plain`, `--candidate=${url}#${candidate}`];
    const argv = ['replay', 'tickets.jsonl', ...models, '--adapt', 'auto'];
    const replay = await scene.run(argv, env);
    const summary = await scene.run(['summary', '--json']);
    const text = await scene.run(['summary']);
    expect([summary.code, text.code]).toEqual([0, 0]);
    const review = inTerminal(['review'], env);
    await review.until('· 0 judged');
    await review.until(candidate === 'answers' ? 'Your key is [key]' : '[key]');
    review.type('i');
    await review.until('the request');
    review.type('\u001b');
    review.type('q');
    review.type('q');
    expect((await review.exit).code).toBe(0);
    const shown = [replay, summary, text].map(({ stderr, stdout }) => stderr + stdout).join('');
    expect(stored()).toContain('[key]');
    for (const place of [stored(), shown, review.raw()]) expect(place).not.toContain(half);
  });

  it('does not pass over the screen while it comes in pieces', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const endpoint = await startManualEndpoint();
    onTestFinished(() => endpoint.close());
    const models = [`--baseline=${endpoint.url}#one`, `--candidate=${endpoint.url}#two`];
    const terminal = inTerminal(['compare', 'tickets.jsonl', ...models], {
      UNDERSTUDY_API_KEY: key,
    });
    const call = await endpoint.next('one', '');
    call.say('Your key: ');
    call.say(key.slice(0, 16));
    call.say(key.slice(16, 25));
    await terminal.until('Your key:');
    call.say(`${key.slice(25)} – keep it.`);
    await terminal.until('Your key: [key] – keep it.');
    expect(terminal.text()).toContain('streaming');
    terminal.type('q');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.raw()).not.toContain(half);
    expect(stored()).not.toContain(half);
  });

  it('is also [key] in the results of a batch', async () => {
    const server = await startBatchServer({
      answer: ({ body }) =>
        body.model === 'one'
          ? { kind: 'text', text: `Your key is ${key}` }
          : { kind: 'error', status: 400, message: `No such key: ${key}`, parameter: key },
    });
    onTestFinished(() => server.close());
    const models = [`--baseline=${server.url}#one`, `--candidate=${server.url}#two`];
    const argv = ['replay', 'tickets.jsonl', ...models, '--batch'];
    const { stderr, stdout } = await scene.run(argv, { UNDERSTUDY_API_KEY: key });
    expect(stderr).toMatch(/Keys are sent: UNDERSTUDY_API_KEY to 127\.0\.0\.1:\d+\.\n/);
    expect(server.heads[0]?.headers.authorization).toBe(`Bearer ${key}`);
    expect(stored()).toContain('Your key is [key]');
    expect(stored()).toContain('No such key: [key]');
    for (const place of [stored(), stderr, stdout]) expect(place).not.toContain(half);
  });

  it.each(['upload', 'create', 'retrieve', 'content'] as const)(
    'is [key] when a batch is turned away at its %s',
    async (phase) => {
      const server = await startBatchServer({
        interfere: (current) =>
          current === phase
            ? { kind: 'status', status: 403, message: `No access for ${key}` }
            : null,
      });
      onTestFinished(() => server.close());
      const models = [`--baseline=${server.url}#one`, `--candidate=${server.url}#two`];
      const argv = ['replay', 'tickets.jsonl', ...models, '--batch'];
      const { code, stderr, stdout } = await scene.run(argv, { UNDERSTUDY_API_KEY: key });
      expect([code, stderr + stdout]).toEqual([2, expect.stringContaining('No access for [key]')]);
      for (const place of [stored(), stderr, stdout]) expect(place).not.toContain(half);
    },
  );
});
