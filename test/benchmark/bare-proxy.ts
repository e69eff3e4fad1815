// The least that a proxy on node:http does, in a process of its own: it forwards heads and bodies as they
// come, on connections that are kept, and records nothing.
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const upstream = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 4096, scheduling: 'lifo' });

const server = createServer((received, response) => {
  const { method, url, rawHeaders } = received;
  const options = { agent, hostname: '127.0.0.1', port: upstream, method, path: url };
  const forwarded = request({ ...options, headers: rawHeaders }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  // A client that leaves at the end of a load breaks its connection off.
  received.on('error', () => forwarded.destroy());
  forwarded.on('error', () => response.destroy());
  received.pipe(forwarded);
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port);
});
