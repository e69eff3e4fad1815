import { describe, expect, it } from 'vitest';
import { Rounds } from '../../../source/replay/limits/rounds.ts';

const stand = (round: (nowMs: number) => void) => {
  const state = { nowMs: 100, nextMs: Number.POSITIVE_INFINITY, open: true, wakes: 0, rounds: 0 };
  const rounds = new Rounds({
    round: (nowMs) => {
      state.rounds += 1;
      round(nowMs);
    },
    isOpen: () => state.open,
    nextMs: () => state.nextMs,
    now: () => state.nowMs,
    onWake: () => {
      state.wakes += 1;
    },
  });
  return { state, rounds };
};

describe('rounds', () => {
  it('repeat until no more work arrives, and never nest', () => {
    let left = 3;
    let within = 0;
    const { state, rounds } = stand(() => {
      within += 1;
      expect(within).toBe(1);
      if (left-- > 0) rounds.run();
      within -= 1;
    });
    rounds.run();
    expect(state.rounds).toBe(4);
  });

  it('report once when the next is due: the earlier of the requested and the fixed time', () => {
    const due = [[500, 300], [400], []];
    const { state, rounds } = stand(() => {
      for (const ms of due.shift() ?? []) rounds.wakeAt(ms);
    });
    rounds.run();
    expect([rounds.wakesAtMs, state.wakes]).toEqual([300, 1]);
    state.nextMs = 250;
    rounds.run();
    expect([rounds.wakesAtMs, state.wakes]).toEqual([250, 2]);
    rounds.run();
    expect([rounds.wakesAtMs, state.wakes]).toEqual([250, 2]);
    state.open = false;
    rounds.run();
    expect([rounds.wakesAtMs, state.wakes, state.rounds]).toEqual([null, 3, 3]);
  });
});
