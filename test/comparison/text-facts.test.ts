import { describe, expect, it } from 'vitest';
import { factsIn, KnownFacts } from '../../source/comparison/text-facts.ts';

const facts = (text: string): readonly string[] =>
  factsIn(text).map(({ kind, text: part }) => `${kind} ${part}`);

/** The facts of the first text that the second does not have. */
const missing = (text: string, other: string): readonly string[] => {
  const known = new KnownFacts(other);
  return factsIn(text)
    .filter((fact) => !known.has(fact))
    .map((fact) => fact.text);
};

describe('facts of a text', () => {
  it('are links, dates, numbers and names', () => {
    expect(
      facts(
        'Ask Dr. Meyer of Acme Corp by 3 May 2027 or at https://example.org/a?b=1, see a@b.org. It costs $1,200.50 or 15 %. Run `npm ci`.',
      ),
    ).toEqual([
      'name Dr. Meyer',
      'name Acme Corp',
      'date 3 May 2027',
      'link https://example.org/a?b=1',
      'link a@b.org',
      'number $1,200.50',
      'number 15 %',
      'name `npm ci`',
    ]);
    expect(facts('请在2026年11月20日之前支付300元，参见《退款规定》。')).toEqual([
      'date 2026年11月20日',
      'number 300',
      'name 《退款规定》',
    ]);
  });

  it('are neither the first word of a sentence nor the number of an item', () => {
    expect(facts('Then I said so. Berlin is large.\n1. First\n2) Second\n- Third: Fourth')).toEqual(
      [],
    );
  });

  it('are other ones with another sign or currency', () => {
    expect(missing('costs $5, at -7 °C', 'costs €5, at 7 °C')).toEqual(['$5', '-7 °']);
    expect(missing('at −7 (-8) or 9', 'at -7 or -8 or -9')).toEqual(['9']);
  });

  it('are known however they are spelled', () => {
    expect(missing('on 12 November, 2 of 1,000.50', 'November 12th: two of 1000.5')).toEqual([]);
    expect(missing('by 2026-11-12', 'by 12 November')).toEqual([]);
    expect(missing('costs $5 or 6, at 1-2', 'costs 5 dollars or € 6, 1 to 2')).toEqual([]);
    expect(missing('by 12 November 2026', 'by 12 November 2027')).toEqual(['12 November 2026']);
    expect(missing('in the city of Lyon, 3 or 4', 'lyon has 3 or five')).toEqual(['4']);
  });
});
