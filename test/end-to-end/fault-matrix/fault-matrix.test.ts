import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { strikeCalls } from './call-faults.ts';
import { clockJumpRow, jumpClock } from './clock-fault.ts';
import { callFaults, keyFaults, outages, singleFaults, slowFaults } from './faults.ts';
import { killProgram, killRow } from './kill-fault.ts';
import { strikeWithOutage } from './outage.ts';
import { strikeSides } from './side-faults.ts';
import { struckSides, type Struck } from './strike.ts';
import { documentWith, tableOf, type Cell } from './table.ts';
import { takingTurns } from './turns.ts';

/** Programs at once: they mostly wait. */
const atOnce = 8;

/** Long enough for a busy machine, short enough to be waited for. */
const deadlines = { firstByteMs: 3000, firstTokenMs: 3000, idleMs: 3000, totalMs: 5000 };

const rows = [...outages, ...keyFaults, ...singleFaults, ...slowFaults, clockJumpRow, killRow];

const runs = new Map<string, Promise<readonly Cell[]>>();

const cellOf = async (fault: string, struck: string): Promise<Cell | undefined> =>
  (await runs.get(`${fault} ${struck}`))?.find((cell) => cell.fault === fault);

beforeAll(async () => {
  const inTurn = takingTurns(atOnce);
  const run = (
    faults: readonly { readonly name: string }[],
    struck: Struck,
    work: () => Promise<readonly Cell[]>,
  ): void => {
    const cells = inTurn(work);
    for (const { name } of faults) runs.set(`${name} ${struck}`, cells);
  };
  // The longest first.
  for (const struck of struckSides) {
    run(slowFaults, struck, () => strikeCalls(slowFaults, struck, { deadlines }));
  }
  for (const struck of struckSides) {
    for (const fault of outages) {
      run([fault], struck, async () => [await strikeWithOutage(fault, struck)]);
    }
    for (const faults of callFaults) run(faults, struck, () => strikeCalls(faults, struck));
    for (const fault of keyFaults) {
      run([fault], struck, async () => [await strikeSides(fault, struck)]);
    }
    run([clockJumpRow], struck, async () => [await jumpClock(struck)]);
    run([killRow], struck, async () => [await killProgram(struck)]);
  }
  // What went wrong is for the tests that ask for these cells to say.
  await Promise.allSettled(runs.values());
}, 600_000);

describe.each(rows)('$name: $does', ({ name }) => {
  it.each(struckSides)('keeps account of every pair, and is resumed: %s', async (struck) => {
    const cell = await cellOf(name, struck);
    expect(cell?.errors).toEqual([]);
  });
});

describe('docs/fault-matrix.md', () => {
  it('shows these results (UNDERSTUDY_WRITE_DOCUMENTS=1 writes them)', async () => {
    const cells = (await Promise.all(new Set(runs.values()))).flat();
    const file = new URL('../../../docs/fault-matrix.md', import.meta.url);
    const text = readFileSync(file, 'utf8');
    const current = documentWith(text, tableOf(rows, cells));
    if (process.env['UNDERSTUDY_WRITE_DOCUMENTS'] === '1') writeFileSync(file, current);
    else expect(text).toBe(current);
  });
});
