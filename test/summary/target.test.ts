import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../source/comparison/outcome.ts';
import type { Store } from '../../source/store/open.ts';
import { openStore } from '../../source/store/open.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { decideTarget } from '../../source/summary/target.ts';
import { buildStore, type PairPlan } from './random-store.ts';

const list = { known: 300, knownAgreed: 300, rest: 112, judged: 60, agreed: 51 };

describe('decideTarget', () => {
  it('decides by the whole list, and forecasts while it is open', () => {
    const decide = (threshold: number) => decideTarget({ least: list, most: list }, threshold);
    expect(decide(0.9)).toMatchObject({ decision: 'reached', more: 0, planned: 150 });
    expect(decide(0.99)).toMatchObject({ decision: 'ruled_out', more: 0 });
    const open = decide(0.95);
    expect(open.decision).toBe('open');
    expect(open.more).toBeGreaterThan(0);
    expect(open.more).toBeLessThanOrEqual(52);
    expect(open.interval.lower).toBeLessThan(0.95);
    expect(open.interval.upper).toBeGreaterThan(0.95);
  });

  it('leaves open what a conflict may turn', () => {
    const surely = decideTarget({ least: list, most: list }, 0.99);
    expect(surely.decision).toBe('ruled_out');
    const perhaps = decideTarget({ least: list, most: { ...list, agreed: 60 } }, 0.99);
    expect(perhaps.decision).toBe('open');
    expect(perhaps.interval.upper).toBe(1);
    // 9 of 60 are in conflict, which decide: without them it is 96 % of all, and with them 100 %.
    expect(perhaps.more).toBeNull();
    // 2 of 60 are in conflict: 95.9 % without them, 96.8 % with them.
    const open = (threshold: number) =>
      decideTarget({ least: list, most: { ...list, agreed: 53 } }, threshold);
    expect(open(0.96)).toMatchObject({ decision: 'open', more: null });
    for (const threshold of [0.95, 0.97]) {
      expect(open(threshold)).toMatchObject({ decision: 'open', more: expect.any(Number) });
    }
    // Every pair has a verdict: one more decides nothing.
    const judged = { ...list, judged: 112, agreed: 100 };
    const turning = decideTarget({ least: judged, most: { ...judged, agreed: 112 } }, 0.99);
    expect(turning).toMatchObject({ decision: 'open', more: null });
  });

  it('decides nothing for rates that are weighted', () => {
    expect(decideTarget(null, 0.9)).toMatchObject({ decision: null, more: null });
  });
});

describe('the target in a summary', () => {
  let directory = '';
  let store: Store;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'understudy-target-'));
    store = await openStore(join(directory, 'store.db'));
  });

  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('counts what overall counts, and names both intervals', async () => {
    const verdict = (index: number): Verdict => (index % 10 === 0 ? 'worse' : 'agree');
    const pairs: readonly PairPlan[] = Array.from({ length: 200 }, (_, index) => ({
      endpoint: 'a',
      baseline: 'answered',
      candidate: index < 4 ? 'failed' : 'answered',
      answers: index < 104 ? 'identical' : 'different',
      compared: true,
      events: index >= 140 ? [verdict(index)] : [],
    }));
    const comparison = await buildStore(store, { pairs, rejected: 0 });
    const prices = { baseline: null, candidate: null };
    const at = '2026-11-24T00:00:00.000Z';
    const ask = (target: number): Promise<Summary> =>
      gatherSummary(store, comparison, { prices, at, target });
    const found = await ask(0.85);
    expect(found.target?.interval.rate).toBeCloseTo(found.noWorse.rate ?? 0, 12);
    expect(found.target?.interval.lower).toBeLessThan(found.noWorse.lower ?? 0);
    // Ten of 200 do not agree for certain.
    expect(found.target?.interval.upper).toBeLessThanOrEqual(0.95);
    expect(found.target?.decision).toBe('reached');
    const text = summaryText(found).replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      /Target 85\.0 % no worse: reached\. [\d.]+–[\d.]+ holds however often you look \(tightest at 150 verdicts\); [\d.]+–[\d.]+ if you had planned this n\./,
    );
    expect(summaryText(await ask(0.93)).replaceAll(/\s+/g, ' ')).toMatch(
      /Target 93\.0 % no worse: open, about \d+ more at the present rate\./,
    );
    expect(summaryText(await ask(0.99))).toContain('Target 99.0 % no worse: ruled out.');
    const none = await gatherSummary(store, comparison, { prices, at });
    expect(none.target).toBeNull();
    expect(summaryText(none)).not.toContain('Target');
  });
});
