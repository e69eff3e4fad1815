import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideGate,
  gateText,
  parseGate,
  type GateResult,
} from '../../source/summary/decision-gate.ts';
import { junitXml } from '../../source/summary/junit.ts';
import type { JsonObject } from '../../source/text/json.ts';

const document: JsonObject = {
  agreement: { rate: 0.96, lower: 0.93, upper: 0.98, n: 200 },
  overall: { rate: null, lower: null, upper: null, n: 0 },
  cost: { ratio: 36, currency: 'USD' },
  counts: { failed: 3 },
  noise: null,
  byEndpoint: [{ endpoint: 'a', counts: { failed: 3 } }],
};

const resultOf = (text: string, figures: JsonObject = document): GateResult => {
  const parsed = parseGate(text, figures);
  if (parsed.kind === 'problem') throw new Error(parsed.problem.message);
  return decideGate(parsed.gate, text, figures).result;
};

const problemOf = (text: string): string => {
  const parsed = parseGate(text, document);
  return parsed.kind === 'gate' ? 'none' : `${parsed.problem.position}: ${parsed.problem.message}`;
};

describe('a gate', () => {
  it.each([
    ['agreement.lower >= 0.9', 'met'],
    ['agreement.lower>=90%', 'met'],
    // More verdicts may raise the lower bound up to the upper one.
    ['agreement.lower >= 0.95', 'open'],
    ['agreement.lower >= 0.99', 'not met'],
    ['agreement.upper <= 0.99', 'met'],
    ['agreement.upper < 0.95', 'open'],
    ['agreement.upper < 0.93', 'not met'],
    // Not a claim that needs evidence: what is possible already decides.
    ['agreement.upper >= 0.95', 'met'],
    ['agreement.lower < 0.95', 'met'],
    ['agreement.rate >= 0.97', 'not met'],
    ['counts.failed <= 3 and cost.ratio >= 10', 'met'],
    ['counts.failed < 3 or cost.ratio > 36', 'not met'],
    ['overall.rate > 0', 'open'],
    ['noise.baseline.rate > 0', 'open'],
    ['not agreement.lower >= 0.95', 'open'],
    ['not (counts.failed > 3)', 'met'],
    ['counts.failed > 3 and overall.rate > 0', 'not met'],
    ['counts.failed <= 3 or overall.rate > 0', 'met'],
    ['counts.failed > 3 or counts.failed <= 3 and overall.rate > 0', 'open'],
  ] as const)('%s is %s', (text, result) => {
    expect(resultOf(text)).toBe(result);
  });

  it.each([
    ['', '0: expected a condition such as noWorse.lower>=0.95'],
    [
      'agreement.lowr >= 1',
      '0: the summary has no figure of this name. Did you mean agreement.lower?',
    ],
    ['cost.currency > 1', '0: this is not a number of the summary'],
    ['counts.failed', '13: expected >=, <=, > or < after counts.failed'],
    ['counts.failed >= many', '17: expected a number such as 0.95 or 95%'],
    ['counts.failed >= 1.2.3', '17: expected a number such as 0.95 or 95%'],
    ['(counts.failed > 1', '0: there is no ) for this ('],
    ['counts.failed > 1)', '17: there is no ( for this )'],
    ['counts.failed > 1 cost.ratio > 1', '18: expected and or or'],
    [`${'('.repeat(60)}counts.failed > 1`, '50: at most 50 conditions can be nested'],
  ])('%s is wrong at %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('follows three-valued logic', () => {
    const texts: Readonly<Record<GateResult, string>> = {
      met: 'counts.failed > 2',
      'not met': 'counts.failed > 3',
      open: 'overall.rate > 0',
    };
    const order: readonly GateResult[] = ['not met', 'open', 'met'];
    const any = fc.constantFrom(...order);
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((result) => order.indexOf(result));
        const all = Math.max(x ?? 0, Math.min(y ?? 0, z ?? 0));
        expect(resultOf(`${texts[a]} or ${texts[b]} and ${texts[c]}`)).toBe(order[all]);
        expect(resultOf(`not (${texts[a]} and ${texts[b]})`)).toBe(
          resultOf(`not ${texts[a]} or not ${texts[b]}`),
        );
      }),
    );
  });

  it('is met by no interval that does not show it, and open within', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (a, b, threshold) => {
        const figures = { rate: { lower: Math.min(a, b), upper: Math.max(a, b) } };
        const result = resultOf(`rate.lower >= ${threshold.toFixed(12)}`, figures);
        const asked = Number(threshold.toFixed(12));
        expect(result).toBe(
          figures.rate.lower >= asked ? 'met' : figures.rate.upper >= asked ? 'open' : 'not met',
        );
      }),
    );
  });

  it('reports each condition with its figure', () => {
    const text = 'agreement.lower >= 0.95 and counts.failed <= 2';
    const parsed = parseGate(text, document);
    if (parsed.kind === 'problem') throw new Error(parsed.problem.message);
    const report = decideGate(parsed.gate, text, document);
    expect(gateText(report)).toBe(
      [
        'Gate: not met',
        '  open     agreement.lower >= 0.95  0.93',
        '  not met  counts.failed <= 2       3',
        '',
      ].join('\n'),
    );
    expect(junitXml(report, 'a & "b"')).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites tests="3" failures="2" skipped="1">',
        '  <testsuite name="a &amp; &quot;b&quot;" tests="3" failures="2" skipped="1">',
        '    <testcase classname="understudy" name="agreement.lower &gt;= 0.95"><skipped message="The figure is 0.93."/></testcase>',
        '    <testcase classname="understudy" name="counts.failed &lt;= 2"><failure message="The figure is 3."/></testcase>',
        `    <testcase classname="understudy" name="gate"><failure message="The gate is not met: ${text.replaceAll('>', '&gt;').replaceAll('<', '&lt;')}"/></testcase>`,
        '  </testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    );
  });
});
