import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore } from '../../source/store/open.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { temporaryDirectory } from './temporary-store.ts';

/** Has a process write until it has named so many saved things, and kills it in the middle. */
const writeAndKill = async (file: string, run: string, things: number): Promise<string[]> => {
  const program = new URL('children/write.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, file, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const saved: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    saved.push(line);
    if (saved.length === things) child.kill('SIGKILL');
  }
  const [, signal] = await exit;
  expect(signal).toBe('SIGKILL');
  return saved;
};

describe('a process that is killed while it writes', () => {
  it('leaves an intact store with everything that it reported as saved', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const saved: string[] = [];
    for (const [run, things] of [3, 40, 101].entries()) {
      saved.push(...(await writeAndKill(file, `run${run}`, things)));
    }
    const store = await openStore(file, { mustExist: true });
    const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(store.db);
    expect(check.rows).toEqual([{ integrity_check: 'ok' }]);
    expect((await sql`pragma foreign_key_check`.execute(store.db)).rows).toEqual([]);
    const comparison = await findComparison(store, null);
    const pairs = new Map(
      (await listPairs(store, comparison.id)).map((pair) => [pair.captureId, pair]),
    );
    const verdicts = await store.db
      .selectFrom('current_verdict')
      .select('capture_id')
      .where('verdict', '=', 'agree')
      .execute();
    const agreed = new Set(verdicts.map((row) => row.capture_id));
    expect(saved.length).toBeGreaterThanOrEqual(144);
    const lost = saved.filter((line) => {
      const [kind, captureId = ''] = line.split(' ');
      const pair = pairs.get(captureId);
      return kind === 'verdict' ? !agreed.has(captureId) : pair?.baseline !== 'answered';
    });
    expect(lost).toEqual([]);
    await store.close();
  });
});
