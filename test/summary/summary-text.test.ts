import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { costRatio, sentence, times } from '../../source/summary/sentence.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { cellWidth } from '../../source/text/width.ts';
import { buildStore, type PairPlan } from './random-store.ts';

const price = { input: 3, output: 15, cachedInput: null, source: 'a list', date: '2026-11-01' };
const verdicts = ['agree', 'agree', 'agree', 'worse', 'better'] as const;

const pairs: readonly PairPlan[] = Array.from({ length: 20 }, (_, index) => ({
  endpoint: index % 2 === 0 ? 'a' : 'b',
  baseline: 'answered',
  candidate: index === 19 ? 'failed' : 'answered',
  answers: index < 5 ? 'identical' : 'different',
  compared: true,
  events: index >= 5 && index < 10 ? [verdicts[index - 5] ?? 'agree'] : [],
}));

let directory = '';
let summary: Summary;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-summary-'));
  const store = await openStore(join(directory, 'store.db'));
  const comparison = await buildStore(store, { pairs, rejected: 2 });
  summary = await gatherSummary(store, comparison, {
    prices: { baseline: price, candidate: { ...price, input: 0.3, output: 1.5 } },
    at: '2026-11-24T00:00:00.000Z',
  });
  await store.close();
});

afterAll(() => rm(directory, { recursive: true }));

const unknownRate = { rate: null, lower: null, upper: null, n: 0 };
const noRates = { agreement: unknownRate, noWorse: unknownRate, better: unknownRate };
const unknownRates = { ...noRates, judgedRates: noRates, productionRates: noRates };

describe('the sentence of a summary', () => {
  it('gives the rate with its interval and base, then speed and cost', () => {
    expect(sentence(summary)).toBe(
      'Of 20 requests the candidate answers 81.0 % (55.7–91.7) as well as the baseline; the candidate fails 5.0 % (1) of 20, the baseline none; of 5 judged pairs 60.0 % agree (23.1–88.2) and 80.0 % are no worse; latency 1.0× (1.0–1.0), cost 1/10.',
    );
  });

  it('says of how few pairs the speed and the price are known', () => {
    const { cost, latency } = summary;
    const few = {
      ...summary,
      cost: { ...cost, pairs: 2 },
      latency: { ...latency, total: { ...latency.total, n: 1, lower: null, upper: null } },
    };
    expect(sentence(few)).toMatch(/latency 1\.0× from 1 pair, cost 1\/10 from 2 pairs\.$/);
    const text = summaryText({
      ...few,
      tokens: { ...summary.tokens, candidate: { ...summary.tokens.candidate, answers: 2 } },
    });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'The ratio of the costs is that of the 2 pairs in which both are known.',
    );
  });

  it('names how rarely the baseline was asked twice, and one request that is not known yet', () => {
    const counts = { ...summary.counts, notSent: 1 };
    const rate = { rate: 1, lower: 0.2, upper: 1, n: 1 };
    const noise = { baseline: rate, judged: { overall: unknownRate } } as Summary['noise'];
    expect(sentence({ ...summary, counts, noise })).toContain(
      'as well as the baseline, 1 more is not known yet;',
    );
    expect(sentence({ ...summary, noise })).toContain(
      'the baseline repeats itself on 100.0 % (20.0–100.0) of 1 request, as the machine finds;',
    );
  });

  it('claims no agreement before the first verdict', () => {
    const counts = { ...summary.counts, judged: 0, unjudged: 14 };
    expect(sentence({ ...summary, ...unknownRates, counts })).toBe(
      'Nothing is judged yet: 14 pairs wait for a verdict; the candidate fails 5.0 % (1) of 20, the baseline none; latency 1.0× (1.0–1.0), cost 1/10.',
    );
  });

  it('claims nothing before the first answer', () => {
    const counts = { ...summary.counts, answered: 0, judged: 0 };
    expect(sentence({ ...summary, ...unknownRates, counts })).toBe(
      'No pair is answered yet; the candidate fails 100.0 % (1) of 1, the baseline none.',
    );
    const none = { ...counts, failed: 0 };
    expect(sentence({ ...summary, ...unknownRates, counts: none })).toBe(
      'No pair is answered yet.',
    );
  });
});

describe('the sign test', () => {
  it('is named where a verdict prefers a side', () => {
    const { verdicts: given } = summary;
    expect(summaryText(summary)).toMatch(
      /1 worse and 1 better: so\s+unequal by chance with p = 1\.000/,
    );
    const even = {
      ...summary,
      verdicts: { ...given, worse: 0, better: 0 },
      flips: { worse: 0, better: 0, pValue: null },
    };
    expect(summaryText(even)).not.toMatch(/by\s+chance|sign\s+test/);
  });
});

describe('ratios', () => {
  it('show a cheaper candidate as a share, a dearer one as a multiple, and unknown as unknown', () => {
    expect([1 / 36, 1 / 1.42, 1, 2.5, 1 / 1234, 0, null].map(costRatio)).toEqual([
      '1/36',
      '1/1.4',
      'the same',
      '2.5×',
      '1/1,234',
      'nothing',
      '—',
    ]);
    expect([1.2, 0.05, 12.4, null].map(times)).toEqual(['1.2×', '0.05×', '12×', '—']);
    expect([0.006, 0.0049, 0].map(times)).toEqual(['0.01×', '< 0.01×', '< 0.01×']);
  });
});

describe('the summary as text', () => {
  it('starts with the sentence and stays within 80 columns', () => {
    const lines = summaryText(summary).split('\n');
    expect(lines.slice(0, lines.indexOf('')).join(' ')).toBe(sentence(summary));
    for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(80);
  });

  it('gives the id of the comparison whole, however long its name is', () => {
    const name =
      'http://127.0.0.1:8080/v1#a-long-name → http://127.0.0.1:8080/v1#another-long-name';
    const { comparison } = summary;
    const text = summaryText({ ...summary, comparison: { ...comparison, name } });
    const line = text.split('\n').find((one) => one.startsWith('Comparison ')) ?? '';
    expect([line.endsWith(`… · ${comparison.id}`), cellWidth(line)]).toEqual([true, 80]);
  });

  it('shows how the counts add up, with all reasons', () => {
    const text = summaryText(summary);
    expect(text).toMatch(/imported +22 = 20 replayable \+ 2 not replayable/);
    expect(text).toMatch(/replayable +20 = 19 answered \+ 1 failed \+ 0 not sent/);
    expect(text).toMatch(/answered +19 = 5 by machine \+ 5 judged \+ 9 unjudged/);
    expect(text).toContain('failed: candidate timeout 1');
    expect(text).toContain('not replayable: no JSON 1; no messages 1');
  });

  it('does not compare recorded with replayed latency', () => {
    const baseline = { ...summary.latency.baseline, source: 'recorded' as const };
    const total = { paired: null, lower: null, upper: null, n: 0, p95: null };
    const latency = { ...summary.latency, baseline, total, timeToFirstToken: total };
    const text = summaryText({ ...summary, latency });
    const [said = ''] = text.replaceAll(/\s+/g, ' ').split('. ');
    expect(said).toContain('; cost ');
    expect(said).not.toContain('latency');
    expect(text).toContain('One side was recorded, the other replayed');
  });

  it('makes names from outside safe to print and keeps them within the width', () => {
    const name = `wide 漢字 \u001b[2J${'x'.repeat(200)}`;
    const [first] = summary.byEndpoint;
    const text = summaryText({
      ...summary,
      comparison: { ...summary.comparison, name, baseline: name },
      byEndpoint: first ? [{ ...first, endpoint: name }, first] : [],
    });
    expect(text).not.toContain('\u001b');
    for (const line of text.split('\n')) expect(cellWidth(line)).toBeLessThanOrEqual(80);
  });
});
