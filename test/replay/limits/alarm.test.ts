import { describe, expect, it } from 'vitest';
import { Alarm } from '../../../source/replay/limits/alarm.ts';

/** An alarm whose waits the test ends. */
const open = () => {
  let nowMs = 0;
  let wanted: number | null = null;
  let rings = 0;
  const waits: { readonly ms: number; readonly end: () => void; readonly signal: AbortSignal }[] =
    [];
  const alarm = new Alarm({
    atMs: () => wanted,
    ring: () => {
      rings++;
      if (wanted !== null && nowMs >= wanted) wanted = null;
    },
    now: () => nowMs,
    wait: (ms, signal) => new Promise((end) => waits.push({ ms, end, signal })),
  });
  return {
    alarm,
    waits,
    rings: () => rings,
    want: (ms: number | null) => {
      wanted = ms;
      alarm.set();
    },
    goTo: (ms: number) => {
      nowMs = ms;
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
};

describe('an alarm', () => {
  it('waits again when a wait ends early, as after the machine has slept', async () => {
    const { goTo, rings, settled, waits, want } = open();
    want(1000);
    goTo(400);
    waits[0]?.end();
    await settled();
    expect(waits.map(({ ms }) => ms)).toEqual([1000, 600]);
    goTo(1000);
    waits[1]?.end();
    await settled();
    expect([rings(), waits.length]).toEqual([2, 2]);
  });

  it('is only moved to an earlier time', () => {
    const { waits, want } = open();
    want(1000);
    want(2000);
    expect(waits).toHaveLength(1);
    want(500);
    expect(waits.map(({ ms }) => ms)).toEqual([1000, 500]);
    expect(waits[0]?.signal.aborted).toBe(true);
  });

  it('does not ring after it is stopped', async () => {
    const { alarm, rings, settled, waits, want } = open();
    want(1000);
    alarm.stop();
    waits[0]?.end();
    await settled();
    want(500);
    expect([rings(), waits.length]).toEqual([0, 1]);
  });
});
