import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { median, milliseconds, quantile, type Row } from './measure.ts';
import { runSteadyCalls } from './proxy-load.ts';
import { startRecording } from './proxy-record.ts';

const connections = 16;
const perSecond = Number(process.env['SHADOW_BENCHMARK_RATE'] ?? 200);
const calls = Number(process.env['SHADOW_BENCHMARK_CALLS'] ?? 10_000);
const rounds = 2;
const share = 0.5;
const concurrency = 8;
const kills = 2;

const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;

/** Starts `replay --follow` of half the traffic, and resolves when it follows. */
const startShadow = async (cwd: string, candidate: number) => {
  const models = ['--baseline', 'recorded', '--candidate', `http://127.0.0.1:${candidate}/v1#m`];
  const flags = ['--sample', String(share), '--concurrency', String(concurrency)];
  const child = spawn(process.execPath, [program, 'replay', '--follow', ...models, ...flags], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('Following. ')) {
    if (child.exitCode !== null) throw new Error(said);
    await sleep(10);
  }
  return child;
};

/**
 * Measures what production's calls through `record` take with a shadow of half of them and without, in
 * turns; the shadow is killed and started again in the middle of each of its rounds. Then counts what the
 * shadow made of the calls.
 */
export const shadowRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const upstreamFile = new URL('proxy-upstream.ts', import.meta.url).pathname;
  const upstream = spawn(process.execPath, [upstreamFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [upstreamPort = 0] = (await once(upstream.stdout, 'data')).map((data: Buffer) =>
    Number(data.toString()),
  );
  let asked = 0;
  const candidate = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') {
        response.end('{"object":"list","data":[]}');
        return;
      }
      asked += 1;
      const message = { role: 'assistant', content: 'Yes.' };
      const choices = [{ index: 0, finish_reason: 'stop', message }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'c', object: 'chat.completion', model: 'm', choices }));
    });
  }).listen(0, '127.0.0.1');
  await once(candidate, 'listening');
  const address = candidate.address();
  const candidatePort = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy = await startRecording(cwd, upstreamPort);
  // Half of the calls come while there is a shadow.
  const forMs = ((calls / rounds / 2) * 1000) / perSecond;
  const measure = async (): Promise<readonly number[]> => {
    const load = { perSecond, forMs, take: () => undefined };
    const callMs = await runSteadyCalls(proxy.port, connections, load);
    await proxy.untilSaved();
    return callMs;
  };
  const number = (query: string): number => {
    const database = new Database(join(cwd, 'understudy.db'), { readonly: true });
    try {
      return Number(database.prepare(query).pluck().get());
    } finally {
      database.close();
    }
  };
  const answered = "select count(*) from response where side = 'candidate'";
  const without: (readonly number[])[] = [];
  const shadowed: (readonly number[])[] = [];
  try {
    // Programs are compiled as they run, so the first calls cost more than later ones.
    await runSteadyCalls(proxy.port, connections, {
      perSecond,
      forMs: 2000,
      take: () => undefined,
    });
    await proxy.untilSaved();
    let shadow = await startShadow(cwd, candidatePort);
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) shadow = await startShadow(cwd, candidatePort);
      const measuring = measure();
      await sleep(forMs / 2);
      shadow.kill('SIGKILL');
      await once(shadow, 'close');
      shadow = await startShadow(cwd, candidatePort);
      shadowed.push(await measuring);
      const taken = 'select count(*) from comparison_capture';
      const before = number('select count(*) from capture');
      // All that came is taken or left out, and what was taken is answered.
      while (
        number('select count(*) from comparison_left_out') + number(taken) <
          before - 2 * perSecond ||
        number(answered) < number(taken)
      ) {
        await sleep(100);
      }
      shadow.kill('SIGTERM');
      await once(shadow, 'close');
      if (round === 0) await proxy.untilSaved();
      without.push(await measure());
    }
    const selected = number('select count(*) from comparison_capture');
    const known = selected + number('select count(*) from comparison_left_out');
    const answers = number(answered);
    const again = asked - answers;
    const added = (p: number): number =>
      median(shadowed.map((one, round) => quantile(one, p) - quantile(without[round] ?? [], p)));
    const plain = (p: number): string =>
      milliseconds(median(without.map((one) => quantile(one, p))));
    return [
      {
        what: `${perSecond} short calls a second through record: what a shadow of half of them adds to a call, median of ${rounds} rounds`,
        measured: `p50 ${milliseconds(added(0.5))}, p99 ${milliseconds(added(0.99))} (without: ${plain(0.5)} and ${plain(0.99)})`,
        mustReach: 'p50 ≤ 0.5 ms, p99 ≤ 5 ms',
        reached: added(0.5) <= 0.5 && added(0.99) <= 5,
      },
      {
        what: `${known.toLocaleString('en-US')} recorded calls, followed by a shadow that is killed ${kills} times`,
        measured: `${selected.toLocaleString('en-US')} taken, ${(selected - answers).toLocaleString('en-US')} lost; ${again} calls sent again that were in flight when it was killed`,
        mustReach: `none lost, ≤ ${kills * concurrency} sent again`,
        reached: selected === answers && again <= kills * concurrency,
      },
    ];
  } finally {
    await proxy.stop();
    upstream.kill();
    candidate.closeAllConnections();
    candidate.close();
    rmSync(cwd, { recursive: true, force: true });
  }
};
