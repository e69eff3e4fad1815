import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimed } from './key-latency.ts';
import { latencyRow, type Row } from './measure.ts';
import { line, seeded } from './texts.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;

/** A server that streams 100 tokens a second to every caller until the call ends. */
const startSteadyServer = async (): Promise<{ server: Server; url: string }> => {
  const server = createServer((request, response) => {
    request.resume();
    const random = seeded(1);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let sent = 0;
    const timer = setInterval(() => {
      const content =
        ++sent % 12 === 0 ? '\n' : line(random, 4, sent % 5 === 0 ? 'zh' : 'en') + ' ';
      const chunk = {
        id: 'c',
        object: 'chat.completion.chunk',
        model: 'steady',
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }, 10);
    response.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { server, url: `http://127.0.0.1:${address.port}/v1` };
};

/** Any key while both sides stream 100 tokens a second. */
export const streamingRows = async (): Promise<readonly Row[]> => {
  const { server, url } = await startSteadyServer();
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const capture = { id: 'r1', request: { messages: [{ role: 'user', content: 'Go on.' }] } };
  writeFileSync(join(cwd, 'one.jsonl'), `${JSON.stringify(capture)}\n`);
  const review = startTimed(
    process.execPath,
    [program, 'compare', 'one.jsonl', '--baseline', `${url}#a`, '--candidate', `${url}#b`],
    { columns: 120, rows: 40, cwd },
  );
  await review.wait((row) => /rows 1–\d+ of [6-9]\d/.test(row(-3)));
  const scroll: number[] = [];
  const overlay: number[] = [];
  let top = 1;
  for (let press = 1; press <= 220; press++) {
    const down = press % 40 < 20;
    top += down ? 1 : -1;
    if (top < 1) top = 1;
    const expected = `rows ${top}–`;
    const took = await review.time(down ? 'j' : 'k', (row) => row(-3).includes(expected));
    await review.rest(23);
    const opened = await review.time('?', (row) => row(2).includes('help'));
    await review.rest(31);
    await review.time('?', (row) => row(2).includes('request'));
    await review.rest(17);
    if (press > 20) {
      scroll.push(took);
      overlay.push(opened);
    }
  }
  review.close();
  server.closeAllConnections();
  server.close();
  return [
    latencyRow('scroll key while both sides stream 100 tokens a second, 120×40', scroll, 25),
    latencyRow('help key while both sides stream 100 tokens a second, 120×40', overlay, 25),
  ];
};
