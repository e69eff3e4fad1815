import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { writeImportTraffic, type TrafficLayout } from './import-traffic.ts';
import { median, type Row } from './measure.ts';

const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;
const scriptFile = (name: string): string => new URL(name, import.meta.url).pathname;
const copyFile = scriptFile('bare-copy.ts');

/** Bytes of JSON in the largest file; 5e9 for 5 GB. The other layouts have a quarter of it. */
const largestBytes = Number(process.env['IMPORT_BENCHMARK_BYTES'] ?? 1e9);

const rounds = 3;

type Process = { readonly ms: number; readonly peakMegabytes: number };

/** Runs a process, which must succeed; returns its duration and its peak of resident memory. */
export const runProcess = async (args: readonly string[], cwd: string): Promise<Process> => {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = textOf(child.stderr);
  let peakKb = 0;
  // The kernel keeps the high-water mark, so that nothing between two samples is missed.
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
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed\n${await said}`);
  return { ms: performance.now() - startedMs, peakMegabytes: peakKb / 1024 };
};

const layouts: readonly {
  readonly layout: TrafficLayout;
  readonly share: number;
  readonly flags: readonly string[];
}[] = [
  { layout: 'lines', share: 1, flags: [] },
  { layout: 'lines', share: 1, flags: ['--no-redact'] },
  { layout: 'array', share: 0.25, flags: [] },
  { layout: 'gzip', share: 0.25, flags: [] },
];

/** The share of the rate of `bare-copy.ts` that an import must reach. */
const minimumRatio = 0.6;

/**
 * Compares the import into a new store with `bare-copy.ts`, which parses each line of the same file and
 * copies it into one table. Both run in turn, as whole processes. The files are deleted at the end.
 */
export const importRows = async (): Promise<readonly Row[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'understudy-benchmark-'));
  const rows: Row[] = [];
  try {
    for (const { layout, share, flags } of layouts) {
      const file = join(cwd, `traffic.${layout === 'gzip' ? 'jsonl.gz' : layout}`);
      const captures = await writeImportTraffic(file, layout, largestBytes * share);
      const imports: Process[] = [];
      const copies: Process[] = [];
      for (let round = 0; round < rounds; round++) {
        copies.push(await runProcess([copyFile, file, 'copy.db'], cwd));
        rmSync(join(cwd, 'copy.db'));
        imports.push(
          await runProcess([program, 'import', file, '--db', 'store.db', ...flags], cwd),
        );
        for (const end of ['', '-wal', '-shm'])
          rmSync(join(cwd, `store.db${end}`), { force: true });
      }
      const megabytes = statSync(file).size / 1e6;
      rmSync(file);
      const [importMs, copyMs] = [imports, copies].map((all) => median(all.map(({ ms }) => ms)));
      if (importMs === undefined || copyMs === undefined) continue;
      const ratio = copyMs / importMs;
      const what = `import of ${captures.toLocaleString('en-US')} captures, ${layout}, ${Math.round(megabytes)} MB ${flags.join(' ')}`;
      const perSecond = (ms: number): string =>
        Math.round((captures * 1000) / ms).toLocaleString('en-US');
      rows.push({
        what,
        measured: `${ratio.toFixed(2)}× the rate of parsing the lines and copying them into a table (${perSecond(importMs)} against ${perSecond(copyMs)} a second, n ${rounds})`,
        mustReach: `≥ ${minimumRatio}×`,
        reached: ratio >= minimumRatio,
      });
      const peak = Math.max(...imports.map(({ peakMegabytes }) => peakMegabytes));
      rows.push({
        what,
        measured: `peak ${Math.round(peak)} MB RSS`,
        mustReach: '< 200 MB',
        reached: peak < 200,
      });
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
  return rows;
};
