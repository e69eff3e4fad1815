import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCounters, type Counters } from '../../source/recording/counters.ts';
import { RecordingProxy } from '../../source/recording/proxy.ts';
import { createRouter, readRoutes, readUpstreams } from '../../source/recording/router.ts';
import { KeptBytes, type TappedExchange } from '../../source/recording/tap.ts';

/** One end of a connection, and the data received on it. */
type Side = {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves to the received data once it matches; rejects if the connection closes first. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** Resolves to the received data when the connection has closed. */
  readonly closed: Promise<string>;
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
  let isClosed = false;
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve(text);
      wake();
    });
  });
  return {
    socket,
    text: () => text,
    until: async (pattern) => {
      while (!pattern.test(text)) {
        if (isClosed) throw new Error(`closed without ${pattern}: ${JSON.stringify(text)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text;
    },
    closed,
  };
};

type Wire = {
  readonly proxy: RecordingProxy;
  readonly counters: Counters;
  /** A connection to the upstream, in the order in which they came. */
  readonly upstream: (index: number) => Promise<Side>;
  readonly upstreamCount: () => number;
  readonly client: (halfOpen?: boolean) => Side;
  readonly recorded: TappedExchange[];
};

type WireOptions = {
  readonly routes?: readonly string[];
  readonly token?: string;
  readonly names?: 'local' | 'any';
  readonly keptBytes?: number;
};

const open = async (options: WireOptions = {}): Promise<Wire> => {
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
  const counters = createCounters();
  const proxy = new RecordingProxy({
    router: createRouter([upstream], readRoutes(options.routes ?? [], [upstream])),
    token: options.token ?? null,
    names: options.names ?? 'any',
    endpointHeader: 'x-endpoint',
    capBytes: 1e6,
    kept: new KeptBytes(options.keptBytes ?? 1e9),
    injectsUsage: false,
    counters,
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
    counters,
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

/** The data received so far in the chunks of a message. */
const unchunked = (message: string): string => {
  let data = '';
  let rest = message.slice(message.indexOf('\r\n\r\n') + 4);
  for (;;) {
    const [line = '', size = '0'] = /^([\da-f]+)\r\n/.exec(rest) ?? [];
    const end = line.length + Number.parseInt(size, 16);
    if (end === line.length) return data;
    data += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
  }
};

describe('bodies', () => {
  it('in chunks go both ways as they come, with their trailers', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\n{"a\r\n`);
    const up = await wire.upstream(0);
    // The first chunk is there before the second one is sent.
    expect(unchunked(await up.until(/\{"a\r\n$/))).toBe('{"a');
    client.socket.write('4\r\n":1}\r\n0\r\nX-Sum: 7\r\nHost: y\r\n\r\n');
    const arrived = await up.until(/\r\n0\r\n[^]*\r\n\r\n$/);
    expect(arrived).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(arrived).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(unchunked(arrived)).toBe('{"a":1}');
    expect(arrived).toMatch(/\r\n0\r\nX-Sum: 7\r\n\r\n$/);
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.until(/\r\n\r\n$/);
    for (const [chunk, data] of [
      ['1\r\nx\r\n', 'x'],
      ['00002;q="z"\r\nyz\r\n', 'xyz'],
    ] as const) {
      for (const byte of chunk) up.socket.write(byte);
      expect(unchunked(await client.until(new RegExp(`${data.at(-1)}\r\n$`)))).toBe(data);
    }
    up.socket.write('0\r\nX-End: 1\r\n\r\n');
    const got = await client.until(/\r\n0\r\n[^]*\r\n\r\n$/);
    expect(unchunked(got)).toBe('xyz');
    expect(got).toMatch(/\r\n0\r\nX-End: 1\r\n\r\n$/);
    expect(wire.recorded).toHaveLength(1);
    const [exchange] = wire.recorded;
    expect(bytesOf(exchange?.request.parts ?? [])).toBe('{"a":1}');
    expect(bytesOf(exchange?.response.parts ?? [])).toBe('xyz');
    expect(exchange?.ending).toBe('complete');
  });

  it('of several chunks that come in one packet with their head go both ways whole', async () => {
    const wire = await open();
    const client = wire.client();
    const body = '3\r\n{"a\r\n4\r\n":1}\r\n0\r\nX-Sum: 7\r\n\r\n';
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n${body}`);
    const up = await wire.upstream(0);
    const arrived = await up.until(/\r\n0\r\n[^]*\r\n\r\n$/);
    expect(unchunked(arrived)).toBe('{"a":1}');
    expect(arrived).toMatch(/\r\n0\r\nX-Sum: 7\r\n\r\n$/);
    up.socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    const got = await client.until(/\r\n0\r\n[^]*\r\n\r\n$/);
    expect(unchunked(got)).toBe('{"a":1}');
    expect(got).toMatch(/\r\n0\r\nX-Sum: 7\r\n\r\n$/);
    for (const { request, response } of wire.recorded) {
      expect(bytesOf(request.parts)).toBe('{"a":1}');
      expect(bytesOf(response.parts)).toBe('{"a":1}');
    }
    expect(wire.recorded).toMatchObject([{ ending: 'complete' }]);
  });

  it('that end with the connection get chunks, and none for a client of HTTP/1.0', async () => {
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
      const got = await (version === '1.1' ? client.until(/0\r\n\r\n$/) : client.closed);
      expect(got.slice(got.indexOf('\r\n\r\n') + 4)).toBe(body);
      expect(/transfer-encoding/i.test(got)).toBe(version === '1.1');
    }
  });

  it('in chunks reach a client of HTTP/1.0 without them, and its connection ends', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write('GET /v1/models HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const up = await wire.upstream(0);
    await up.until(/\r\n\r\n$/);
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    const got = await client.closed;
    expect(got).toMatch(/\r\nConnection: close\r\n\r\nabc$/);
    expect(got).not.toMatch(/transfer-encoding/i);
  });

  it('for a slow reader do not pile up, in either direction', async () => {
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
  it('keep the case, order and repetitions of their fields, and leave those of the connection', async () => {
    const wire = await open();
    const client = wire.client();
    const kept = 'X-A: 1\r\nx-b: \t2\xfc \r\nX-A: 3\r\nX-Empty:\r\n';
    const dropped =
      'Connection: Keep-Alive, X-Own , content-length\r\nconnection: x-other\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: x\r\nProxy-Authorization: Basic x\r\nx-own: 1\r\nX-OTHER: 2\r\nX-Endpoint: e\r\n';
    client.socket.write(`${chat}${dropped}${kept}Content-Length: 2\r\n\r\nhi`, 'latin1');
    const up = await wire.upstream(0);
    const upstreamHost = /\r\nHost: 127\.0\.0\.1:\d+\r\n/;
    const sent = await up.until(/hi$/);
    expect(sent).toMatch(upstreamHost);
    expect(sent.replace(upstreamHost, '\r\n')).toBe(
      `POST /v1/chat/completions HTTP/1.1\r\nX-A: 1\r\nx-b: 2\xfc\r\nX-A: 3\r\nX-Empty: \r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi`,
    );
    up.socket.write(
      `HTTP/1.1 299 As It Is\r\n${dropped}${kept}Content-Length: 2\r\n\r\nok`,
      'latin1',
    );
    expect(await client.until(/ok$/)).toBe(
      'HTTP/1.1 299 As It Is\r\nX-Endpoint: e\r\nX-A: 1\r\nx-b: 2\xfc\r\nX-A: 3\r\nX-Empty: \r\nContent-Length: 2\r\nx-capture-id: id-1\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\nok',
    );
    expect(wire.recorded).toMatchObject([{ endpoint: 'e', status: 299 }]);
  });

  it('with a status of 1xx go to the client, but for 100 and for HTTP/1.0', async () => {
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
  ])('that have no body end the call: %s, %j', async (method, answer) => {
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

  it('that expect 100-continue are answered here, and other expectations refused', async () => {
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
    expect(await other.closed).toMatch(/^HTTP\/1\.1 417 /);
  });

  it('that offer HTTP/2 are answered in HTTP/1.1', async () => {
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
    ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /v1/models HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n', 400],
    ['bare LF', 'GET /v1/models HTTP/1.1\nHost: a\n\n', 400],
    ['a bare LF in a value', 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n', 400],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n', 400],
    ['two CRs', 'GET / HTTP/1.1\r\nHost: a\r\r\nX: y\r\n\r\n', 400],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\0\r\n\r\n', 400],
    ['a continued line', `${chat}X: a\r\n b\r\n\r\n`, 400],
    ['an indented first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a space in a name', `${chat}Content Length: 1\r\n\r\n`, 400],
    ['a field without a name', `${chat}: a\r\n\r\n`, 400],
    ['a field without a colon', `${chat}X\r\n\r\n`, 400],
    ['a DEL in a value', `${chat}X: \x7f\r\n\r\n`, 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a tab in the request line', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a version that is none', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', 400],
    ['no version', 'GET /\r\n\r\n', 505],
    ['the version of HTTP/2', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['no end', `GET /${'a'.repeat(70_000)}`, 431],
    ['too many fields', `${chat}${'a:b\r\n'.repeat(40_000)}\r\n`, 431],
    [
      'two hosts behind thousands of fields',
      `${chat}${'a:b\r\n'.repeat(3000)}Host: y\r\n\r\n`,
      400,
    ],
    ['a length and chunks', `${chat}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['chunks and a length', `${chat}Transfer-Encoding: chunked\r\ncontent-length: 4\r\n\r\n`, 400],
    ['two lengths', `${chat}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 400],
    ['one length twice', `${chat}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`, 400],
    ['a list of lengths', `${chat}Content-Length: 5, 5\r\n\r\n`, 400],
    ['a positive length', `${chat}Content-Length: +5\r\n\r\n`, 400],
    ['a negative length', `${chat}Content-Length: -5\r\n\r\n`, 400],
    ['a hexadecimal length', `${chat}Content-Length: 0x5\r\n\r\n`, 400],
    ['a length with a space', `${chat}Content-Length: 5 5\r\n\r\n`, 400],
    ['an empty length', `${chat}Content-Length:\r\n\r\n`, 400],
    ['a length that no number holds', `${chat}Content-Length: 99999999999999999999\r\n\r\n`, 400],
    [
      'chunks twice',
      `${chat}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['another coding', `${chat}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
    ['a coding after chunks', `${chat}Transfer-Encoding: chunked, identity\r\n\r\n`, 400],
    ['an unknown coding', `${chat}Transfer-Encoding: xchunked\r\n\r\n`, 501],
    ['a quoted coding', `${chat}Transfer-Encoding: "chunked"\r\n\r\n`, 501],
    ['an empty coding', `${chat}Transfer-Encoding:\r\n\r\n`, 400],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ])('are refused with %s, and nothing behind them is read', async (_, head, status) => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${head}GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n`, 'latin1');
    const got = await client.closed;
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
    expect(await client.closed).toMatch(/Connection: close\r\n\r\nok$/);
  });

  it('that closes its side counts as gone, because the two are indistinguishable', async () => {
    const wire = await open();
    const client = wire.client(true);
    client.socket.write(`${chat}Content-Length: 2\r\n\r\nhi`);
    const up = await wire.upstream(0);
    await up.until(/hi$/);
    client.socket.end();
    await up.closed;
    expect(wire.recorded).toMatchObject([{ ending: 'client left', status: null }]);
  });

  it.each([
    ['a size that is none', 'x\r\n'],
    ['no size', '\r\n'],
    ['a signed size', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a size as C writes it', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a space behind the size', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a space before the size', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['a size that no number holds', 'fffffffffffffffff\r\n'],
    ['a size that ends in LF', '3\nabc\r\n0\r\n\r\n'],
    ['a CR in the line', '3\r;\r\nabc\r\n0\r\n\r\n'],
    ['an LF in an extension', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
    ['more data than said', '3\r\nabcd\r\n0\r\n\r\n'],
    ['less data than said', '3\r\nab\r\n0\r\n\r\n'],
    ['data that ends in LF', '3\r\nabc\n0\r\n\r\n'],
    ['a trailer that is no field', '0\r\nX\r\n\r\n'],
    ['a continued trailer', '0\r\nX: 1\r\n y\r\n\r\n'],
    ['an end in LF', '0\r\n\n'],
    ['a size line without an end', `3;${'a'.repeat(20_000)}`],
  ])('is cut off with %s in its chunks, and so is the upstream', async (_, chunks) => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n`);
    const up = await wire.upstream(0);
    await up.until(/hi\r\n$/);
    client.socket.write(`${chunks}GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await client.closed).toBe('');
    const arrived = await up.closed;
    expect(arrived).not.toContain('hidden');
    expect(arrived).not.toMatch(/\r\n0\r\n/);
    expect(wire.recorded).toMatchObject([{ ending: 'client left', requestMs: null }]);
  });

  it('may be answered before it has sent everything, and then makes another call', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 8\r\n\r\nhalf`);
    const up = await wire.upstream(0);
    await up.until(/half$/);
    up.socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno');
    await client.until(/no$/);
    // Nobody wants the rest of the body: the upstream's connection is not used again.
    client.socket.write(`half${chat}Content-Length: 2\r\n\r\nhi`);
    await up.closed;
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

  it('that closes on a request for data is replaced, and the request sent again', async () => {
    const wire = await open();
    const get = async (index: number): Promise<readonly [Side, Side]> => {
      const client = wire.client();
      client.socket.write('GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n');
      return [client, await wire.upstream(index)];
    };
    const [first, up] = await get(0);
    await up.until(/\r\n\r\n$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    const [second] = await get(0);
    await up.until(/\r\n\r\n[^]*\r\n\r\n$/);
    up.socket.destroy();
    const fresh = await wire.upstream(1);
    expect(await fresh.until(/\r\n\r\n$/)).toMatch(/^GET \/v1\/models /);
    // A connection that was opened for the request is the last one that is tried.
    fresh.socket.destroy();
    expect(await second.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 [^]*upstream_unreachable/);
    expect(wire.upstreamCount()).toBe(2);
  });

  it('that closes on a call gives an error, and the call is not sent again', async () => {
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

  it('that has closed is not used', async () => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    up.socket.end();
    await up.closed;
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

  it('on which something comes that was not asked for is closed', async () => {
    const wire = await open();
    const [first, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(ok);
    await first.until(/ok$/);
    up.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse');
    await up.closed;
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
    'HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 \x01\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nX: \x7f\r\nContent-Length: 2\r\n\r\nok',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`,
  ])('whose answer is not HTTP gives an error: %j', async (answer) => {
    const wire = await open();
    const [client, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write(answer);
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 [^]*upstream_unreadable/);
    await up.closed;
    expect(wire.recorded).toMatchObject([{ ending: 'unreachable', status: null }]);
  });

  it('whose chunks are invalid breaks off for the client', async () => {
    const wire = await open();
    const [client, up] = await call(wire, 0);
    await up.until(/hi$/);
    up.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n');
    await client.until(/ok\r\n$/);
    up.socket.write('zz\r\nfalse\r\n0\r\n\r\n');
    expect(await client.closed).toMatch(/2\r\nok\r\n$/);
    expect(wire.recorded).toMatchObject([{ ending: 'upstream broke' }]);
  });
});

describe('a body that is read before it is forwarded', () => {
  it('is forwarded as it came', async () => {
    const wire = await open({ routes: ['gpt-*=up'] });
    const client = wire.client();
    const body = '{"model":"gpt-4"}';
    const sent = `5\r\n${body.slice(0, 5)}\r\nc\r\n${body.slice(5)}\r\n0\r\nX-Sum: 1\r\n\r\n`;
    client.socket.write(`${chat}Transfer-Encoding: chunked\r\n\r\n${sent.slice(0, 20)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(wire.upstreamCount()).toBe(0);
    client.socket.write(sent.slice(20));
    const up = await wire.upstream(0);
    const arrived = await up.until(/\r\n0\r\nX-Sum: 1\r\n\r\n$/);
    expect(unchunked(arrived)).toBe(body);
    up.socket.write(ok);
    await client.until(/ok$/);
    expect(bytesOf(wire.recorded[0]?.request.parts ?? [])).toBe(body);
  });

  it('is refused when it is too large, and may be sent to its end', async () => {
    const wire = await open({ routes: ['gpt-*=up'] });
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 3000000\r\n\r\n`);
    client.socket.write('x'.repeat(2_000_000));
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 413 [^]*proxy_route/);
    client.socket.write(`${'x'.repeat(1_000_000)}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.until(/200 OK[^]*ok\n$/);
    expect(wire.upstreamCount()).toBe(0);
    expect(wire.recorded).toEqual([]);
  });
});

describe('a call', () => {
  const post = (headers: string): string =>
    `POST /v1/chat/completions HTTP/1.1\r\n${headers}\r\nContent-Length: 2\r\n\r\nhi`;

  it.each([
    'Host: localhost:8787',
    'Host: app.localhost',
    'Host: 127.0.0.1:8787',
    'Host: 127.1.2.3',
    'Host: [::1]:8787',
    'Host: LOCALHOST\r\nOrigin: http://localhost:3000\r\nSec-Fetch-Site: cross-site',
    'Host: localhost\r\nOrigin: https://127.0.0.1',
    'Host: localhost\r\nSec-Fetch-Site: none',
  ])('to a name of this machine is forwarded: %j', async (headers) => {
    const wire = await open({ names: 'local' });
    const client = wire.client();
    client.socket.write(post(headers));
    const up = await wire.upstream(0);
    await up.until(/hi$/);
    up.socket.write(ok);
    expect(await client.until(/ok$/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    'Host: rebound.example:8787',
    'Host: localhost.example',
    'Host: notlocalhost',
    'Host: 127.0.0.1.example',
    'Host: page@localhost',
    'Host: [::2]',
    'Host: localhost\r\nOrigin: https://page.example',
    'Host: localhost\r\nOrigin: http://localhost.example',
    'Host: localhost\r\nOrigin: http://page.example/?http://localhost',
    'Host: localhost\r\nOrigin: null',
    'Host: localhost\r\nOrigin:',
    'Host: localhost\r\nSec-Fetch-Site: cross-site',
  ])('that a web page may have sent is refused: %j', async (headers) => {
    const wire = await open({ names: 'local' });
    const client = wire.client();
    client.socket.write(post(headers));
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 403 [^]*proxy_not_local/);
    expect(wire.upstreamCount()).toBe(0);
    expect(wire.recorded).toEqual([]);
  });

  it.each([
    ['without its token', { token: 'the token of the proxy' }, 401],
    ['from a page', { names: 'local' }, 403],
  ] as const)('%s is refused before its body is asked for', async (_, options, status) => {
    const wire = await open(options);
    const client = wire.client();
    client.socket.write(`${chat}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
    const got = await client.closed;
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(got).toMatch(/\r\nConnection: close\r\n/);
  });

  it('with its token is asked for its body', async () => {
    const wire = await open({ token: 'the token of the proxy' });
    const client = wire.client();
    client.socket.write(
      `${chat}X-Understudy-Token: the token of the proxy\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`,
    );
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write('body');
    expect(await (await wire.upstream(0)).until(/body$/)).not.toContain('the token');
  });

  it('is forwarded and not recorded while other calls fill the memory', async () => {
    const wire = await open({ keptBytes: 100 });
    const start = async (body: string, index: number): Promise<readonly [Side, Side]> => {
      const client = wire.client();
      client.socket.write(`${chat}Content-Length: ${body.length}\r\n\r\n${body}`);
      const up = await wire.upstream(index);
      await up.until(new RegExp(`${body}$`));
      return [client, up];
    };
    const [first, firstUp] = await start('a'.repeat(80), 0);
    const [second, secondUp] = await start('b'.repeat(80), 1);
    secondUp.socket.write(ok);
    await second.until(/ok$/);
    expect(wire.recorded).toEqual([]);
    // A response counts as well.
    firstUp.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${'c'.repeat(40)}`);
    await first.until(/c{40}$/);
    expect(wire.recorded).toEqual([]);
    expect([...wire.counters.dropped]).toEqual([['too much is kept in memory', 2]]);
    // Both calls have ended, and there is room again.
    first.socket.write(`${chat}Content-Length: 98\r\n\r\n${'d'.repeat(98)}`);
    await Promise.race([firstUp.until(/d{98}$/), secondUp.until(/d{98}$/)]);
    const up = firstUp.text().endsWith('d') ? firstUp : secondUp;
    up.socket.write(ok);
    await first.until(/ok$/);
    expect(wire.recorded.map(({ request }) => bytesOf(request.parts))).toEqual(['d'.repeat(98)]);
  });
});

describe('the end of the proxy', () => {
  it('lets a slow client read the answer that it waits for', async () => {
    const wire = await open();
    const client = wire.client();
    client.socket.write('GET /v1/files/f HTTP/1.1\r\nHost: x\r\n\r\n');
    const up = await wire.upstream(0);
    await up.until(/\r\n\r\n$/);
    client.socket.pause();
    const size = 5_000_000;
    up.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
    up.socket.end('u'.repeat(size));
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    const stopped = wire.proxy.stop();
    client.socket.resume();
    const got = await client.closed;
    expect(got.length - got.indexOf('\r\n\r\n') - 4).toBe(size);
    await stopped;
  });

  it('closes the connections of clients, idle ones at once and others after their call', async () => {
    const wire = await open();
    const idle = wire.client();
    idle.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.until(/ok\n$/);
    const busy = wire.client();
    busy.socket.write(`${chat}Content-Length: 2\r\n\r\nhi`);
    const up = await wire.upstream(0);
    await up.until(/hi$/);
    const stopped = wire.proxy.stop();
    await idle.closed;
    up.socket.write(ok);
    expect(await busy.closed).toMatch(/\r\nConnection: close\r\n\r\nok$/);
    await stopped;
    expect(wire.recorded).toMatchObject([{ ending: 'complete' }]);
  });
});
