import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as requestOf } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startBatchServer } from '../helpers/batch-server.ts';
import { modelServer, streamTexts } from '../helpers/model-server.ts';
import { openScene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A proxy that forwards plain requests for any host to one port, and opens a tunnel to another, if to any. */
const startProxy = async (port: number, tunnelPort: number | null) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? '');
    const { headers, method } = request;
    const onward = requestOf({ host: '127.0.0.1', port, path: pathname, method, headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (tunnelPort === null) {
      socket.end('HTTP/1.1 403 Not allowed here\r\n\r\n');
      return;
    }
    const onward = connect(tunnelPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, host: `127.0.0.1:${address.port}` };
};

const openWorld = async (tunnelPort: number | null = null) => {
  const scene = await openScene();
  const server = await modelServer((_, response) => streamTexts(response, ['Paris']));
  closing.push(server.close, scene.close);
  const proxy = await startProxy(server.port, tunnelPort);
  await writeTickets(scene.path('tickets.jsonl'), 3);
  return { scene, server, proxy };
};

const fixture = (name: string): string =>
  new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;

const calls = (seen: readonly string[]): readonly string[] =>
  seen.filter((line) => !line.startsWith('GET'));

describe('the proxy variables of the environment', () => {
  it('are kept to, said before the first call, and not used for a server on this machine', async () => {
    const { proxy, scene, server } = await openWorld();
    const models = [`--baseline=${server.url}#near`, '--candidate=http://model.example/v1#far'];
    const { stdout, stderr } = await scene.run(
      ['replay', 'tickets.jsonl', ...models, '--budget=none'],
      {
        HTTP_PROXY: `http://user:secret@${proxy.host}`,
      },
    );
    expect(stdout).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    expect(calls(proxy.seen)).toEqual(
      Array.from({ length: 3 }, () => 'POST http://model.example/v1/chat/completions'),
    );
    expect(stderr).toContain(
      `Calls to model.example go through the proxy ${proxy.host} (HTTP_PROXY).`,
    );
    expect(stdout + stderr).not.toContain('secret');
  });

  it('carry batches, with their files', async () => {
    const provider = await startBatchServer();
    const { scene } = await openWorld();
    const proxy = await startProxy(Number(new URL(provider.url).port), null);
    closing.push(provider.close);
    const models = [
      '--baseline=http://model.example/v1#one',
      '--candidate=http://model.example/v1#two',
    ];
    const { code, stdout } = await scene.run(
      ['replay', 'tickets.jsonl', ...models, '--batch', '--budget=none'],
      { HTTP_PROXY: `http://${proxy.host}` },
    );
    expect(stdout).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    expect([code, provider.uploads()]).toEqual([0, 2]);
    expect(proxy.seen).toContain('POST http://model.example/v1/files');
    expect(proxy.seen).toContain('GET http://model.example/v1/files/out-batch_1/content');
  });

  it('yield to NO_PROXY', async () => {
    const { proxy, scene, server } = await openWorld();
    const models = [`--baseline=${server.url}#near`, '--candidate=http://model.invalid/v1#far'];
    const { stdout, stderr } = await scene.run(
      ['replay', 'tickets.jsonl', ...models, '--budget=none', '--patience=0'],
      { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: '.invalid' },
    );
    expect(proxy.seen).toEqual([]);
    expect(stdout).toContain('candidate connection');
    expect(stderr).not.toContain('through the proxy');
  });

  it('carry calls to https in a tunnel, which the proxy cannot read', async () => {
    const secure = createSecureServer(
      { cert: readFileSync(fixture('certificate.pem')), key: readFileSync(fixture('key.pem')) },
      (request, response) => {
        request.resume();
        if (request.method === 'GET') response.end('{"object":"list","data":[]}');
        else streamTexts(response, ['Paris']);
      },
    );
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    closing.push(() => {
      secure.closeAllConnections();
      secure.close();
    });
    const address = secure.address();
    const tunnelPort = typeof address === 'object' && address !== null ? address.port : null;
    const { proxy, scene, server } = await openWorld(tunnelPort);
    const models = [`--baseline=${server.url}#near`, '--candidate=https://model.example/v1#far'];
    const { stdout } = await scene.run(
      ['replay', 'tickets.jsonl', ...models, '--budget=none', '--concurrency=1'],
      // The certificate is for another name.
      { HTTPS_PROXY: `http://${proxy.host}`, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    );
    expect(stdout).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    // The connection of the warm-up serves every call.
    expect(proxy.seen).toEqual(['CONNECT model.example:443']);
  });

  it('are named when the proxy opens no tunnel', async () => {
    const { proxy, scene, server } = await openWorld();
    const models = [`--baseline=${server.url}#near`, '--candidate=https://model.example/v1#far'];
    const { stderr } = await scene.run(
      ['replay', 'tickets.jsonl', ...models, '--budget=none', '--patience=0'],
      { https_proxy: `http://${proxy.host}` },
    );
    expect(new Set(proxy.seen)).toEqual(new Set(['CONNECT model.example:443']));
    expect(stderr).toContain(
      `No connection to https://model.example/v1 through the proxy ${proxy.host} (https_proxy): `,
    );
  });
});
