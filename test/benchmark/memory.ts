import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './measure.ts';
import { line, seeded } from './texts.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;

const captures = 20_000;
const bytesEach = 100_000;

/** Writes captures of about 100 KB, each with a prompt of its own and two recorded answers. */
const writeTraffic = async (file: string): Promise<void> => {
  const stream = createWriteStream(file);
  const random = seeded(3);
  const filler = line(random, bytesEach - 5000, 'en');
  const answer = (text: string) => ({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  });
  for (let index = 0; index < captures; index++) {
    const content = `${index} ${filler.slice(index % 1000)}`;
    const capture = {
      id: `r${index}`,
      request: { messages: [{ role: 'user', content }] },
      responses: {
        first: answer(`${index} ${filler.slice(0, 2000)}`),
        second: answer(`${index} ${filler.slice(1, 2000)}`),
      },
    };
    if (!stream.write(`${JSON.stringify(capture)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
};

/** Import and replay of 2 GB with recorded answers; the peak of the process's resident memory. */
export const memoryRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const file = join(cwd, 'traffic.jsonl');
  await writeTraffic(file);
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'replay', file, '--baseline', 'recorded:first', '--candidate', 'recorded:second'],
    { cwd, stdio: 'ignore' },
  );
  let peakKb = 0;
  // VmHWM is the high-water mark that the kernel keeps, so that nothing between two looks is missed.
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      clearInterval(timer);
    }
  }, 50);
  await once(child, 'close');
  clearInterval(timer);
  const seconds = (performance.now() - startedMs) / 1000;
  rmSync(cwd, { recursive: true });
  const megabytes = peakKb / 1024;
  return [
    {
      what: `import and replay of ${captures.toLocaleString('en-US')} captures of 100 KB with recorded answers`,
      measured: `peak ${Math.round(megabytes)} MB RSS (${Math.round(seconds)} s, exit ${child.exitCode})`,
      mustReach: '< 300 MB',
      reached: megabytes < 300 && child.exitCode === 0,
    },
  ];
};
