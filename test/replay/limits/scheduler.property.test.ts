import { array, assert, constant, integer, oneof, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate, type SimulatedServer, type Simulation } from './simulation.ts';

const share = (most: number) => integer({ min: 0, max: 100 }).map((n) => (n / 100) * most);

const orNone = (min: number, max: number) => oneof(constant(null), integer({ min, max }));

const server = record({
  limits: record({
    concurrency: orNone(1, 6),
    requestsPerMinute: orNone(1, 40),
    tokensPerMinute: orNone(500, 20_000),
  }),
  longestLatencyMs: integer({ min: 0, max: 30_000 }),
  failing: share(0.4),
  tooFast: share(0.3),
  refused: share(0.2),
  downUntilMs: oneof(
    { weight: 3, arbitrary: constant(0) },
    { weight: 1, arbitrary: integer({ min: 0, max: 3_600_000 }) },
  ),
  warmUpMs: integer({ min: 0, max: 10_000 }),
});

const scene = array(server, { minLength: 1, maxLength: 4 }).chain((servers) =>
  record({
    seed: integer(),
    servers: constant(servers),
    concurrency: integer({ min: 1, max: 12 }),
    captures: array(
      array(integer({ min: 0, max: servers.length - 1 }), {
        minLength: 1,
        maxLength: servers.length,
      }).map((indexes) => [...new Set(indexes)]),
      { minLength: 1, maxLength: 60 },
    ),
    budget: orNone(1, 60),
    abortAtMs: oneof(
      { weight: 3, arbitrary: constant(null) },
      { weight: 1, arbitrary: integer({ min: 0, max: 600_000 }) },
    ),
  }),
);

/**
 * Longer than any run that makes progress can take: every attempt on its own, with the longest
 * latency, wait and window, plus the full patience for every time that a model can go down.
 */
const bound = ({ captures, servers }: Simulation): number => {
  const tries = captures.flat().length * 8;
  const longest = Math.max(...servers.map((one: SimulatedServer) => one.longestLatencyMs));
  return tries * (longest + 100_000 + 60_000 + 300_000) + servers.length * 2 * 3_600_000;
};

describe('the scheduler on a simulated clock', () => {
  it('exceeds no limit or budget, ends every call in exactly one state and starves none', () => {
    const ends = new Map<string, number>();
    assert(
      property(scene, (simulation) => {
        const { broken, calls, spent, tookMs } = simulate(simulation);
        expect(broken).toEqual([]);
        for (const { ends: of, sent } of calls) {
          expect(of).toHaveLength(1);
          const [how = ''] = of;
          ends.set(how, (ends.get(how) ?? 0) + 1);
          // Every answered or failed call was sent, and no call is sent forever.
          if (how === 'answered' || how === 'failed') expect(sent).toBeGreaterThan(0);
          expect(sent).toBeLessThanOrEqual(8);
        }
        const stopped = calls.some(({ ends: [how] }) => how === 'closed' || how === 'interrupted');
        expect(stopped && simulation.abortAtMs === null).toBe(false);
        if (simulation.budget === null) {
          expect(calls.filter(({ ends: [how] }) => how === 'budget reached')).toEqual([]);
        } else expect(spent).toBeLessThanOrEqual(simulation.budget * 0.01 + 1e-9);
        if (simulation.abortAtMs === null)
          expect(calls).toHaveLength(simulation.captures.flat().length);
        expect(tookMs).toBeLessThan(bound(simulation));
      }),
      { numRuns: 300 },
    );
    // The simulation has covered every case at least once.
    for (const how of ['answered', 'failed', 'closed', 'budget reached', 'connection']) {
      expect([how, ends.get(how) ?? 0]).not.toEqual([how, 0]);
    }
  }, 120_000);

  it('keeps a slow model busy next to a fast one, and does not let a failing model block the other', () => {
    const healthy = {
      longestLatencyMs: 1000,
      failing: 0,
      tooFast: 0,
      refused: 0,
      downUntilMs: 0,
      warmUpMs: 0,
    };
    const none = { concurrency: null, requestsPerMinute: null, tokensPerMinute: null };
    assert(
      property(tuple(integer(), integer({ min: 1, max: 8 })), ([seed, concurrency]) => {
        const { broken, calls } = simulate({
          seed,
          concurrency: concurrency + 2,
          servers: [
            { ...healthy, limits: none },
            { ...healthy, limits: { ...none, concurrency: 1 }, downUntilMs: 240_000 },
          ],
          captures: Array.from({ length: 50 }, () => [0, 1]),
          budget: null,
          abortAtMs: null,
        });
        expect(broken).toEqual([]);
        const of = (index: number) => calls.filter((call) => call.server === index);
        const last = (index: number) => Math.max(...of(index).map(({ endedAtMs }) => endedAtMs));
        // The healthy model finishes before the other recovers.
        expect(last(0)).toBeLessThan(240_000);
        const answered = of(1).filter(({ ends: [how] }) => how === 'answered');
        expect(answered.length).toBeGreaterThan(40);
      }),
      { numRuns: 30 },
    );
  });
});
