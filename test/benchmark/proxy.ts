import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { childrenOf, cpuMs, machineCpuMs } from './cpu-time.ts';
import { median, milliseconds, quantile, type Row } from './measure.ts';
import {
  type Made,
  runShortCalls,
  runSteadyCalls,
  runStreams,
  type TakeMade,
} from './proxy-load.ts';
import { startNginx } from './proxy-nginx.ts';
import { startRecording } from './proxy-record.ts';
import { compareWithStore, countCaptures } from './proxy-store.ts';

const streams = 1000;
const connections = 64;
const steadyPerSecond = 640;
const forMs = 2500;
const rounds = Number(process.env['UNDERSTUDY_BENCHMARK_ROUNDS'] ?? 5);

/** The most that the proxy keeps of a call: 8 MB of the request and as much of the response. */
const capMegabytes = 16;

/** `bare` is the least that a proxy on node:http does. */
const arms = ['direct', 'nginx', 'bare', 'proxy'] as const;
type Arm = (typeof arms)[number];

/** The measurements of one arm in one round. */
type Measured = {
  readonly transitMs: readonly number[];
  readonly callMs: readonly number[];
  readonly perSecond: number;
  /** Shares of one core that the load generator and the upstream took for the short calls. */
  readonly generator: number;
  readonly upstream: number;
  /** How long after the short calls the last of them was saved, in milliseconds. */
  readonly savedAfterMs: number;
};

/** Puts one arm under load for one round. */
const measureArm = async (
  port: number,
  options: {
    readonly upstream: number;
    readonly take: TakeMade;
    readonly untilSaved: () => Promise<void>;
    readonly streams: number;
    readonly forMs: number;
  },
): Promise<Measured> => {
  const { upstream, take, untilSaved } = options;
  globalThis.gc?.();
  const transitMs = await runStreams(port, options.streams, 1, take);
  await untilSaved();
  const callMs = await runSteadyCalls(port, connections, {
    perSecond: steadyPerSecond,
    forMs: options.forMs,
    take,
  });
  await untilSaved();
  const before = { ms: performance.now(), own: cpuMs([process.pid]), upstream: cpuMs([upstream]) };
  const perSecond = await runShortCalls(port, connections, options.forMs, take);
  const endedMs = performance.now();
  const share = (pid: number, since: number): number =>
    (cpuMs([pid]) - since) / (endedMs - before.ms);
  const shares = {
    generator: share(process.pid, before.own),
    upstream: share(upstream, before.upstream),
  };
  // Otherwise saving would take processor time from the next arm.
  await untilSaved();
  return { transitMs, callMs, perSecond, ...shares, savedAfterMs: performance.now() - endedMs };
};

/**
 * Keeps the generator's own garbage collections short, so that they do not show in the measurements.
 * Each arm also begins with a heap that was just collected.
 */
const keepPausesShort = (): void => setFlagsFromString('--semi-space-growth-factor=1');

type Rounds = readonly Readonly<Record<Arm, Measured>>[];

/** What the proxy adds to the direct way in the same round, as the median of the rounds. */
const addedRow = (what: string, all: Rounds, which: 'transitMs' | 'callMs'): Row => {
  const added = (arm: Arm, p: number): readonly number[] =>
    all.map((round) => quantile(round[arm][which], p) - quantile(round.direct[which], p));
  const direct = (p: number): number =>
    median(all.map((round) => quantile(round.direct[which], p)));
  const p50 = median(added('proxy', 0.5));
  const p99 = median(added('proxy', 0.99));
  const each = added('proxy', 0.99).map((value) => value.toFixed(1));
  const othersAdd = (['nginx', 'bare'] as const)
    .map(
      (arm) =>
        `${arm} adds ${milliseconds(median(added(arm, 0.5)))} and ${milliseconds(median(added(arm, 0.99)))}`,
    )
    .join(', ');
  return {
    what: `${what}: what the proxy adds, median of ${all.length} rounds`,
    measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} (${each.join(', ')}; ${othersAdd}; direct ${milliseconds(direct(0.5))} and ${milliseconds(direct(0.99))}; n ${all[0]?.proxy[which].length} a round)`,
    mustReach: 'p50 ≤ 1 ms, p99 ≤ 5 ms',
    reached: p50 <= 1 && p99 <= 5,
  };
};

const rateRow = (all: Rounds): Row => {
  const ratios = all.map(({ proxy, nginx }) => proxy.perSecond / nginx.perSecond);
  const bareRatios = all.map(({ bare, nginx }) => bare.perSecond / nginx.perSecond);
  const medianOf = (
    arm: Arm,
    which: 'perSecond' | 'generator' | 'upstream' | 'savedAfterMs',
  ): number => median(all.map((round) => round[arm][which]));
  const rate = (arm: Arm): string => Math.round(medianOf(arm, 'perSecond')).toLocaleString('en-US');
  const busy = (which: 'generator' | 'upstream'): string =>
    arms.map((arm) => `${Math.round(medianOf(arm, which) * 100)}%`).join(', ');
  return {
    what: `short calls on ${connections} connections, as fast as they go, against nginx, median of ${all.length} rounds`,
    measured: `${median(ratios).toFixed(2)}× (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; ${rate('proxy')} a second and the last saved ${milliseconds(medianOf('proxy', 'savedAfterMs'))} later, nginx ${rate('nginx')}, bare proxy on node:http ${rate('bare')} and ${median(bareRatios).toFixed(2)}×, direct ${rate('direct')}; of one core the load generator took ${busy('generator')}, the upstream ${busy('upstream')} with ${arms.join(', ')})`,
    mustReach: '≥ 0.3×',
    reached: median(ratios) >= 0.3,
  };
};

/** Starts a file of this folder that prints the port that it listens on. */
const startServer = async (
  name: string,
  ...words: readonly string[]
): Promise<{ readonly port: number; readonly pid: number; readonly stop: () => void }> => {
  const file = new URL(name, import.meta.url).pathname;
  const child = spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: readonly unknown[] = await once(child.stdout, 'data');
  return { port: Number(String(line)), pid: child.pid ?? 0, stop: () => child.kill() };
};

/**
 * Measures the same load straight to an upstream, through nginx, through a bare proxy and through the
 * recording proxy. Each round has all four, one after the other, in another order than the round before.
 */
export const proxyRows = async (): Promise<readonly Row[]> => {
  keepPausesShort();
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const upstream = await startServer('proxy-upstream.ts');
  const direct = upstream.port;
  const bare = await startServer('bare-proxy.ts', `${direct}`);
  const nginx = await startNginx(join(cwd, 'nginx'), direct);
  const proxy = await startRecording(cwd, direct);
  const ports: Readonly<Record<Arm, number>> = {
    direct,
    nginx: nginx.port,
    bare: bare.port,
    proxy: proxy.port,
  };
  const file = join(cwd, 'understudy.db');
  const recorded = { calls: 0, missing: 0, other: 0 };
  const all: Record<Arm, Measured>[] = [];
  let said = '';
  const measure = async (
    arm: Arm,
    load: { readonly streams: number; readonly forMs: number },
  ): Promise<Measured> => {
    // Every arm keeps its calls, so that the generator has the same work in each.
    const made: Made[] = [];
    const measured = await measureArm(ports[arm], {
      ...load,
      upstream: upstream.pid,
      take: (call) => void made.push(call),
      untilSaved: arm === 'proxy' ? proxy.untilSaved : () => Promise.resolve(),
    });
    if (arm === 'proxy') {
      const { missing, other } = compareWithStore(file, made);
      recorded.calls += made.length;
      recorded.missing += missing;
      recorded.other += other;
    }
    return measured;
  };
  const ours = (): number =>
    cpuMs([process.pid, upstream.pid, bare.pid, proxy.pid, nginx.pid, ...childrenOf(nginx.pid)]);
  try {
    // Programs are compiled as they run, so the first calls cost more than later ones.
    for (const arm of arms) await measure(arm, { streams, forMs: 1000 });
    const before = { ms: performance.now(), ours: ours(), machine: machineCpuMs() };
    for (let round = 0; round < rounds; round += 1) {
      const order = arms.map((_, index) => arms[(index + round) % arms.length] ?? 'direct');
      const measured: Partial<Record<Arm, Measured>> = {};
      for (const arm of order) measured[arm] = await measure(arm, { streams, forMs });
      all.push(measured as Record<Arm, Measured>);
    }
    const others = machineCpuMs() - before.machine - (ours() - before.ours);
    const othersShare = others / ((performance.now() - before.ms) * availableParallelism());
    const peak = proxy.peakMegabytes();
    said = await proxy.stop();
    const tooMany = countCaptures(file) - recorded.calls + recorded.missing;
    const differences = `${recorded.missing} missing, ${recorded.other} other than received, ${tooMany} too many`;
    console.log(
      `The load generator, the upstream and what is between them share ${availableParallelism()} cores, of which other programs took ${Math.round(othersShare * 100)}%; nginx has one worker process.`,
    );
    return [
      addedRow(`${streams} streams of 10 chunks a second, a chunk`, all, 'transitMs'),
      addedRow(
        `${steadyPerSecond} short calls a second on ${connections} connections, a call`,
        all,
        'callMs',
      ),
      rateRow(all),
      {
        what: 'memory of the proxy over all of it',
        measured: `peak ${Math.round(peak)} MB RSS`,
        mustReach: `≤ ${streams} × ${capMegabytes} MB, and < 600 MB with answers as short as these`,
        reached: peak < 600,
      },
      {
        what: `${recorded.calls.toLocaleString('en-US')} recorded calls against what the clients sent and received`,
        measured: differences,
        mustReach: 'no difference',
        reached: differences === '0 missing, 0 other than received, 0 too many',
      },
    ];
  } finally {
    if (said === '') await proxy.stop();
    nginx.stop();
    bare.stop();
    upstream.stop();
    rmSync(cwd, { recursive: true, force: true });
  }
};
