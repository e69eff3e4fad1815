import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeFilter } from '../../source/filter/complete-filter.ts';
import {
  labels,
  numbers,
  printFilter,
  type Filter,
  type LabelName,
  type NumberName,
} from '../../source/filter/filter.ts';
import { matchesFilter, type PairTraits } from '../../source/filter/match-filter.ts';
import { parseFilter } from '../../source/filter/parse-filter.ts';

const anyText = fc
  .oneof(
    fc.constantFrom('refund', '退款', 'a b', 'say "no"', 'back\\slash', 'a:b', '(x)', '!', 'x|y&z'),
    fc.string({ minLength: 1, maxLength: 12 }),
  )
  .filter((text) => text !== '');

const label: fc.Arbitrary<Filter> = fc
  .constantFrom(...(Object.keys(labels) as LabelName[]))
  .chain((name) => {
    const { values } = labels[name];
    const value: fc.Arbitrary<string> = values === null ? anyText : fc.constantFrom(...values);
    return value.map((chosen) => ({ kind: 'label' as const, name, value: chosen }));
  });

const number: fc.Arbitrary<Filter> = fc.record({
  kind: fc.constant('number' as const),
  name: fc.constantFrom(...(Object.keys(numbers) as NumberName[])),
  side: fc.constantFrom('baseline' as const, 'candidate' as const),
  operator: fc.constantFrom('>' as const, '>=' as const, '<' as const, '<=' as const, '=' as const),
  value: fc.oneof(
    fc.nat(5000),
    fc.double({ min: 0, max: 1e25, noNaN: true }).map((value) => Math.abs(value)),
    fc.constantFrom(1e-7, 3e-12, 1e21),
  ),
});

const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText.map((text) => ({ kind: 'text' as const, text })),
    label,
    number,
    tie('filter').map((part) => ({ kind: 'not' as const, part })),
    fc
      .tuple(
        fc.constantFrom('all' as const, 'any' as const),
        fc.array(tie('filter'), { minLength: 2, maxLength: 4 }),
      )
      .map(([kind, parts]) => ({
        kind,
        parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])),
      })),
  ),
})).filter;

const parsed = (text: string): Filter => {
  const found = parseFilter(text);
  if (found.kind !== 'filter') throw new Error(JSON.stringify(found));
  return found.filter;
};

const problem = (text: string): string => {
  const found = parseFilter(text);
  return found.kind === 'problem'
    ? `${found.problem.position}: ${found.problem.message}`
    : found.kind;
};

describe('a filter', () => {
  it('is read as people write it', () => {
    expect(
      printFilter(
        parsed(
          'endpoint:classify outcome:different & field:priority cost>$.01 ttft>2s baseline.length<=2k "refund"',
        ),
      ),
    ).toBe(
      'endpoint:classify outcome:different field:priority cost>0.01 ttft>2000ms baseline.length<=2000 "refund"',
    );
    expect(printFilter(parsed('a | b c | !(d|e)'))).toBe('"a" | "b" "c" | !("d" | "e")');
    expect(printFilter(parsed('tag:"wrong value"'))).toBe('tag:"wrong value"');
    expect(parseFilter('  ')).toEqual({ kind: 'none' });
  });

  it('is the same after it was printed and read', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        const text = printFilter(filter);
        expect(parsed(text)).toEqual(filter);
        expect(printFilter(parsed(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('that is wrong says where, and what would be valid', () => {
    expect(problem('endpont:classify')).toBe(
      '0: expected endpoint, outcome, settled, verdict, tag, reviewer, field, rule, reason, comment, model, id or conversation',
    );
    expect(problem('a outcome:diferent')).toBe(
      '10: expected identical, equivalent, different, failed or none after outcome:',
    );
    expect(problem('cost:1')).toBe('4: expected >, >=, <, <= or = after cost');
    expect(problem('tag>1')).toBe('3: expected : after tag');
    expect(problem('ttft>2')).toBe('5: expected a duration such as 250ms, 2s or 1.5m');
    expect(problem('cost>2s')).toBe('5: expected an amount in USD such as 0.01');
    expect(problem('(a | b')).toBe('0: there is no ) for this (');
    expect(problem('a)')).toBe('1: there is no ( for this )');
    expect(problem('a "b')).toBe('2: there is no closing quotation mark');
    expect(problem('a |')).toContain('3: expected a condition');
    expect(problem('a & | b')).toContain('4: expected a condition');
    expect(problem('!'.repeat(60))).toContain('at most 50');
  });

  it('never breaks the reader, and points into the text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'a',
            ':',
            '>',
            '=',
            '(',
            ')',
            '!',
            '|',
            '&',
            '"',
            '\\',
            ' ',
            '1',
            'cost',
            'tag',
          ),
          {
            maxLength: 20,
          },
        ),
        (parts) => {
          const text = parts.join('');
          const found = parseFilter(text);
          if (found.kind !== 'problem') return;
          expect(found.problem.position).toBeGreaterThanOrEqual(0);
          expect(found.problem.position).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});

const side = { cost: 0.02, ttft: 300, total: 900, input: 10, output: 20, length: 400 };
const pair: PairTraits = {
  captureId: 'req_1',
  endpoint: 'classify_ticket',
  outcome: 'different',
  settledBy: null,
  rules: [],
  reason: '1 field differs: priority',
  fields: ['priority'],
  verdicts: [{ reviewer: 'ada', verdict: 'worse' }],
  skipped: false,
  tags: ['wrong value'],
  comments: [],
  models: { baseline: 'gpt-4o', candidate: 'mini' },
  numbers: { baseline: { ...side, cost: null }, candidate: side },
};
const context = {
  me: 'ada',
  hasText: (_: string, text: string) => text === 'refund',
  isOfConversation: (captureId: string, start: string) =>
    captureId === 'req_1' && '3f9a1c07d2e85b46'.startsWith(start),
};
const holds = (text: string, traits: PairTraits = pair): boolean =>
  matchesFilter(parsed(text), traits, context);

describe('a condition', () => {
  it.each([
    ['endpoint:CLASSIFY', true],
    ['endpoint:summary', false],
    ['outcome:different', true],
    ['outcome:none', false],
    ['settled:none', true],
    ['settled:rule', false],
    ['field:priority', true],
    ['field:score', false],
    ['verdict:worse', true],
    ['verdict:none', false],
    ['verdict:skip', false],
    ['reviewer:me', true],
    ['reviewer:AD', true],
    ['reviewer:bob', false],
    ['tag:wrong', true],
    ['model:mini', true],
    ['id:req_1', true],
    ['reason:priority', true],
    ['comment:x', false],
    ['cost>0.01', true],
    ['cost>0.02', false],
    ['cost>=0.02', true],
    ['ttft<1s', true],
    ['length=400', true],
    ['"refund"', true],
    ['refused', false],
    // What is not known is neither more nor less.
    ['baseline.cost>0', false],
    ['baseline.cost<1', false],
    ['!baseline.cost>0', true],
  ])('%s: %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it('on a skipped pair', () => {
    const skipped = { ...pair, verdicts: [], skipped: true };
    expect(holds('verdict:skip', skipped)).toBe(true);
    expect(holds('verdict:none', skipped)).toBe(true);
  });
});

/** Evaluates a filter as arithmetic on 0 and 1, by a table of its conditions. */
const oracle = (filter: Filter, truth: (condition: string) => boolean): number => {
  switch (filter.kind) {
    case 'all':
      return filter.parts.reduce((product, part) => product * oracle(part, truth), 1);
    case 'any':
      return Math.sign(filter.parts.reduce((sum, part) => sum + oracle(part, truth), 0));
    case 'not':
      return 1 - oracle(filter.part, truth);
    default:
      return truth(printFilter(filter)) ? 1 : 0;
  }
};

it('combines conditions as a naive evaluation does', () => {
  const words = ['a', 'b', 'c', 'd'];
  const tree = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(...words).map((text) => ({ kind: 'text' as const, text })),
      tie('filter').map((part) => ({ kind: 'not' as const, part })),
      fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        parts: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).filter;
  fc.assert(
    fc.property(tree, fc.subarray(words), (filter, there) => {
      const naive = oracle(filter, (condition) => there.includes(condition.replaceAll('"', '')));
      const has = (_: string, text: string): boolean => there.includes(text);
      expect(matchesFilter(filter, pair, { ...context, me: null, hasText: has })).toBe(naive === 1);
      const again = parsed(printFilter(filter));
      expect(matchesFilter(again, pair, { ...context, me: null, hasText: has })).toBe(naive === 1);
    }),
  );
});

describe('completion', () => {
  const known = {
    endpoint: ['classify_ticket', 'support reply', 'classify_mail'],
    tag: [],
    reviewer: ['ada'],
    field: ['priority'],
    conversation: ['3f9a1c07d2e85b46'],
  };

  it('completes names, values of the language, and values of the comparison', () => {
    expect(completeFilter('a (out', known)).toEqual(['a (outcome:', 'a (output']);
    expect(completeFilter('outcome:di', known)).toEqual(['outcome:different']);
    expect(completeFilter('!endpoint:cl', known)).toEqual([
      '!endpoint:classify_mail',
      '!endpoint:classify_ticket',
    ]);
    expect(completeFilter('endpoint:sup', known)).toEqual(['endpoint:"support reply"']);
    expect(completeFilter('endpoint:"sup', known)).toEqual(['endpoint:"support reply"']);
    expect(completeFilter('reviewer:', known)).toEqual(['reviewer:ada', 'reviewer:me']);
    expect(completeFilter('conversation:3', known)).toEqual(['conversation:3f9a1c07d2e85b46']);
    expect(completeFilter('cost>', known)).toEqual([]);
  });

  it('gives what can be read', () => {
    for (const text of completeFilter('endpoint:', known)) {
      expect(parseFilter(text).kind).toBe('filter');
    }
  });
});
