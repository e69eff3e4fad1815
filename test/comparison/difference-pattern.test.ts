import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { differencePattern } from '../../source/comparison/difference-pattern.ts';
import type { RuleContent } from '../../source/configuration/rule-content.ts';
import type { Answer } from '../../source/models/answer.ts';
import { answerOf } from '../helpers/filled-store.ts';

const json = { response_format: { type: 'json_object' } };

const pattern = (
  baseline: Answer,
  candidate: Answer,
  endpoint = 'classify',
  rules: readonly RuleContent[] = [],
) => differencePattern(endpoint, compareAnswers(json, baseline, candidate), rules);

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
    expect(
      pattern(answerOf(''), { ...answerOf(''), refusal: 'I cannot do that.' })?.label,
    ).toContain('refusal: answers → refuses');
  });

  it('is none for prose, for equal answers, and for pairs of an earlier version', () => {
    expect(pattern(answerOf('Dear customer'), answerOf('Hello'))).toBeNull();
    expect(pattern(answerOf('{"a":1}'), answerOf('{"a":1}'))).toBeNull();
    expect(differencePattern('classify', { outcome: 'different' }, [])).toBeNull();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index]));
    expect(label(many, {})).toBeNull();
  });
});
