import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { ticketPrompts } from '../../source/demo/ticket-rules.ts';

const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;
const fetchFile = new URL('bare-fetch.ts', import.meta.url).pathname;

/** How the same calls went in each round, through the program and through bare fetch. */
export type Rounds = {
  /** Milliseconds of the whole process, from its start to its end. */
  readonly replayMs: readonly number[];
  readonly fetchMs: readonly number[];
  /** Resident memory of the replaying process by round, MB, every 50 ms. */
  readonly replayMegabytes: readonly (readonly number[])[];
};

/** A process that ends well: how long it took, and its memory every 50 ms. */
const run = async (
  args: readonly string[],
  cwd: string,
): Promise<{ readonly ms: number; readonly megabytes: readonly number[] }> => {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = textOf(child.stderr);
  const megabytes: number[] = [];
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const resident = /VmRSS:\s+(\d+)/.exec(status)?.[1];
      if (resident !== undefined) megabytes.push(Number(resident) / 1024);
    } catch {
      clearInterval(timer);
    }
  }, 50);
  await once(child, 'close');
  clearInterval(timer);
  const ms = performance.now() - startedMs;
  if (child.exitCode !== 0)
    throw new Error(`${args.join(' ')} ended with ${child.exitCode}\n${await said}`);
  return { ms, megabytes };
};

/**
 * A replay of `captures` requests on two models of a server that answers at once, against the same
 * calls through bare fetch with a hand-written SSE loop, in turn. Both are whole processes, started,
 * connected and ended: the replay imports, compares and stores besides. `server` is a file that
 * prints its base URL. The first round warms the server up and is not counted.
 */
export const againstFetch = async (options: {
  readonly server: string;
  readonly captures: number;
  readonly concurrency: number;
  readonly rounds: number;
}): Promise<Rounds> => {
  const { captures, concurrency } = options;
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const lines = Array.from({ length: captures }, (_, index) => {
    const content = `My card ending in ${1000 + index} was charged twice, what now?`;
    const messages = [
      { role: 'system', content: ticketPrompts.classify_ticket },
      { role: 'user', content },
    ];
    return JSON.stringify({ id: `r${index}`, request: { messages, temperature: 0 } });
  });
  writeFileSync(join(cwd, 'traffic.jsonl'), `${lines.join('\n')}\n`);
  const serverFile = new URL(options.server, import.meta.url).pathname;
  const server = spawn(process.execPath, [serverFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(server.stdout, 'data')).map((data: Buffer) => data.toString().trim());
  const replayMs: number[] = [];
  const fetchMs: number[] = [];
  const replayMegabytes: (readonly number[])[] = [];
  try {
    for (let round = 0; round <= options.rounds; round++) {
      const bare = await run([fetchFile, `${url}`, 'traffic.jsonl', `${concurrency}`], cwd);
      for (const end of ['', '-wal', '-shm'])
        rmSync(join(cwd, `understudy.db${end}`), { force: true });
      const models = [`--baseline=${url}#incumbent`, `--candidate=${url}#newcomer`];
      const replay = await run(
        [program, 'replay', 'traffic.jsonl', ...models, `--concurrency=${concurrency}`],
        cwd,
      );
      if (round === 0) continue;
      fetchMs.push(bare.ms);
      replayMs.push(replay.ms);
      replayMegabytes.push(replay.megabytes);
    }
  } finally {
    server.kill();
    rmSync(cwd, { recursive: true });
  }
  return { replayMs, fetchMs, replayMegabytes };
};
