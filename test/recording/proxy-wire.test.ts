import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCounters } from '../../source/recording/counters.ts';
import { createProxy, type Proxy } from '../../source/recording/proxy.ts';
import { createRouter } from '../../source/recording/router.ts';
import type { TappedExchange } from '../../source/recording/tapped-exchange.ts';
import { readRoutes, readUpstreams } from '../../source/recording/upstream.ts';

/** A side of a connection: what has come on it, and waiting for more. */
type Side = {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves when what came fits, or the connection is over; to what came. */
  readonly until: (fits: RegExp) => Promise<string>;
  readonly over: Promise<string>;
};

const sideOf = (socket: Socket): Side => {
  let text = '';
  let wake = (): void => undefined;
  socket.setEncoding('latin1');
  socket.on('data', (more: string) => {
    text += more;
    wake();
  });
  socket.on('error', () => undefined);
  let isOver = false;
  const over = new Promise<string>((resolve) => {
    socket.on('close', () => {
      isOver = true;
      resolve(text);
      wake();
    });
  });
  return {
    socket,
    text: () => text,
    until: async (fits) => {
      while (!fits.test(text)) {
        if (isOver) throw new Error(`it is over, without ${fits}: ${JSON.stringify(text)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text;
    },
    over,
  };
};

type Wire = {
  readonly proxy: Proxy;
  /** Connections to the upstream, in the order in which they came. */
  readonly upstream: (index: number) => Promise<Side>;
  readonly upstreamCount: () => number;
  readonly client: (halfOpen?: boolean) => Side;
  readonly recorded: TappedExchange[];
};

const open = async (routes: readonly string[] = []): Promise<Wire> => {
  const sides: Side[] = [];
  let wake = (): void => undefined;
  const server = createServer((socket) => {
    sides.push(sideOf(socket));
    wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [upstream] = readUpstreams([`up=http://127.0.0.1:${port}/v1`]);
  if (upstream === undefined) throw new Error('no upstream');
  const recorded: TappedExchange[] = [];
  let ids = 0;
  const proxy = createProxy({
    router: createRouter([upstream], readRoutes(routes, [upstream])),
    token: null,
    endpointHeader: 'x-endpoint',
    capBytes: 1e6,
    injectsUsage: false,
    counters: createCounters(),
    loopDelays: () => [],
    newId: () => `id-${(ids += 1)}`,
    record: (exchange) => recorded.push(exchange),
  });
  const proxyPort = await proxy.listen(0, '127.0.0.1');
  const clients: Side[] = [];
  onTestFinished(async () => {
    for (const { socket } of [...clients, ...sides]) socket.destroy();
    await proxy.stop();
    server.close();
  });
  return {
    proxy,
    upstream: async (index) => {
      for (;;) {
        const side = sides[index];
        if (side !== undefined) return side;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    upstreamCount: () => sides.length,
    client: (allowHalfOpen = false) => {
      const side = sideOf(connect({ port: proxyPort, host: '127.0.0.1', allowHalfOpen }));
      clients.push(side);
      return side;
    },
    recorded,
  };
};

const bytesOf = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('latin1');

const chat = 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('bytes', () => {
  it('of chunks go both ways in the frames that they came in, and are recorded without', async () => {
    const wire = await open();
    const client = wire.client();
    const sent = '3;a=b\r\n{"a\r\n4\r\n":1}\r\n0\r\nX-Sum: 7\r\n\r\n';
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n${sent.slice(0, 9)}`);
    const up = await wire.upstream(0);
    await up.until(/3;a=b/);
    client.socket.write(sent.slice(9));
    const arrived = await up.until(/7\r\n\r\n$/);
    expect(arrived).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(arrived).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(arrived.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(sent);
    const answered = '1\r\nx\r\n00002;q="z"\r\nyz\r\n0\r\nX-End: 1\r\n\r\n';
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until(/\r\n\r\n$/);
    for (const byte of answered) up.socket.write(byte);
    const got = await client.until(/X-End: 1\r\n\r\n$/);
    expect(got.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(answered);
    expect(wire.recorded).toHaveLength(1);
    const [exchange] = wire.recorded;
    expect(bytesOf(exchange?.request.parts ?? [])).toBe('{"a":1}');
    expect(bytesOf(exchange?.response.parts ?? [])).toBe('xyz');
    expect(exchange?.ending).toBe('complete');
  });

  it('that end with the connection get frames, and none for a client of HTTP/1.0', async () => {
    const wire = await open();
    for (const [version, body] of [
      ['1.1', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'],
      ['1.0', 'abcde'],
    ] as const) {
      const client = wire.client();
      client.socket.write(`GET /v1/models HTTP/${version}\r\nHost: x\r\n\r\n`);
      const up = await wire.upstream(wire.upstreamCount());
      await up.until(/\r\n\r\n$/);
      up.socket.write('HTTP/1.0 200 OK\r\n\r\nabc');
      await client.until(/abc/);
      up.socket.end('de');
      const got = await (version === '1.1' ? client.until(/0\r\n\r\n$/) : client.over);
      expect(got.slice(got.indexOf('\r\n\r\n') + 4)).toBe(body);
      expect(/transfer-encoding/i.test(got)).toBe(version === '1.1');
    }
  });

  it('of chunks reach a client of HTTP/1.0 without frames, and its connection ends', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write('GET /v1/models HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const up = await wire.upstream(0);
    await up.until(/\r\n\r\n$/);
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    const got = await client.over;
    expect(got).toMatch(/\r\nConnection: close\r\n\r\nabc$/);
    expect(got).not.toMatch(/transfer-encoding/i);
  });

  it('of a slow reader are not heaped up, in either direction', async () => {
    const wire = await open();
    const client = wire.client();
    const size = 30_000_000;
    client.socket.write(`POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    const up = await wire.upstream(0);
    await up.until(/\r\n\r\n$/);
    up.socket.pause();
    const settled = async (socket: Socket): Promise<number> => {
      for (let last = -1; ;) {
        const now = socket.bytesWritten - socket.writableLength;
        if (now === last) return now;
        last = now;
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
      }
    };
    const block = Buffer.alloc(1_000_000, 'u');
    for (let sent = 0; sent < size; sent += block.length) client.socket.write(block);
    expect(await settled(client.socket)).toBeLessThan(size * 0.7);
    up.socket.resume();
    while (up.text().length < size) await once(up.socket, 'data');
    client.socket.pause();
    up.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    for (let sent = 0; sent < size; sent += block.length) up.socket.write(block);
    expect(await settled(up.socket)).toBeLessThan(size * 0.7);
    client.socket.resume();
    while (client.text().length < size) await once(client.socket, 'data');
    expect(client.text().endsWith('uuu')).toBe(true);
  });
});

describe('heads', () => {
  it('before the one that counts go to the client, but for 100 and for HTTP/1.0', async () => {
    for (const version of ['1.1', '1.0']) {
      const wire = await open();
      const client = wire.client();
      client.socket.write(`GET /v1/models HTTP/${version}\r\nHost: x\r\n\r\n`);
      const up = await wire.upstream(0);
      await up.until(/\r\n\r\n$/);
      up.socket.write(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok}`,
      );
      const got = await client.until(/ok$/);
      const heads = [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
      expect(heads).toEqual(version === '1.1' ? ['103', '200'] : ['200']);
    }
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
  ])('without a body end the call: %s, %j', async (method, answer) => {
    const wire = await open();
    const client = wire.client();
    for (let call = 1; call <= 2; call += 1) {
      client.socket.write(`${method} /v1/models HTTP/1.1\r\nHost: x\r\n\r\n`);
      const up = await wire.upstream(0);
      while (up.text().split(`${method} `).length <= call) await once(up.socket, 'data');
      up.socket.write(answer);
      while (client.text().split('HTTP/1.1').length <= call) await once(client.socket, 'data');
    }
    expect(wire.upstreamCount()).toBe(1);
  });

  it('that ask to go on are answered here, and only known expectations', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write('body');
    const up = await wire.upstream(0);
    expect(await up.until(/body$/)).not.toMatch(/expect/i);
    up.socket.write(ok);
    await client.until(/ok$/);
    const other = wire.client();
    other.socket.write(`${chat}Content-Length: 4\r\nExpect: miracles\r\n\r\n`);
    expect(await other.over).toMatch(/^HTTP\/1\.1 417 /);
  });

  it('that offer HTTP/2 are answered in HTTP/1.1, as servers without it do', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(
      'GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n',
    );
    const up = await wire.upstream(0);
    expect(await up.until(/\r\n\r\n$/)).not.toMatch(/upgrade|http2/i);
    up.socket.write(ok);
    await client.until(/ok$/);
  });

  it.each([
    [
      'two lengths of the body',
      `${chat}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['line ends without CR', 'GET /v1/models HTTP/1.1\nHost: a\n\n', 400],
    ['a continued line', `${chat}X: a\r\n b\r\n\r\n`, 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['no end', `GET /${'a'.repeat(70_000)}`, 431],
    ['another coding', `${chat}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
  ])('are refused with %s, and nothing behind them is read', async (_, head, status) => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${head}GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n`);
    const got = await client.over;
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(got).toContain('x-understudy-proxy-error');
    expect(wire.upstreamCount()).toBe(0);
  });
});

describe('a connection of a client', () => {
  it('has its requests answered one after the other, in their order', async () => {
    const wire = await open();
    const client = wire.client();
    const one = `${chat}Content-Length: 3\r\n\r\n`;
    client.socket.write(`\r\n${one}AAA\r\n${one}BBB${one}C`);
    const up = await wire.upstream(0);
    await up.until(/AAA$/);
    up.socket.write(ok.replace('ok', 'a1'));
    await up.until(/BBB$/);
    expect(up.text()).not.toContain('C\r\n\r\nC');
    up.socket.write(ok.replace('ok', 'b2'));
    await client.until(/b2$/);
    client.socket.write('CC');
    await up.until(/CCC$/);
    up.socket.write(ok.replace('ok', 'c3'));
    const got = await client.until(/c3$/);
    expect([...got.matchAll(/[abc]\d$|[abc]\d(?=HTTP)/g)].map(([text]) => text)).toEqual([
      'a1',
      'b2',
      'c3',
    ]);
    expect(wire.upstreamCount()).toBe(1);
    expect(wire.recorded.map(({ request }) => bytesOf(request.parts))).toEqual([
      'AAA',
      'BBB',
      'CCC',
    ]);
  });

  it.each([
    ['asks for it', '1.1', 'Connection: close\r\n'],
    ['speaks HTTP/1.0', '1.0', ''],
  ])('ends after the answer when it %s', async (_, version, line) => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`GET /v1/models HTTP/${version}\r\nHost: x\r\n${line}\r\n`);
    const up = await wire.upstream(0);
    // The upstream's connection is another matter.
    expect(await up.until(/\r\n\r\n$/)).toMatch(/^GET \/v1\/models HTTP\/1\.1\r\n[^]*keep-alive/);
    up.socket.write(ok);
    expect(await client.over).toMatch(/Connection: close\r\n\r\nok$/);
  });

  it('that closes its side has left: nobody can tell it from one that is gone', async () => {
    const wire = await open();
    const client = wire.client(true);
    client.socket.write(`${chat}Content-Length: 2\r\n\r\nhi`);
    const up = await wire.upstream(0);
    await up.until(/hi$/);
    client.socket.end();
    await up.over;
    expect(wire.recorded).toMatchObject([{ ending: 'client left', status: null }]);
  });

  it('with chunks that are none is cut off, and so is the upstream', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n`);
    const up = await wire.upstream(0);
    await up.until(/hi\r\n$/);
    client.socket.write('3\nabc\r\n0\r\n\r\nGET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.over;
    expect(await up.over).not.toContain('hidden');
    expect(wire.recorded).toMatchObject([{ ending: 'client left', requestMs: null }]);
  });

  it('is answered before it has sent all, and may go on with another call then', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 8\r\n\r\nhalf`);
    const up = await wire.upstream(0);
    await up.until(/half$/);
    up.socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno');
    await client.until(/no$/);
    // The rest of the body is for nobody: the upstream's connection is not used again.
    client.socket.write(`half${chat}Content-Length: 2\r\n\r\nhi`);
    await up.over;
    expect(up.text()).not.toContain('halfhalf');
    const next = await wire.upstream(1);
    await next.until(/hi$/);
    next.socket.write(ok);
    await client.until(/ok$/);
  });
});

describe('a connection to an upstream', () => {
  const call = async (wire: Wire, index: number): Promise<readonly [Side, Side]> => {
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 2\r\n\r\nhi`);
    const up = await wire.upstream(index);
    return [client, up];
  };

  it('that closes as the request comes gives an error, and the call is not sent again', async () => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    const [second] = await call(wire, 0);
    await up.until(/hi[^]*hi$/);
    up.socket.destroy();
    expect(await second.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 [^]*upstream_unreachable/);
    expect(wire.upstreamCount()).toBe(1);
    expect(wire.recorded.map(({ ending }) => ending)).toEqual(['complete', 'unreachable']);
  });

  it('that has closed in the meantime is not used', async () => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    up.socket.end();
    await up.over;
    const [second, fresh] = await call(wire, 1);
    await fresh.until(/hi$/);
    fresh.socket.write(ok);
    expect(await second.until(/ok$/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['says that it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['keeps it for a second', ok.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n')],
    ['sends more than it said', `${ok}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse`],
  ])('is not used again when it %s', async (_, answer) => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(answer);
    expect(await first.until(/ok$/)).not.toContain('false');
    const [second, fresh] = await call(wire, 1);
    await fresh.until(/hi$/);
    fresh.socket.write(ok);
    expect(await second.until(/ok$/)).not.toContain('false');
  });

  it('on which something comes that nobody asked for is closed', async () => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    up.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse');
    await up.over;
    const [second, fresh] = await call(wire, 1);
    await fresh.until(/hi$/);
    fresh.socket.write(ok);
    expect(await second.until(/ok$/)).not.toContain('false');
  });

  it.each([
    'ICY 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`,
  ])('whose answer is no HTTP gives an error: %j', async (answer) => {
    const wire = await open();
    const [client, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(answer);
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 [^]*upstream_unreadable/);
    await up.over;
    expect(wire.recorded).toMatchObject([{ ending: 'unreachable', status: null }]);
  });

  it('whose chunks are none breaks off for the client', async () => {
    const wire = await open();
    const [client, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n');
    await client.until(/ok\r\n$/);
    up.socket.write('zz\r\nfalse\r\n0\r\n\r\n');
    expect(await client.over).toMatch(/2\r\nok\r\n$/);
    expect(wire.recorded).toMatchObject([{ ending: 'upstream broke' }]);
  });
});

describe('a body that is read before it goes on', () => {
  it('goes on as it came, in the frames that it had', async () => {
    const wire = await open(['gpt-*=up']);
    const client = wire.client();
    const body = '{"model":"gpt-4"}';
    const sent = `5\r\n${body.slice(0, 5)}\r\nc\r\n${body.slice(5)}\r\n0\r\n\r\n`;
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n${sent.slice(0, 20)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(wire.upstreamCount()).toBe(0);
    client.socket.write(sent.slice(20));
    const up = await wire.upstream(0);
    const arrived = await up.until(/0\r\n\r\n$/);
    expect(arrived.endsWith(`\r\n\r\n${sent}`)).toBe(true);
    up.socket.write(ok);
    await client.until(/ok$/);
    expect(bytesOf(wire.recorded[0]?.request.parts ?? [])).toBe(body);
  });
});
