import { spawnSync } from 'node:child_process';
import { ratioRow, type Row } from './measure.ts';

const program = new URL('../../dist/understudy.js', import.meta.url).pathname;

const runs = 31;

/** Milliseconds of a whole process, by the clock. */
const timed = (args: readonly string[]): number => {
  const startedMs = performance.now();
  spawnSync(process.execPath, args);
  return performance.now() - startedMs;
};

/** `--version` and `--help` against `node -e 0`, in turn, so that both meet the same machine. */
export const startupRows = (): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const flag of ['--version', '--help']) {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const node = timed(['-e', '0']);
      const own = timed([program, flag]);
      if (run === 0) continue;
      bare.push(node);
      ours.push(own);
    }
    rows.push(ratioRow(`understudy ${flag}`, ours, bare, 1.6));
  }
  return Promise.resolve(rows);
};
