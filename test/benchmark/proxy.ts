import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { median, milliseconds, quantile, type Row } from './measure.ts';
import { type Made, runShortCalls, runSteadyCalls, runStreams } from './proxy-load.ts';
import { startNginx } from './proxy-nginx.ts';

const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;

const streams = 1000;
const callsPerStream = 2;
const connections = 64;
const steadyPerSecond = 640;
const forMs = 4000;
const rounds = Number(process.env['UNDERSTUDY_BENCHMARK_ROUNDS'] ?? 5);

/** Bytes of a call that the proxy keeps at most: 8 MB of request and as much of response. */
const capMegabytes = 16;

type Arm = 'direct' | 'nginx' | 'proxy';

const startProxy = async (cwd: string, upstream: number) => {
  const child = spawn(
    process.execPath,
    [program, 'record', '--upstream', `http://127.0.0.1:${upstream}/v1`, '--port', '0'],
    { cwd, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!/clients: http:\S+:(\d+)\/v1 /.test(said)) {
    if (child.exitCode !== null) throw new Error(said);
    await sleep(10);
  }
  return {
    port: Number(/clients: http:\S+:(\d+)\/v1 /.exec(said)?.[1]),
    peakMegabytes: () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) /
      1024,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
      return said;
    },
  };
};

/** Whether what is in the store is what the clients sent and received, call for call. */
const compareWithStore = (file: string, made: readonly Made[]): string => {
  const database = new Database(file, { readonly: true });
  const find = database.prepare<[string], { readonly request: string; readonly answer: string }>(
    `select request.text as request, answer.text as answer from capture
     join body request on request.number = request_body
     join recorded_response on capture_number = capture.number
     join body answer on answer.number = response_body where capture.id = ?`,
  );
  let missing = 0;
  let other = 0;
  for (const { sent, body, captureId } of made) {
    const stored = captureId === null ? undefined : find.get(captureId);
    if (stored === undefined) missing += 1;
    else if (stored.request !== sent || !isSameAnswer(stored.answer, body)) other += 1;
  }
  const { n } = database.prepare<[], { n: number }>('select count(*) as n from capture').get() ?? {
    n: 0,
  };
  database.close();
  return `${missing} missing, ${other} other than received, ${n - made.length + missing} too many`;
};

/** A whole answer byte for byte; a stream by the text that its chunks bring. */
const isSameAnswer = (stored: string, received: string): boolean => {
  if (!received.startsWith('data:')) return stored === received;
  let text = '';
  for (const [, data = ''] of received.matchAll(/^data: (\{.*\})$/gm)) {
    const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
    text += chunk.choices[0]?.delta.content ?? '';
  }
  const answer = JSON.parse(stored) as { choices: { message: { content: string } }[] };
  return answer.choices[0]?.message.content === text;
};

const addedRow = (what: string, values: Readonly<Record<Arm, readonly number[]>>): Row => {
  const added = (arm: Arm, p: number): number =>
    quantile(values[arm], p) - quantile(values.direct, p);
  const p50 = added('proxy', 0.5);
  const p99 = added('proxy', 0.99);
  return {
    what: `${what}: what the proxy adds`,
    measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} (nginx adds ${milliseconds(added('nginx', 0.5))} and ${milliseconds(added('nginx', 0.99))}; direct ${milliseconds(quantile(values.direct, 0.5))} and ${milliseconds(quantile(values.direct, 0.99))}; n ${values.proxy.length})`,
    mustReach: 'p50 ≤ 1 ms, p99 ≤ 5 ms',
    reached: p50 <= 1 && p99 <= 5,
  };
};

/** The same load straight to an upstream, through nginx and through the recording proxy, in turn. */
export const proxyRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const upstreamFile = new URL('proxy-upstream.ts', import.meta.url).pathname;
  const upstream = spawn(process.execPath, [upstreamFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(upstream.stdout, 'data')).map((data: Buffer) =>
    Number(data.toString()),
  );
  const direct = port ?? 0;
  const nginx = await startNginx(join(cwd, 'nginx'), direct);
  const proxy = await startProxy(cwd, direct);
  const ports: Readonly<Record<Arm, number>> = { direct, nginx: nginx.port, proxy: proxy.port };
  const perArm = (): Record<Arm, number[]> => ({ direct: [], nginx: [], proxy: [] });
  const transitMs = perArm();
  const callMs = perArm();
  const perSecond = perArm();
  const made: Made[] = [];
  let peak = 0;
  let said = '';
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const arm of ['direct', 'nginx', 'proxy'] as const) {
        const streamed = await runStreams(ports[arm], streams, callsPerStream);
        const steady = await runSteadyCalls(ports[arm], connections, {
          perSecond: steadyPerSecond,
          forMs,
        });
        const fast = await runShortCalls(ports[arm], connections, forMs);
        if (arm === 'proxy') made.push(...streamed.made, ...steady.made, ...fast.made);
        // What waits to be saved would be worked off in the next arm's time.
        if (arm === 'proxy') await sleep(1000);
        if (round === 0) continue;
        for (const value of streamed.transitMs) transitMs[arm].push(value);
        for (const value of steady.callMs) callMs[arm].push(value);
        perSecond[arm].push(fast.perSecond);
      }
    }
    peak = proxy.peakMegabytes();
    said = await proxy.stop();
    const differences = compareWithStore(join(cwd, 'understudy.db'), made);
    const ratio = median(perSecond.proxy) / median(perSecond.nginx);
    const rate = (arm: Arm): string => Math.round(median(perSecond[arm])).toLocaleString('en-US');
    return [
      addedRow(`${streams} streams of 10 chunks a second, a chunk`, transitMs),
      addedRow(
        `${steadyPerSecond} short calls a second on ${connections} connections, a call`,
        callMs,
      ),
      {
        what: `short calls on ${connections} connections, as fast as they go, against nginx`,
        measured: `${ratio.toFixed(2)}× (${rate('proxy')} a second, nginx ${rate('nginx')}, direct ${rate('direct')}, n ${perSecond.proxy.length})`,
        mustReach: '≥ 0.5×',
        reached: ratio >= 0.5,
      },
      {
        what: 'memory of the proxy over all of it',
        measured: `peak ${Math.round(peak)} MB RSS`,
        mustReach: `≤ ${streams} × ${capMegabytes} MB, and < 600 MB with answers as short as these`,
        reached: peak < 600,
      },
      {
        what: `${made.length.toLocaleString('en-US')} recorded calls against what the clients sent and received`,
        measured: differences,
        mustReach: 'no difference',
        reached: differences === '0 missing, 0 other than received, 0 too many',
      },
    ];
  } finally {
    if (said === '') await proxy.stop();
    nginx.stop();
    upstream.kill();
    rmSync(cwd, { recursive: true, force: true });
  }
};
