import { describe, expect, it } from 'vitest';
import { toolCallDifferences } from '../../source/comparison/tool-call-differences.ts';
import type { ToolCall } from '../../source/models/answer.ts';

let drawn = 0;
const call = (name: string, text: string): ToolCall => ({
  id: `call_${drawn++}`,
  name,
  arguments: text,
});

const brief = (a: readonly ToolCall[], b: readonly ToolCall[]): readonly string[] =>
  toolCallDifferences(a, b).map((difference) => {
    switch (difference.kind) {
      case 'order':
        return 'order';
      case 'arguments':
        return `arguments ${difference.name} ${difference.differences.map(({ path }) => path).join()}`;
      default:
        return `${difference.kind} ${difference.name}`;
    }
  });

describe('toolCallDifferences', () => {
  it('compares names and parsed arguments, not ids', () => {
    expect(brief([call('find', '{"a":1,"b":2}')], [call('find', '{ "b": 2.0, "a": 1 }')])).toEqual(
      [],
    );
    expect(brief([call('now', '')], [call('now', '{}')])).toEqual([]);
  });

  it('names the arguments that differ', () => {
    expect(brief([call('find', '{"city":"Rome"}')], [call('find', '{"city":"Roma"}')])).toEqual([
      'arguments find $.city',
    ]);
    expect(brief([call('find', '{"city":')], [call('find', '{"city":1}')])).toEqual([
      'arguments find ',
    ]);
  });

  it('finds calls that one side lacks', () => {
    expect(brief([call('a', '{}'), call('b', '{}')], [call('b', '{}'), call('c', '{}')])).toEqual([
      'removed a',
      'added c',
    ]);
  });

  it('matches equal calls before similar ones', () => {
    const one = call('find', '{"n":1}');
    const two = call('find', '{"n":2}');
    expect(brief([one, two], [two])).toEqual(['removed find']);
    expect(brief([one, two], [two, one])).toEqual(['order']);
  });

  it('matches calls of one tool by the arguments that they share', () => {
    const one = call('find', '{"city":"Rome","n":1,"unit":"C"}');
    const two = call('find', '{"city":"Oslo","n":5,"unit":"F"}');
    const otherTwo = call('find', '{"city":"Oslo","n":6,"unit":"F"}');
    expect(brief([one, two], [otherTwo, one])).toEqual(['arguments find $.n']);
    expect(brief([two, one], [call('find', '{"city":"Rome","n":2,"unit":"C"}'), otherTwo])).toEqual(
      ['arguments find $.n', 'arguments find $.n'],
    );
  });

  it('handles thousands of calls', () => {
    const calls = (value: number): ToolCall[] =>
      Array.from({ length: 3000 }, () => call('find', `{"n":${value}}`));
    expect(toolCallDifferences(calls(1), calls(2))).toHaveLength(3000);
    expect(toolCallDifferences(calls(1), calls(1))).toEqual([]);
  });
});
