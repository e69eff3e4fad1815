import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignAnswers } from '../../source/comparison/alignment/align-answers.ts';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { differenceHeadline } from '../../source/comparison/difference-headline.ts';
import { anyText } from '../text/any-text.ts';
import { answer } from './any-answer.ts';

/** The parts of the headline of two texts that say a difference. */
const differences = (a: string, b: string): readonly string[] => {
  const [baseline, candidate] = [answer({ text: a }), answer({ text: b })];
  return differenceHeadline({
    baseline,
    candidate,
    comparison: compareAnswers({}, baseline, candidate),
    alignment: alignAnswers(baseline, candidate),
    fields: null,
  }).flatMap(({ kind, text }) => (kind === 'difference' ? [text] : []));
};

const headline = (a: string, b: string): string => differences(a, b).join(' · ');

/** Facts of which those of one row may be set against each other, and no others. */
const facts = {
  date: ['20 November', '1 December 2026', '2026-11-22', 'May 3rd'],
  length: ['4 km', '12 metres', '300 miles'],
  money: ['$30', '12 dollars', '€1,000'],
  span: ['5 days', '2 weeks', '36 hours'],
  share: ['15%', '20 percent'],
  link: ['https://example.com/a', 'www.example.org/b', 'ada@example.com'],
  number: ['17', '1,204', '3.5'],
  name: ['Lyon', 'Ada Lovelace', '`start()`', 'Paris'],
} as const;

type Kind = keyof typeof facts;

const known = (Object.keys(facts) as Kind[])
  .flatMap((kind) => facts[kind].map((text) => ({ kind, text })))
  .toSorted((a, b) => b.text.length - a.text.length);

/** The kinds of the facts in a text, sorted. */
const kindsIn = (text: string): readonly Kind[] => {
  const kinds = new Set<Kind>();
  // A character that is not seen is spelled as `<U+17B4>`.
  let left = text.replaceAll(/<U\+[0-9A-F]+>/g, ' ');
  for (const fact of known) {
    if (!left.includes(fact.text)) continue;
    kinds.add(fact.kind);
    left = left.replaceAll(fact.text, ' ');
  }
  return [...kinds].toSorted();
};

const someWords = fc.constantFrom(
  'we',
  'send',
  'the parcel',
  'it costs',
  'reply to',
  'from',
  'your',
);

const sentence = fc
  .array(fc.tuple(someWords, fc.option(fc.constantFrom(...known))), { minLength: 1, maxLength: 6 })
  .map(
    (words) => `so ${words.map(([word, fact]) => `${word} ${fact?.text ?? 'then'}`).join(' ')}.`,
  );

const prose = fc
  .array(sentence, { minLength: 1, maxLength: 6 })
  .chain((sentences) =>
    fc.constantFrom(' ', '\n', '\n\n').map((between) => sentences.join(between)),
  );

/** Two texts, most of them with sentences in common. */
const twoTexts = fc.oneof(
  fc.tuple(prose, prose),
  fc.tuple(prose, prose, prose).map(([a, b, c]) => [`${a} ${b}`, `${a} ${c}`] as const),
  fc
    .tuple(prose, fc.constantFrom(...known), fc.constantFrom(...known))
    .map(([text, one, other]) => [text, text.replace(one.text, other.text)] as const),
  fc.tuple(anyText, anyText),
);

/** A part of a headline with the sides swapped. */
const swapped = (part: string): string => {
  const change = /^(.*) → (.*)$/su.exec(part);
  if (change !== null) return `${change[2]} → ${change[1]}`;
  const alike = /^(text looks the same: )(.*) vs (.*)$/u.exec(part);
  if (alike !== null) return `${alike[1]}${alike[3]} vs ${alike[2]}`;
  return part
    .replace(/^[−+](?= )/u, (sign) => (sign === '−' ? '+' : '−'))
    .replaceAll(/\b(baseline|candidate)\b/g, (side) =>
      side === 'baseline' ? 'candidate' : 'baseline',
    );
};

describe('the headline of prose', () => {
  it('sets facts of one kind against each other, with their units', () => {
    expect(headline('The station is 4 km away.', 'The station is 5 km away.')).toBe('4 km → 5 km');
    expect(headline('It costs $30 today.', 'It costs €40 today.')).toBe('$30 → €40');
    expect(headline('Ask Ada Lovelace for it.', 'Ask Alan Turing for it.')).toBe(
      'Ada Lovelace → Alan Turing',
    );
    expect(headline('Wait 30 days for it.', 'Wait 2 weeks for it.')).toBe('30 days → 2 weeks');
  });

  it('names facts of different kinds apart, also at the same place', () => {
    expect(
      headline('The office is open until 20 November.', 'The office is open until 4 km.'),
    ).toBe('only the baseline: 20 November · only the candidate: 4 km');
    expect(headline('You pay 30 days later.', 'You pay $30 later.')).toBe(
      'only the baseline: 30 days · only the candidate: $30',
    );
    expect(headline('See https://example.com/a now.', 'See Lyon now.')).toBe(
      'only the baseline: https://example.com/a · only the candidate: Lyon',
    );
  });

  it('leaves facts of unrelated sentences, and unrelated names of related ones, apart', () => {
    const [one, other] = [
      'Your parcel left our warehouse on 12 November and is held by customs in Lyon.\n\nIf it has not arrived by 20 November, reply to this message.',
      'Bring an umbrella on 3 May, since the weather along the coast changes quickly.\n\nShould it not have arrived by 22 November, reply to Ada.',
    ];
    const parts = differences(one, other);
    expect(parts[0]).toBe('20 November → 22 November');
    expect(parts).toContain('only the baseline: 12 November, Lyon');
    expect(parts).toContain('only the candidate: 3 May, Ada');
  });

  it('calls nothing the only one that the other side has elsewhere, and nothing changed that is moved', () => {
    expect(
      headline('We met in Lyon and flew from Lyon.', 'We met in Lyon and flew home.'),
    ).not.toMatch(/only the baseline: Lyon/);
    expect(
      headline('today we really ship the parcel to you', 'today we ship the parcel really to you'),
    ).toBe('words in another order');
  });

  it('shows a fact whole where only a part of it is marked, also against other words', () => {
    const same = 'so we https://example.com/a we https://example.com/a we https://example.com/a';
    expect(
      headline(
        `${same} we then. so we https://example.com/a. so we then.`,
        `${same} we then. so we www.example.org/b we then. so we then.`,
      ),
    ).toBe(
      'https://example.com/a → www.example.org/b · “https://example.com/a” → “www.example.org/b we then”',
    );
  });

  it('never sets facts of different kinds against each other', () => {
    fc.assert(
      fc.property(twoTexts, ([a, b]) => {
        const wrong = differences(a, b).filter((part) => {
          const [, from, to] = /^(.*) → (.*)$/su.exec(part) ?? [];
          // A long excerpt may be cut inside a fact.
          if (from === undefined || to === undefined || part.includes('…')) return false;
          return kindsIn(from).join() !== kindsIn(to).join();
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('names words that stand where the other side has only a mark', () => {
    expect(
      headline(
        'In the demo, the service hosts a database for all of the users that we have.',
        'In the demo showing the service hosts a database for all of the users that we have.',
      ),
    ).toBe('+ “showing”');
    expect(headline('Yes, it is as you say.', 'Yes! it is as you say.')).toBe('“,” → “!”');
  });

  it('is the same for the same texts, and swaps the sides with them', () => {
    fc.assert(
      fc.property(twoTexts, ([a, b]) => {
        expect(differences(a, a)).toEqual([]);
        expect(differences(a, b)).toEqual(differences(a, b));
        expect(differences(b, a).map(swapped).toSorted()).toEqual(differences(a, b).toSorted());
      }),
      { numRuns: 300 },
    );
  });
});
