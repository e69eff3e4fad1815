import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, record, boolean } from 'fast-check';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlReport } from '../../source/report/html-report.ts';
import { markdownReport } from '../../source/report/markdown-report.ts';
import { openStore } from '../../source/store/open.ts';
import type { Figures } from '../../source/summary/figures.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { summaryJson } from '../../source/summary/summary-json.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { unknownText } from '../../source/summary/unknown-figures.ts';
import { buildStore, storePlans, type PairPlan, type StorePlan } from './random-store.ts';

let directory = '';
let stores = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-unknown-'));
});

afterAll(() => rm(directory, { recursive: true }));

const price = { input: 3, output: 15, cachedInput: null, source: 'a list', date: '2026-11-01' };

type Knowledge = {
  readonly prices: boolean;
  readonly usage: boolean;
  readonly times: boolean;
};

const everything: Knowledge = { prices: true, usage: true, times: true };

const noPercentiles = { p50: null, p90: null, p95: null, p99: null, n: 0 };
const noRatio = { paired: null, lower: null, upper: null, n: 0, p95: null };
const noTokens = {
  input: null,
  output: null,
  cachedInput: null,
  cacheWrite: null,
  hourCacheWrite: null,
  reasoning: null,
  answers: 0,
};

/** The figures as they are if answers have no usage, or no times. */
const without = <Some extends Figures>(figures: Some, { times, usage }: Knowledge): Some => {
  const { baseline, candidate } = figures.latency;
  const untimed = { timeToFirstToken: noPercentiles, total: noPercentiles };
  return {
    ...figures,
    ...(usage
      ? {}
      : {
          tokens: { baseline: noTokens, candidate: noTokens },
          cost: {
            ...figures.cost,
            baseline: null,
            candidate: null,
            ratio: null,
            perRequest: { baseline: null, candidate: null },
          },
        }),
    ...(times
      ? {}
      : {
          latency: {
            baseline: { ...baseline, ...untimed },
            candidate: { ...candidate, ...untimed },
            timeToFirstToken: noRatio,
            total: noRatio,
          },
        }),
  };
};

const summaryOf = async (plan: StorePlan, known: Knowledge): Promise<Summary> => {
  const store = await openStore(join(directory, `${stores++}.db`));
  try {
    const comparison = await buildStore(store, plan);
    const side = known.prices ? price : null;
    const summary = await gatherSummary(store, comparison, {
      prices: { baseline: side, candidate: side },
      at: '2026-11-24T00:00:00.000Z',
    });
    return {
      ...without(summary, known),
      byEndpoint: summary.byEndpoint.map((one) => without(one, known)),
    };
  } finally {
    await store.close();
  }
};

/** The rows of a terminal's text that only say what is unknown. */
const emptyLines = (text: string): readonly string[] =>
  text.split('\n').filter((line) => {
    const cells = line
      .trim()
      .split(/\s{2,}/)
      .slice(1);
    return cells.length > 0 && cells.every((cell) => cell === '—');
  });

const emptyRows = (html: string): readonly string[] => {
  const { document } = parseHTML(html);
  return [...document.querySelectorAll('tbody tr')]
    .filter((row) => {
      const cells = [...row.querySelectorAll('td:not(.text)')].map(({ textContent }) =>
        textContent.trim(),
      );
      return cells.includes('—') && cells.every((cell) => cell === '—' || cell === '');
    })
    .map(({ textContent }) => textContent);
};

const reportOf = (summary: Summary) => ({
  summary,
  gate: null,
  note: null,
  pairs: [],
  allPairs: 0,
});

const pair: PairPlan = {
  endpoint: 'a',
  baseline: 'answered',
  candidate: 'answered',
  answers: 'different',
  compared: true,
  events: [],
};

describe('a summary in which little is known', () => {
  it('has no row of unknown figures, whatever is known', async () => {
    const knowledge = record({ prices: boolean(), usage: boolean(), times: boolean() });
    await assert(
      asyncProperty(storePlans, knowledge, async (plan, known) => {
        const summary = await summaryOf(plan, known);
        expect(emptyLines(summaryText(summary))).toEqual([]);
        const report = reportOf(summary);
        expect(emptyRows(htmlReport(report))).toEqual([]);
        expect(markdownReport(report)).not.toMatch(/^\|[^|]*\|( — \|)+( *\|)?$/m);
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    [
      'nothing but answers',
      { prices: false, usage: false, times: false },
      'Not known: all rates, because nothing is judged yet; latency, because no answer was timed; tokens, because no answer reports its usage; cost, because no answer reports its usage and no price is known.',
    ],
    [
      'no prices',
      { ...everything, prices: false },
      'Not known: all rates, because nothing is judged yet; p90, p95, p99 of the latency, because fewer than 10 answers were timed; cached input and reasoning tokens, because no answer reports them; cost, because no price is known.',
    ],
    [
      'no times',
      { ...everything, times: false },
      'Not known: all rates, because nothing is judged yet; latency, because no answer was timed; cached input and reasoning tokens, because no answer reports them.',
    ],
  ] as const)('says what and why: %s', async (_, known, said) => {
    const pairs = ['a', 'b'].map((endpoint) => ({ ...pair, endpoint }));
    const summary = await summaryOf({ pairs, rejected: 0 }, known);
    expect(unknownText(summary)).toBe(said);
    const text = summaryText(summary);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(text).not.toContain('no worse ');
    expect(/^By endpoint.*cost$/m.test(text)).toBe(known.prices && known.usage);
    expect(/^Bill by endpoint.*in.*out/m.test(text)).toBe(known.usage);
    expect(htmlReport(reportOf(summary))).toContain(said);
    expect(markdownReport(reportOf(summary))).toContain(said);
    expect(JSON.parse(summaryJson(summary))).toMatchObject({
      noWorse: { rate: null },
      cost: { baseline: known.prices && known.usage ? expect.any(Number) : null },
    });
  });

  it('says that no pair is answered yet', async () => {
    const pairs = [{ ...pair, baseline: 'untouched' as const, candidate: 'untouched' as const }];
    const summary = await summaryOf({ pairs, rejected: 0 }, everything);
    const said = 'Not known: rates, latency, tokens and cost, because no pair is answered yet.';
    const text = summaryText(summary);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(text).not.toMatch(/—/);
    expect(htmlReport(reportOf(summary))).not.toMatch(/>—</);
  });

  it('keeps what is known of one side, and says nothing if nothing is missing', async () => {
    const pairs = Array.from({ length: 100 }, (): PairPlan => ({ ...pair, events: ['agree'] }));
    const summary = await summaryOf({ pairs, rejected: 0 }, everything);
    const tokens = {
      baseline: { ...summary.tokens.baseline, cachedInput: 3, reasoning: 1 },
      candidate: noTokens,
    };
    const text = summaryText({ ...summary, tokens });
    expect(text).toMatch(/tokens in +1,000 +—/);
    expect(text).toMatch(/ {2}no worse +100.0 % .* 100.0 % /);
    expect(text).not.toContain('Not known');
  });
});
