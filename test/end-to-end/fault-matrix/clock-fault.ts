import { sides } from '../../../source/comparison/outcome.ts';
import { completionErrors } from './account.ts';
import { comeAgainAt, slowAnswer } from './faults.ts';
import { openStage, strikes, type Struck } from './strike.ts';
import type { Cell } from './table.ts';

const clockJump = new URL('clock-jump.ts', import.meta.url).href;

const hourMs = 3_600_000;

/**
 * A replay during which the wall clock jumps by hours, while the struck sides are told to come again
 * at a time of day, and one after it.
 */
export const jumpClock = async (struck: Struck): Promise<Cell> => {
  const ids = Array.from({ length: 10 }, (_, index) => `c:${index + 1}`);
  const stage = await openStage({
    ids,
    concurrency: 4,
    choose: (side, _, attempt) =>
      strikes(struck, side) && attempt === 1 ? comeAgainAt(1) : slowAnswer(5),
  });
  try {
    const first = await stage.replay({ NODE_OPTIONS: `--import=${clockJump}` });
    const second = await stage.replay();
    const errors = [
      ...completionErrors(first).map((one) => `while it jumped: ${one}`),
      ...completionErrors(second).map((one) => `after it: ${one}`),
    ];
    for (const side of sides) {
      for (const id of ids) {
        const calls = second.calls.get(`${id} ${side}`);
        if (calls !== (strikes(struck, side) ? 2 : 1))
          errors.push(`${id} ${side} was sent ${calls} times`);
      }
    }
    const rows = ['response', 'attempt'].flatMap((table) =>
      stage.scene.rows(`select created_at, queue_ms, total_ms from ${table}`),
    );
    const times = rows.map(({ created_at: at }) => Date.parse(String(at)));
    const spreadMs = Math.max(...times) - Math.min(...times);
    if (spreadMs < 20 * hourMs) errors.push(`the clock did not jump: ${spreadMs} ms`);
    const durations = rows.flatMap(({ queue_ms: queue, total_ms: total }) => [queue, total]);
    if (!durations.every((ms) => typeof ms === 'number' && ms >= 0 && ms < hourMs))
      errors.push(`durations follow the wall clock: ${durations.join(', ')}`);
    return { fault: clockJumpRow.name, struck, came: 'answered', errors };
  } finally {
    await stage.close();
  }
};

export const clockJumpRow = {
  name: 'clock jump',
  does: 'the wall clock goes 26 hours ahead, then 28 back, while a 429 names a time to come again',
};
