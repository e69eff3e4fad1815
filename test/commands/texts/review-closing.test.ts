import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  reviewClosing,
  withLargestEndpoints,
} from '../../../source/commands/texts/review-closing.ts';
import type { AgreementChange } from '../../../source/review/session/agreement-so-far.ts';
import { openStore } from '../../../source/store/open.ts';
import { gatherSummary, type Summary } from '../../../source/summary/gather-summary.ts';
import { sentence } from '../../../source/summary/sentence.ts';
import { summaryText } from '../../../source/summary/summary-text.ts';
import { buildStore } from '../../summary/random-store.ts';

let directory = '';
let summary: Summary;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-closing-'));
  const store = await openStore(join(directory, 'store.db'));
  const pairs = Array.from({ length: 40 }, (_, index) => ({
    endpoint: 'a' as const,
    baseline: 'answered' as const,
    candidate: 'answered' as const,
    answers: 'different' as const,
    compared: true,
    events: index < 4 ? (['agree'] as const) : [],
  }));
  const comparison = await buildStore(store, { pairs, rejected: 0 });
  const gathered = await gatherSummary(store, comparison, {
    prices: { baseline: null, candidate: null },
    at: '2026-11-24T00:00:00.000Z',
  });
  await store.close();
  const [one] = gathered.byEndpoint;
  if (one === undefined) throw new Error('no endpoint');
  const byEndpoint = Array.from({ length: 29 }, (_, index) => ({
    ...one,
    endpoint: `endpoint ${index}`,
    counts: { ...one.counts, replayable: index === 7 ? 500 : 100 - index },
  }));
  summary = { ...gathered, byEndpoint };
});

afterAll(() => rm(directory, { recursive: true }));

const end = {
  given: [
    { eventId: 'e1', verdict: 'agree', tookMs: 900 },
    { eventId: 'e2', verdict: 'both_bad', tookMs: 4200 },
    { eventId: 'e3', verdict: 'agree', tookMs: 61_000 },
  ],
  refusedKeys: 2,
  controls: { repeats: 0, same: 0, noise: 0, noiseAgreed: 0 },
} as const;
const moved = { before: { judged: 1, agree: 0 }, after: { judged: 4, agree: 3 } };
const comeBack = 'understudy review c1';

/** The text after a review of one comparison. */
const closing = (
  one: Summary,
  change: AgreementChange = moved,
  given: Omit<Parameters<typeof reviewClosing>[0], 'agreement'> = end,
): string =>
  reviewClosing({ ...given, agreement: new Map([[one.comparison.id, change]]) }, [one], comeBack);

describe('the text after a review', () => {
  it('says what was judged, how fast, how the number moved, what is left, and the result last', () => {
    const lines = closing(summary).split('\n');
    expect(lines).toEqual([
      'The 10 largest endpoints are shown; understudy summary has all 29.',
      'You gave 3 verdicts, 4.2 s per verdict (median): 2 agree, 1 both bad. 2 keys were not taken, each for the reason on the screen.',
      'Your agreement: 0.0 % of 1 before, now 75.0 % (30.1–95.4) of 4.',
      'Left: 36 unjudged pairs. To continue: understudy review c1',
      sentence(summary),
      '',
    ]);
  });

  it('says no more than happened', () => {
    const idle = { judged: 4, agree: 3 };
    const text = closing(
      { ...summary, byEndpoint: [], counts: { ...summary.counts, unjudged: 0 } },
      { before: idle, after: idle },
      { ...end, given: [], refusedKeys: 0 },
    );
    expect(text).toBe(`You gave 0 verdicts.\n${sentence(summary)}\n`);
  });

  it('counts the verdicts that went to the rest of a pattern, which took no time of their own', () => {
    const rest = Array.from(
      { length: 20 },
      () => ({ eventId: 'e4', verdict: 'worse', tookMs: null }) as const,
    );
    const text = closing(summary, moved, { ...end, given: [...end.given, ...rest] });
    expect(text).toContain(
      'You gave 23 verdicts, 4.2 s per verdict (median): 2 agree, 20 worse, 1 both bad. 20 of them were given to the rest of a pattern.',
    );
  });

  it('says after a walk over conflicts how many are left, and moves nobody’s agreement', () => {
    const conflicting = {
      ...summary,
      byEndpoint: [],
      verdicts: { ...summary.verdicts, conflict: 7 },
      aheadVerdicts: { ...summary.aheadVerdicts, conflict: 1 },
    };
    const agreement = new Map([[summary.comparison.id, moved]]);
    const text = reviewClosing({ ...end, agreement }, [conflicting], comeBack, 'conflicts');
    expect(text.split('\n').slice(1, -1)).toEqual([
      'Left: 8 conflicts. To continue: understudy review c1',
      sentence(conflicting),
    ]);
  });

  it('gives no rate of its own where pairs are weighted', () => {
    const sample = { ...summary.sample, weighting: 'traffic' as const };
    expect(closing({ ...summary, sample })).not.toContain('Your');
  });

  it('names each candidate of several, whose results are the last lines', () => {
    const one = (id: string): Summary => ({
      ...summary,
      byEndpoint: [],
      comparison: { ...summary.comparison, id, candidate: `provider/${id}` },
    });
    const summaries = [one('small'), one('tiny')];
    const idle = { before: moved.after, after: moved.after };
    const agreement = new Map([
      ['small', moved],
      ['tiny', idle],
    ]);
    expect(reviewClosing({ ...end, agreement }, summaries, comeBack).split('\n')).toEqual([
      expect.stringMatching(/^You gave 3 verdicts/),
      'provider/small: Your agreement: 0.0 % of 1 before, now 75.0 % (30.1–95.4) of 4.',
      'provider/small: Left: 36 unjudged pairs.',
      'provider/tiny: Left: 36 unjudged pairs.',
      'To continue: understudy review c1',
      `provider/small: ${sentence(summary)}`,
      `provider/tiny: ${sentence(summary)}`,
      '',
    ]);
  });

  it('says what the control pairs of a blind review said', () => {
    const controls = { repeats: 3, same: 2, noise: 1, noiseAgreed: 1 };
    expect(closing(summary, moved, { ...end, controls })).toContain(
      '\n3 pairs came back: the same verdict on 2. 1 pair was two answers of the baseline: you agreed on 1.\n',
    );
    expect(closing(summary)).not.toMatch(/came back|two answers/);
  });

  it('shows the ten endpoints with the most pairs', () => {
    const text = summaryText(withLargestEndpoints(summary));
    const shown = [7, 0, 1, 2, 3, 4, 5, 6, 8, 9].map((index) => `endpoint ${index}`);
    // Their rates, then their bills.
    expect(text.match(/^endpoint \d+/gm)).toEqual([...shown, ...shown]);
  });
});
