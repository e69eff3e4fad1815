import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { differencePattern } from '../../source/comparison/difference-pattern.ts';
import type { RuleContent } from '../../source/configuration/rule-content.ts';
import type { Answer } from '../../source/models/answer.ts';
import { answerOf } from '../helpers/filled-store.ts';

const request = { response_format: { type: 'json_object' } };

const change = { kind: 'value', path: 'items[].at', baseline: '1', candidate: '2' } as const;

const pattern = (
  baseline: Answer,
  candidate: Answer,
  endpoint = 'classify',
  rules: readonly RuleContent[] = [],
) => differencePattern(endpoint, compareAnswers(request, baseline, candidate), rules);

const label = (baseline: unknown, candidate: unknown): string | null =>
  pattern(answerOf(JSON.stringify(baseline)), answerOf(JSON.stringify(candidate)))?.label ?? null;

const key = (baseline: unknown, candidate: unknown, endpoint?: string): string | null =>
  pattern(answerOf(JSON.stringify(baseline)), answerOf(JSON.stringify(candidate)), endpoint)?.key ??
  null;

describe('the pattern of a difference', () => {
  it('names the field and, of values that pairs share, the change', () => {
    expect(label({ priority: 'high', id: 1 }, { priority: 'urgent', id: 1 })).toBe(
      'priority: high → urgent',
    );
    expect(label({ ok: true }, { ok: false })).toBe('ok: true → false');
    expect(label({ qty: 1 }, { qty: '1' })).toBe('qty: 1 of another type');
    expect(label({ a: 1, b: 2 }, { a: 1 })).toBe('b missing (was 2)');
    expect(label({ a: 1 }, { a: 1, b: ['x'] })).toBe('b added (list)');
    expect(label({ total: 1234.5 }, { total: 1300.25 })).toBe('total: another number');
    expect(label({ note: 'two words' }, { note: 'three short words' })).toBe('note: another text');
  });

  it('is the same wherever the item stands, and another for another endpoint or value', () => {
    const first = key({ items: [{ s: 'a' }, { s: 'x' }] }, { items: [{ s: 'b' }, { s: 'x' }] });
    expect(first).not.toBeNull();
    expect(key({ items: [{ s: 'x' }, { s: 'a' }] }, { items: [{ s: 'x' }, { s: 'b' }] })).toBe(
      first,
    );
    expect(key({ items: [{ s: 'a' }, { s: 'x' }] }, { items: [{ s: 'c' }, { s: 'x' }] })).not.toBe(
      first,
    );
    expect(
      key({ items: [{ s: 'a' }, { s: 'x' }] }, { items: [{ s: 'b' }, { s: 'x' }] }, 'other'),
    ).not.toBe(first);
  });

  it('is the same whatever the name of the item', () => {
    const shoe = (name: string, size: string): unknown => ({ items: [{ name, size }] });
    expect(label(shoe('Red shoe', 'S'), shoe('Red shoe', 'L'))).toBe('items[].size: S → L');
    expect(label(shoe('blue', 'S'), shoe('blue', 'L'))).toBe('items[].size: S → L');
    expect(label(shoe('a ] "b"', 'S'), shoe('a ] "b"', 'L'))).toBe('items[].size: S → L');
    expect(label({ '[0]': 'S' }, { '[0]': 'L' })).toBe('["[0]"]: S → L');
  });

  const ignore = (path: string, endpoint: string | null = null): RuleContent => ({
    endpoint,
    path,
    ignore: 'everything',
    tolerance: null,
  });

  it('knows arguments of tools, missing calls, code fences and refusals', () => {
    const call = (name: string, args: string): Answer => ({
      ...answerOf(''),
      toolCalls: [{ id: null, name, arguments: args }],
    });
    expect(pattern(call('book', '{"cabin":"eco"}'), call('book', '{"cabin":"first"}'))?.label).toBe(
      'book().cabin: eco → first',
    );
    expect(pattern(call('book', '{}'), { ...answerOf(''), toolCalls: [] })?.label).toContain(
      'book() missing',
    );
    expect(pattern(answerOf('{"a":1}'), answerOf('```json\n{"a":1}\n```'))?.label).toBe(
      'JSON: valid → invalid',
    );
    const unasked = compareAnswers({}, answerOf('{"a":1}'), answerOf('```json\n{"a":1}\n```'));
    expect(differencePattern('classify', unasked, [ignore('$')])?.label).toBe(
      'code fence: none → ```json',
    );
    expect(
      pattern(answerOf(''), { ...answerOf(''), refusal: 'I cannot do that.' })?.label,
    ).toContain('refusal: answers → refuses');
  });

  const json = (value: unknown): Answer => answerOf(JSON.stringify(value));
  const under = (rules: readonly RuleContent[], one: unknown, other: unknown): string | null =>
    pattern(json(one), json(other), 'classify', rules)?.label ?? null;

  it('does not know what rules cover, by path, case, order and tolerance', () => {
    const [one, other] = [
      { at: '08:15', label: 'A', tags: ['x', 'y'], score: 10, priority: 'high' },
      { at: '09:00', label: 'a', tags: ['y', 'x'], score: 11, priority: 'low' },
    ];
    const rules: readonly RuleContent[] = [
      ignore('at'),
      { endpoint: 'classify', path: 'label', ignore: 'case', tolerance: null },
      { endpoint: null, path: 'tags', ignore: 'order', tolerance: null },
      { endpoint: null, path: 'score', ignore: null, tolerance: { kind: 'share', most: 0.1 } },
    ];
    expect(under(rules, one, other)).toBe('priority: high → low');
    expect(under(rules.slice(1), one, other)).toContain('at: 08:15 → 09:00');
    expect(under([ignore('at', 'elsewhere'), ...rules.slice(1)], one, other)).toContain('at:');
    const far = { ...other, score: 20 };
    expect(under(rules, one, far)).toBe('priority: high → low · score: 10 → 20');
    expect(under([...rules, ignore('priority')], one, other)).toBeNull();
  });

  it('does not know what rules cover in long values, inside tools and beside a refusal', () => {
    const long = 'A sentence that is longer than what is kept of a value.';
    expect(
      under(
        [{ endpoint: null, path: 'note', ignore: 'case', tolerance: null }],
        { note: long, ok: true },
        { note: long.toUpperCase(), ok: false },
      ),
    ).toBe('ok: true → false');
    const call = (args: unknown): Answer => ({
      ...answerOf(''),
      toolCalls: [{ id: null, name: 'book', arguments: JSON.stringify(args) }],
    });
    expect(
      pattern(call({ 'a b': 1, day: 1 }), call({ 'a b': 2, day: 2 }), 'classify', [
        ignore('book()["a b"]'),
      ])?.label,
    ).toBe('book().day: 1 → 2');
    const refuses = { ...answerOf('{"refusal":"x"}'), refusal: 'No.' };
    expect(
      pattern(answerOf('{"refusal":"y"}'), refuses, 'classify', [ignore('refusal')])?.label,
    ).toBe('refusal: answers → refuses');
  });

  it('is the same with and without what a rule covers, however many fields that are', () => {
    const items = (at: string) => Array.from({ length: 60 }, (_, id) => ({ id, at: `${at}${id}` }));
    const rules = [ignore('items[].at')];
    expect(under(rules, { s: 'a', items: items('1:') }, { s: 'b', items: items('2:') })).toBe(
      's: a → b',
    );
    expect(under([], { s: 'a', items: items('1:') }, { s: 'b', items: items('2:') })).toBeNull();
    const old = {
      outcome: 'different',
      changes: Array.from({ length: 30 }, () => change),
    } as const;
    expect(differencePattern('classify', old, rules)).toBeNull();
  });

  it('is told without the sides, too', () => {
    const sideless = (one: unknown, other: unknown) =>
      pattern(json(one), json(other))?.sidelessLabel;
    expect(sideless({ a: 'x', b: 1 }, { a: 'y' })).toBe('a: x ↔ y · b on one side only (1)');
    expect(sideless({ a: 'y' }, { a: 'x', b: 1 })).toBe('a: x ↔ y · b on one side only (1)');
  });

  it('is none for prose, for equal answers, and for pairs of an earlier version', () => {
    expect(pattern(answerOf('Dear customer'), answerOf('Hello'))).toBeNull();
    expect(pattern(answerOf('{"a":1}'), answerOf('{"a":1}'))).toBeNull();
    expect(differencePattern('classify', { outcome: 'different' }, [])).toBeNull();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index]));
    expect(label(many, {})).toBeNull();
  });
});
