import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alignTexts } from '../../source/comparison/alignment/align-answers.ts';
import { csvReport } from '../../source/report/csv-report.ts';
import { htmlReport } from '../../source/report/html-report.ts';
import { markdownReport } from '../../source/report/markdown-report.ts';
import type { ReportedPair, ReportWithPairs } from '../../source/report/report-contents.ts';
import { openStore } from '../../source/store/open.ts';
import { gatherSummary } from '../../source/summary/gather-summary.ts';
import { buildStore, type PairPlan } from '../summary/random-store.ts';

const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202E"\'|@team `x`';

const pairs: readonly PairPlan[] = Array.from({ length: 20 }, (_, index) => ({
  endpoint: index % 2 === 0 ? 'classify' : hostile,
  baseline: 'answered',
  candidate: index === 19 ? 'failed' : 'answered',
  answers: index < 5 ? 'identical' : 'different',
  compared: true,
  events: index >= 5 && index < 10 ? [index === 6 ? 'worse' : 'agree'] : [],
}));

const pair: ReportedPair = {
  captureId: 'req_1',
  endpoint: hostile,
  outcome: 'different',
  verdict: 'worse',
  verdicts: ['ada: worse'],
  tags: ['wrong value', hostile],
  comments: [hostile],
  difference: hostile,
  question: hostile,
  alignment: alignTexts(`due on 12 May ${hostile}`, `due on 13 May ${hostile}`),
};

let directory = '';
let report: ReportWithPairs;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-report-'));
  const store = await openStore(join(directory, 'store.db'));
  const comparison = await buildStore(store, { pairs, rejected: 2 });
  const price = { input: 3, output: 15, cachedInput: null, source: 'a list', date: '2026-11-01' };
  const summary = await gatherSummary(store, comparison, {
    prices: { baseline: price, candidate: { ...price, input: 0.3, output: 1.5 } },
    at: '2026-11-24T00:00:00.000Z',
    by: 'endpoint',
  });
  await store.close();
  report = { summary, gate: null, note: 'Simulated.', pairs: [pair], allPairs: 20 };
});

afterAll(() => rm(directory, { recursive: true }));

describe('a report', () => {
  it('says of which requests the differences are, and of which answers the cost is', () => {
    const { summary } = report;
    const rate = { rate: 0.5, lower: 0.3, upper: 0.7, n: 50 };
    const excess = { difference: 0, lower: -0.1, upper: 0.1, n: 50 };
    const noise = {
      comparisonId: 'c',
      baseline: rate,
      candidate: rate,
      differing: { baseline: rate, candidate: rate },
      excess,
      onlyCandidate: 3,
      onlyBaseline: 3,
      pValue: 1,
      result: 'not told apart',
      byEndpoint: [],
      byField: [],
      unlisted: 0,
      moreFields: 0,
      judged: { differing: rate, overall: rate, excess },
    } as const;
    const candidate = { ...summary.tokens.candidate, answers: 4 };
    const cost = { ...summary.cost, pairs: 4 };
    const partly = { ...summary, noise, tokens: { ...summary.tokens, candidate }, cost };
    for (const format of [htmlReport, markdownReport]) {
      const text = format({ ...report, summary: partly });
      expect(text).toContain(
        'Of the 50 requests that the baseline answered twice, the candidate differs on 50.0 %, the baseline from itself on 50.0 %:',
      );
      expect(text.replaceAll('&#39;', "'")).toContain(
        "Tokens and cost cover 4 of the candidate's 19 answers. The ratio of the costs is that of the 4 pairs in which both are known.",
      );
    }
  });
});

describe('the HTML report', () => {
  it('is the same bytes for the same input', () => {
    expect(htmlReport(report)).toBe(htmlReport(structuredClone(report)));
  });

  it('allows by its policy the style and the script that it has, and nothing else', () => {
    const page = htmlReport(report);
    const policy = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hashOf = (text: string): string =>
      `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
    const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map(([, text]) => text ?? '');
    const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text ?? '');
    expect([styles.length, scripts.length]).toEqual([1, 1]);
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src ${hashOf(styles[0] ?? '')}; script-src ${hashOf(scripts[0] ?? '')}; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
    expect(page).not.toMatch(/<[a-z][^<>]*\s(?:style|on\w+|src|href)=/);
  });

  it('keeps hostile text inert and shows what a browser would hide', () => {
    const page = htmlReport(report);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('\u202E');
    expect(page).toContain('&lt;U+202E&gt;');
  });

  it('has the numbers, what they cannot tell, and the marked difference', () => {
    const page = htmlReport(report).replaceAll(/\s+/g, ' ');
    expect(page).toContain(
      'Of 20 requests the candidate answers 81.0 % (55.7–91.7) as well as the baseline',
    );
    expect(page).toContain('= 19 answered + 1 failed + 0 not sent');
    expect(page).toContain('Whether the baseline was right.');
    expect(page).toContain('Small differences: 5 verdicts are few');
    expect(page).toContain('<mark>12</mark>');
    expect(page).toContain('<mark>13</mark>');
    expect(page).toContain('1 of 20 pairs');
    expect(page).toContain('Simulated.');
  });

  it('has the numbers of each slice', () => {
    const [, slices = ''] = htmlReport(report)
      .replaceAll(/\s+/g, ' ')
      .split('<h2 id="slices">By endpoint</h2>');
    expect(slices).toMatch(
      /<th scope="row">classify<\/th> <td data-value="10">10<\/td> ?<td data-value="0.65">65.0 %<\/td>/,
    );
    expect(slices).toContain('<td data-value="2">2~</td>');
    expect(slices).toContain('~ fewer than 30 verdicts, a small sample.');
  });
});

describe('the Markdown report', () => {
  it('has the sentence and tables in which no name is markup', () => {
    const text = markdownReport(report);
    expect(text).toContain('the candidate answers 81.0 %');
    expect(text).toContain('| agreement, judged | of the judged pairs | 80.0 % | 37.6–96.4 | 5 |');
    expect(text).not.toMatch(/<script|<img|@team/);
    const row = text.split('\n').find((line) => line.includes('onerror')) ?? '';
    // Ten cells, whatever the name has in it.
    expect(row.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(12);
    const slices = text.split(
      '| endpoint | pairs | no worse | interval | judged | worse | interval |',
    );
    expect(slices[1]).toMatch(/^\| classify \| 10 \| 65.0 % \| .* \| 2\\~ \| 50.0 % \| .* \|$/m);
    expect(slices[1]).toContain(String.raw`\~ fewer than 30 verdicts, a small sample.`);
  });
});

describe('the CSV report', () => {
  it('has a row for the whole and one for each endpoint, under the paths of the JSON document', () => {
    const [head = '', ...rows] = csvReport(report.summary).trimEnd().split('\r\n');
    const at = head.split(',').indexOf('judgedRates.agreement.rate');
    expect(at).toBeGreaterThan(0);
    expect(rows).toHaveLength(3);
    expect(rows[0]?.split(',')[0]).toBe('');
    expect(rows[0]?.split(',')[at]).toBe('0.8');
    expect(rows.find((row) => row.startsWith('classify,'))?.split(',')).toHaveLength(
      head.split(',').length,
    );
    expect(rows.some((row) => row.includes('""'))).toBe(true);
  });
});
