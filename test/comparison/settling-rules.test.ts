import {
  array,
  assert,
  constant,
  constantFrom,
  double,
  integer,
  oneof,
  option,
  property,
  record,
  shuffledSubarray,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Divergence, PairComparison } from '../../source/comparison/outcome.ts';
import { ruleScope, ruleText, settlingRules } from '../../source/comparison/settling-rules.ts';
import {
  normalRulePath,
  readTolerance,
  type RuleContent,
} from '../../source/configuration/rule-content.ts';
import type { Answer } from '../../source/models/answer.ts';
import { answer } from './any-answer.ts';

const json = { response_format: { type: 'json_object' } };

/** A rule in the spelling of the configuration: `ignore`, or a tolerance such as `5%`. */
const rule = (path: string, what: string, endpoint: string | null = null): RuleContent => {
  const tolerance = readTolerance(what);
  if (tolerance !== null) return { endpoint, path, ignore: null, tolerance };
  const ignore = what === 'case' || what === 'order' ? what : 'everything';
  return { endpoint, path, ignore, tolerance: null };
};

const compared = (baseline: unknown, candidate: unknown): PairComparison =>
  compareAnswers(
    json,
    answer({ text: JSON.stringify(baseline) }),
    answer({ text: JSON.stringify(candidate) }),
  );

const settles = (baseline: unknown, candidate: unknown, ...rules: readonly RuleContent[]) =>
  settlingRules('classify', compared(baseline, candidate), rules).length > 0;

const calling = (name: string, args: unknown): Answer =>
  answer({ toolCalls: [{ id: null, name, arguments: JSON.stringify(args) }] });

describe('a rule', () => {
  it('ignores a path and everything below it', () => {
    const rules = [rule('meta', 'everything')];
    expect(settles({ a: 1, meta: { at: 1 } }, { a: 1, meta: { at: 2 } }, ...rules)).toBe(true);
    expect(settles({ a: 1, meta: 1 }, { a: 1 }, ...rules)).toBe(true);
    expect(settles({ a: 1, metadata: 1 }, { a: 1, metadata: 2 }, ...rules)).toBe(false);
    expect(settles({ a: 1, meta: 1 }, { a: 2, meta: 2 }, ...rules)).toBe(false);
    expect(settles({ a: 1, meta: { at: 1 } }, { a: 1 }, rule('meta.at', 'everything'))).toBe(false);
  });

  it('names items of arrays without their places', () => {
    const items = (...scores: number[]) => ({ items: scores.map((score, id) => ({ id, score })) });
    const many = Array.from({ length: 60 }, (_, index) => index + 1);
    const apart = many.map((score) => score * 1.04);
    expect(settles(items(1, 2, 3), items(1, 5, 6), rule('items[].score', 'everything'))).toBe(true);
    expect(settles(items(...many), items(...apart), rule('items[].score', '5%'))).toBe(true);
    expect(settles(items(...many), items(...apart), rule('items[].score', '3%'))).toBe(false);
  });

  it('tolerates a number by a share of the baseline or by an amount', () => {
    expect(settles({ s: 0.91 }, { s: 0.92 }, rule('s', '2%'))).toBe(true);
    expect(settles({ s: 0.91 }, { s: 0.92 }, rule('s', '1%'))).toBe(false);
    expect(settles({ s: 0.91 }, { s: 0.9555 }, rule('s', '5%'))).toBe(true);
    expect(settles({ s: 0 }, { s: 0.001 }, rule('s', '50%'))).toBe(false);
    expect(settles({ s: 0 }, { s: 0.001 }, rule('s', '0.001'))).toBe(true);
    expect(settles({ s: 100 }, { s: '100' }, rule('s', '50%'))).toBe(false);
  });

  it('ignores case, and the order of one array', () => {
    expect(settles({ l: 'Billing' }, { l: 'billing' }, rule('l', 'case'))).toBe(true);
    expect(settles({ l: 'Billing' }, { l: 'bill' }, rule('l', 'case'))).toBe(false);
    const long = 'Billing '.repeat(50);
    expect(settles({ l: long }, { l: long.toLowerCase() }, rule('l', 'case'))).toBe(true);
    expect(settles({ l: `${long}A` }, { l: `${long}b` }, rule('l', 'case'))).toBe(false);
    expect(settles({ l: ['a', 'b', 'c'] }, { l: ['c', 'a', 'b'] }, rule('l', 'order'))).toBe(true);
    const nested = [{ l: [{ id: 1, t: ['a', 'b'] }] }, { l: [{ id: 1, t: ['b', 'a'] }] }] as const;
    expect(settles(...nested, rule('l', 'order'))).toBe(false);
    expect(settles(...nested, rule('l[].t', 'order'))).toBe(true);
    const label = (text: string): Answer => answer({ text });
    const texts = compareAnswers({}, label('Billing'), label('billing\n'));
    expect(settlingRules('e', texts, [rule('$', 'case')])).toHaveLength(1);
  });

  it('that ignores case covers neither line ends in a field nor the indentation of lines', () => {
    expect(settles({ l: 'a\r\nB' }, { l: 'a\nb' }, rule('l', 'case'))).toBe(false);
    const [first, second] = ['A:\n  b: 1', '  a:\n  b: 1'].map((text) => answer({ text }));
    if (first === undefined || second === undefined) return;
    expect(settlingRules('e', compareAnswers({}, first, second), [rule('$', 'case')])).toEqual([]);
  });

  it('does not take the field $ for the whole answer', () => {
    const [first, second] = [compared({ $: 1 }, { $: 2 }), compared({ a: 1 }, { a: 2 })];
    expect(first.divergences).toMatchObject([{ path: '["$"]' }]);
    expect(settlingRules('e', first, [rule('["$"]', 'everything')])).toHaveLength(1);
    expect(settlingRules('e', second, [rule('["$"]', 'everything')])).toEqual([]);
  });

  it('covers arguments of tools, and not whether a tool is called', () => {
    const changed = compareAnswers(
      {},
      calling('book', { day: '1', seat: 'A' }),
      calling('book', { day: '2', seat: 'A' }),
    );
    expect(settlingRules('e', changed, [rule('book().day', 'everything')])).toHaveLength(1);
    expect(settlingRules('e', changed, [rule('day', 'everything')])).toEqual([]);
    const added = compareAnswers({}, answer({ text: '{}' }), calling('book', {}));
    expect(added.divergences).toBeNull();
  });

  it('never settles a pair with an answer that is of no use, or that ends otherwise', () => {
    const [first, second] = ['{"a":1}', '{"a":2}'].map((text) => answer({ text }));
    const cut = { ...answer({ text: '{"a":2}' }), finishReason: 'length' };
    if (first === undefined || second === undefined) return;
    expect(settlingRules('e', compareAnswers({}, first, second), [rule('a', 'x')])).toHaveLength(1);
    expect(compareAnswers({}, first, cut).divergences).toBeNull();
    expect(compareAnswers(json, answer({ text: '{"a":' }), second).divergences).toBeNull();
    const fenced = answer({ text: '```json\n{"a":2}\n```' });
    expect(compareAnswers({}, first, fenced).divergences).toBeNull();
    const prose = [answer({ text: 'Dear customer' }), answer({ text: 'Hello' })] as const;
    expect(compareAnswers({}, ...prose).divergences).toBeNull();
  });

  it('says what it does in words', () => {
    expect(ruleText(rule('created_at', 'everything'))).toBe('ignore created_at');
    expect(ruleText(rule('score', '5%'))).toBe('accept ±5% at score');
    expect(ruleText(rule('$', 'case'))).toBe('ignore case at the whole answer');
    expect(ruleText(rule('items', 'order'))).toBe('ignore the order of items');
    expect(ruleScope(rule('a', 'case', 'classify'))).toBe('in classify');
    expect(ruleScope(rule('a', 'case'))).toBe('in all endpoints');
  });

  it('has a path in one spelling', () => {
    expect(normalRulePath('$.items[*].score')).toBe('items[].score');
    expect(normalRulePath('search().date')).toBe('search().date');
    expect(normalRulePath('["a b"].c')).toBe('["a b"].c');
    expect(normalRulePath('$')).toBe('$');
    for (const wrong of ['', 'items[0]', 'a..b', '.a', 'a.', 'items[', 'a b']) {
      expect(normalRulePath(wrong)).toBeNull();
    }
  });
});

const paths = ['a', 'ab', 'a.b', 'a[].b', 'a(json).b', 'search().a', '$', 'c'] as const;
const path = constantFrom(...paths);

const distance = double({ min: 0, max: 2, noNaN: true });

const divergences: Arbitrary<readonly Divergence[]> = array(
  oneof<Arbitrary<Divergence>[]>(
    record({
      path,
      kind: constant('number' as const),
      share: option(distance, { nil: null }),
      amount: distance,
    }),
    record({ path, kind: constantFrom('case' as const, 'order' as const, 'other' as const) }),
  ),
  { minLength: 1, maxLength: 4 },
);

const rules: Arbitrary<readonly RuleContent[]> = array(
  record({
    path: constantFrom('a', 'ab', 'a.b', 'a[].b', 'search()', 'c', '$'),
    what: constantFrom('everything', 'case', 'order', '5%', '0.5', '100%'),
    endpoint: constantFrom(null, 'classify', 'other'),
  }).map((drawn) =>
    rule(
      drawn.path,
      drawn.path === '$' && drawn.what === 'everything' ? 'case' : drawn.what,
      drawn.endpoint,
    ),
  ),
  { maxLength: 5 },
);

const different = (found: readonly Divergence[]) =>
  ({ outcome: 'different', divergences: found }) as const;

describe('any rules', () => {
  it('settle the same pairs in any order', () => {
    assert(
      property(
        divergences,
        rules.chain((all) =>
          shuffledSubarray([...all], { minLength: all.length }).map((shuffled) => [all, shuffled]),
        ),
        (found, [all = [], shuffled = []]) => {
          const [one, other] = [all, shuffled].map(
            (each) => new Set(settlingRules('classify', different(found), each)),
          );
          expect(one).toEqual(other);
        },
      ),
    );
  });

  it('settle no fewer pairs with another rule, and the same ones without it again', () => {
    assert(
      property(divergences, rules, rules, (found, some, more) => {
        const before = settlingRules('classify', different(found), some);
        const after = settlingRules('classify', different(found), [...some, ...more]);
        if (before.length > 0) expect(after.length).toBeGreaterThanOrEqual(before.length);
        const again = [...some, ...more].filter((each) => some.includes(each));
        expect(settlingRules('classify', different(found), again)).toEqual(before);
      }),
    );
  });

  it('leave a difference of another endpoint or outside their paths', () => {
    assert(
      property(
        divergences,
        rules,
        integer({ min: 0, max: 4 }),
        constantFrom<Divergence['kind']>('number', 'case', 'order', 'other'),
        (found, all, at, kind) => {
          const elsewhere = all.map((each) => ({ ...each, endpoint: 'elsewhere' }));
          expect(settlingRules('classify', different(found), elsewhere)).toEqual([]);
          const outside = { path: 'z.a', kind, share: 0, amount: 0 };
          const own = all.filter((each) => each.path !== '$');
          expect(
            settlingRules('classify', different(found.toSpliced(at, 0, outside)), own),
          ).toEqual([]);
        },
      ),
    );
  });

  it('settle nothing that the machine settled or that no rule covers', () => {
    assert(
      property(divergences, rules, (found, all) => {
        const machine = { outcome: 'equivalent', divergences: found } as const;
        expect(settlingRules('classify', machine, all)).toEqual([]);
        const beyond = { outcome: 'different', divergences: null } as const;
        expect(settlingRules('classify', beyond, all)).toEqual([]);
      }),
    );
  });
});
