import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;

/** A running `understudy record`. */
export type Recording = {
  readonly port: number;
  readonly pid: number;
  /** Since its start, as the system counts it. */
  readonly peakMegabytes: () => number;
  /** Resolves when nothing waits to be saved. */
  readonly untilSaved: () => Promise<void>;
  /** Resolves to what it wrote to stderr. */
  readonly stop: () => Promise<string>;
};

/** Starts it in a directory, where it makes its store. */
export const startRecording = async (cwd: string, upstream: number): Promise<Recording> => {
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
  const port = Number(/clients: http:\S+:(\d+)\/v1 /.exec(said)?.[1]);
  return {
    port,
    pid: child.pid ?? 0,
    peakMegabytes: () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) /
      1024,
    untilSaved: async () => {
      for (;;) {
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        if (metrics.includes('queue_exchanges 0\n')) return;
        await sleep(50);
      }
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
      return said;
    },
  };
};
