import { describe, expect, it } from 'vitest';
import type { TurnFact } from '../../source/store/comparisons/turn-facts.ts';
import {
  byConversation,
  callFigures,
  clusterLoss,
  firstDivergence,
} from '../../source/summary/conversations.ts';

const turn = (
  conversation: string | null,
  number: number,
  change: Partial<TurnFact> = {},
): TurnFact => ({
  captureId: `${conversation ?? 'alone'}-${number}`,
  conversation,
  timestamp: null,
  messages: 1,
  number,
  endpoint: 'chat',
  stratum: '',
  baseline: 'answered',
  candidate: 'answered',
  outcome: 'identical',
  byRule: false,
  unusable: false,
  votes: { agree: 0, worse: 0, better: 0, both_bad: 0 },
  resolved: null,
  order: null,
  chosen: false,
  unseen: false,
  skipped: false,
  pairs: 1,
  ...change,
});

const different = { outcome: 'different' } as const;

describe('byConversation', () => {
  it('has every request without a conversation by itself, and nothing if no two belong together', () => {
    const turns = [turn('a', 1), turn(null, 2), turn('a', 3), turn(null, 4)];
    expect(byConversation(turns)?.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(byConversation([turn('a', 1), turn('b', 2), turn(null, 3)])).toBeNull();
    expect(byConversation(null)).toBeNull();
  });
});

describe('firstDivergence', () => {
  it('goes by the timestamps, and tells what is not known from what is the same', () => {
    const at = (minute: number) => ({ timestamp: `2026-11-01T12:0${minute}:00.000Z` });
    const turns = [
      // Imported in reverse.
      turn('late', 1, { ...at(3), ...different }),
      turn('late', 2, at(2)),
      turn('late', 3, at(1)),
      turn('same', 4),
      turn('same', 5, { outcome: 'equivalent', byRule: true }),
      turn('failed', 6, { candidate: 'failed', outcome: 'failed' }),
      turn('failed', 7),
      turn('open', 8, { candidate: 'not_sent', outcome: null }),
      turn('open', 9, different),
      turn('known', 10, different),
      turn('known', 11, { outcome: null }),
      ...Array.from({ length: 12 }, (_, index) =>
        turn('long', 20 + index, index === 11 ? different : {}),
      ),
      turn('single', 40, different),
      turn(null, 41, different),
    ];
    expect(firstDivergence(turns, turns.length)).toEqual({
      conversations: 6,
      turns: [
        { turn: 1, conversations: 2 },
        { turn: 3, conversations: 1 },
      ],
      later: 1,
      none: 1,
      unknown: 1,
    });
    // Of a part of the pairs, nobody knows which turn is the first.
    expect(firstDivergence(turns, turns.length + 1)).toBeNull();
  });
});

describe('clusterLoss', () => {
  const list = (rest: number, judged: number, agreed: number) => ({
    known: 0,
    knownAgreed: 0,
    rest,
    judged,
    agreed,
  });

  it('is none where no two verdicts are of one conversation, and unknown for a single one', () => {
    const apart = clusterLoss([list(4, 1, 1), list(4, 1, 0), list(4, 0, 0)], 12);
    expect(apart?.judged).toEqual({ designEffect: 1, loss: 1, clusters: 2 });
    expect(apart?.drawn?.designEffect).toBeGreaterThan(1);
    expect(clusterLoss([list(4, 3, 3)], 4)).toEqual({ judged: null, drawn: null });
    expect(clusterLoss(null, 4)).toBeNull();
  });
});

describe('callFigures', () => {
  it('counts a pair that agrees further in every share before', () => {
    const figures = callFigures([
      { calls: 'names', pairs: 1 },
      { calls: 'arguments', pairs: 2 },
      { calls: 'order', pairs: 3 },
      { calls: 'same', pairs: 4 },
    ]);
    expect(figures).toMatchObject({
      names: { rate: 0.9, n: 10 },
      arguments: { rate: 0.7 },
      order: { rate: 0.4 },
    });
    expect(callFigures([])).toBeNull();
  });
});
