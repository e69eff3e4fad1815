import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ticketPrompts } from '../../source/demo/answers/tickets.ts';
import type { Row } from './measure.ts';
import { median } from './measure.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;
const serverFile = new URL('instant-server.ts', import.meta.url).pathname;
const fetchFile = new URL('bare-fetch.ts', import.meta.url).pathname;

/** Pairs of calls: half of the 2,000 requests go to each side. */
const captures = 1000;
const concurrency = 64;

/** Milliseconds that the work itself took, as the child reports it on its last line. */
const run = async (args: readonly string[], cwd: string): Promise<number> => {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  const startedMs = performance.now();
  await once(child, 'close');
  const wholeMs = performance.now() - startedMs;
  const reported = /took (\d+(?:\.\d+)?) ms/.exec(out)?.[1];
  if (child.exitCode !== 0)
    throw new Error(`${args.join(' ')} ended with ${child.exitCode}\n${out}`);
  return reported === undefined ? wholeMs : Number(reported);
};

/**
 * A replay of 2,000 requests against a server that answers at once, against the same calls through
 * bare fetch with a hand-written SSE loop. Both are whole processes, started, connected and ended:
 * the replay imports, compares and stores besides.
 */
export const replayRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const lines = Array.from({ length: captures }, (_, index) =>
    JSON.stringify({
      id: `r${index}`,
      request: {
        messages: [
          { role: 'system', content: ticketPrompts.classify_ticket },
          {
            role: 'user',
            content: `My card ending in ${1000 + index} was charged twice, what now?`,
          },
        ],
        temperature: 0,
      },
    }),
  );
  writeFileSync(join(cwd, 'traffic.jsonl'), `${lines.join('\n')}\n`);
  const server = spawn(process.execPath, [serverFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(server.stdout, 'data')).map((data: Buffer) => data.toString().trim());
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 6; round++) {
    const fetchMs = await run([fetchFile, `${url}`, 'traffic.jsonl', `${concurrency}`], cwd);
    rmSync(join(cwd, 'understudy.db'), { force: true });
    const replayMs = await run(
      [
        program,
        'replay',
        'traffic.jsonl',
        '--baseline',
        `${url}#incumbent`,
        '--candidate',
        `${url}#newcomer`,
        '--concurrency',
        `${concurrency}`,
      ],
      cwd,
    );
    // The first round warms the server up.
    if (round === 0) continue;
    bare.push(fetchMs);
    ours.push(replayMs);
  }
  server.kill();
  const rate = (ms: number): number => (2 * captures * 1000) / ms;
  const ratio = median(bare) / median(ours);
  return [
    {
      what: `replay of ${2 * captures} requests at concurrency ${concurrency}, whole process`,
      measured: `${ratio.toFixed(2)}× the rate of bare fetch (${Math.round(rate(median(ours)))} against ${Math.round(rate(median(bare)))} a second, n ${ours.length})`,
      mustReach: '≥ 0.5×',
      reached: ratio >= 0.5,
    },
  ];
};
