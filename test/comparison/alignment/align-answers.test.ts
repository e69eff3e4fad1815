import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignAnswers, alignTexts } from '../../../source/comparison/alignment/align-answers.ts';
import {
  unifiedLines,
  type Alignment,
  type Segment,
} from '../../../source/comparison/alignment/alignment.ts';
import { compareAnswers } from '../../../source/comparison/compare-answers.ts';
import type { Side } from '../../../source/comparison/outcome.ts';
import { anyText } from '../../text/any-text.ts';
import { answer } from '../any-answer.ts';

const plain = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('');

const sideText = (alignment: Alignment, side: Side): string =>
  alignment.lines
    .map((line) => line[side])
    .filter((segments) => segments !== null)
    .map(plain)
    .join('\n');

/** Lines as `mark|baseline|candidate`, with `[…]` around marked words and `∅` for no line. */
const drawn = ({ lines, differences }: Alignment): readonly string[] =>
  lines.map((line, index) => {
    const show = (segments: readonly Segment[] | null): string =>
      segments?.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('') ?? '∅';
    const mark = { same: ' ', changed: '~', removed: '-', added: '+' }[line.change];
    const start = differences.includes(index) ? '>' : ' ';
    return `${start}${mark}|${show(line.baseline)}|${show(line.candidate)}`;
  });

/** Invariants of every alignment. */
const expectSound = (alignment: Alignment, baseline: string, candidate: string): void => {
  expect(sideText(alignment, 'baseline')).toBe(baseline);
  expect(sideText(alignment, 'candidate')).toBe(candidate);
  expect(alignment.differences.length === 0).toBe(baseline === candidate);
  expect(alignment.differences).toEqual(
    [...new Set(alignment.differences)].toSorted((a, b) => a - b),
  );
  for (const index of alignment.differences)
    expect(alignment.lines[index]?.change).not.toBe('same');
  for (const line of alignment.lines) {
    const first = line.baseline === null ? null : plain(line.baseline);
    const second = line.candidate === null ? null : plain(line.candidate);
    if (line.change === 'same' || line.change === 'changed') {
      expect(first === second).toBe(line.change === 'same');
    }
    expect(first === null).toBe(line.change === 'added');
    expect(second === null).toBe(line.change === 'removed');
    if (alignment.granularity !== 'blocks' && line.change === 'changed') {
      expect(
        [...(line.baseline ?? []), ...(line.candidate ?? [])].some(({ changed }) => changed),
      ).toBe(true);
    }
  }
};

const paragraphs = fc
  .array(
    fc.constantFrom(
      'The cat sat on the mat and looked at the moon.',
      'A dog ran over the long field in the rain.',
      'A dog ran over the short field in the rain!',
      '我喜欢苹果，也喜欢梨。',
      '我喜欢香蕉，也喜欢梨。',
      '```\nlet x = 1;\n\nlet y = 2;\n```',
      '- one\n- two\n- three',
      '# Title',
      '',
      '  ',
    ),
    { maxLength: 12 },
  )
  .chain((parts) => fc.constantFrom('\n', '\n\n').map((separator) => parts.join(separator)));

describe('alignTexts', () => {
  it('keeps both texts exactly and never hides a difference', () => {
    const text = fc.oneof(anyText, paragraphs, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const alignment = alignTexts(a, b);
        expectSound(alignment, a, b);
        expect(alignment.granularity === 'blocks' && Math.max(a.length, b.length) <= 160).toBe(
          false,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('marks the words that differ', () => {
    expect(drawn(alignTexts('one\nThe big cat sat.\ntwo', 'one\nThe small cat sat.\ntwo'))).toEqual(
      ['  |one|one', '>~|The [big] cat sat.|The [small] cat sat.', '  |two|two'],
    );
  });

  it('marks whole Chinese words', () => {
    expect(drawn(alignTexts('系统的性能增加了很多。', '系统的性能减少了很多。'))).toEqual([
      '>~|系统的性能[增加]了很多。|系统的性能[减少]了很多。',
    ]);
  });

  it('does not split a mark at an equal space inside it', () => {
    expect(
      drawn(alignTexts('please send it right away to me', 'please send it some time to me')),
    ).toEqual(['>~|please send it [right away] to me|please send it [some time] to me']);
  });

  it('pairs labels, however dissimilar', () => {
    expect(drawn(alignTexts('positive', 'negative'))).toEqual(['>~|[positive]|[negative]']);
  });

  it('leaves lines without a counterpart alone', () => {
    const shared = 'a line that both of the texts have in common';
    expect(
      drawn(alignTexts(`${shared}\nalpha beta\ngamma delta`, `nothing of the kind\n${shared}`)),
    ).toEqual([
      '>+|∅|[nothing of the kind]',
      `  |${shared}|${shared}`,
      '>-|[alpha beta]|∅',
      ' -|[gamma delta]|∅',
    ]);
  });

  const cats =
    'Cats sleep most of the day and hunt at night.\n\nTheir whiskers measure the width of a gap before they enter it, in the dark too.\n\nA purr is said to heal small wounds.';
  const boats =
    'Cats usually sleep through daylight hours.\n\nSailing boats need wind above all.\n\nBefore entering a gap, whiskers measure its width.';

  it('aligns dissimilar prose by paragraphs, without marks', () => {
    const alignment = alignTexts(cats, boats);
    expect(alignment.granularity).toBe('blocks');
    const rows = alignment.lines.map(({ change }) => change);
    expect(rows).toEqual(['changed', 'same', 'added', 'added', 'changed', 'removed', 'removed']);
    expect(plain(alignment.lines[4]?.candidate ?? [])).toMatch(/^Before entering/);
    expect(plain(alignment.lines[4]?.baseline ?? [])).toMatch(/^Their whiskers/);
    expect(alignment.differences).toEqual([0, 2, 4, 6]);
    for (const { baseline, candidate } of alignment.lines) {
      expect([...(baseline ?? []), ...(candidate ?? [])].some(({ changed }) => changed)).toBe(
        false,
      );
    }
  });

  it('keeps equal paragraphs of dissimilar prose equal', () => {
    const alignment = alignTexts(`${cats}\n\nThe end.`, `The end.\n\n${boats}\n\nThe end.`);
    expect(alignment.lines.at(-1)?.change).toBe('same');
  });

  it('aligns dissimilar prose of a single paragraph line by line', () => {
    const lines = (word: string): string =>
      Array.from({ length: 6 }, (_, index) => `${word.repeat(8)}${index} ${word}`).join('\n');
    const alignment = alignTexts(lines('abc'), lines('xyz'));
    expect(alignment.granularity).toBe('blocks');
    expect(alignment.differences).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('says when a limit made it coarser, and still hides no difference', () => {
    const word = (index: number): string => `w${(index * 7919) % 997}`;
    const many = (from: number, count: number, end: string): string =>
      Array.from({ length: count }, (_, index) => word(index + from)).join(end);
    const texts: readonly (readonly [string, string])[] = [
      [many(0, 3000, ' '), many(0, 3000, ' ').split(' ').toReversed().join(' ')],
      [many(0, 5000, '\n'), many(0, 5000, '\n').split('\n').toReversed().join('\n')],
      ['x'.repeat(1_500_000), `${'x'.repeat(700_000)}y${'x'.repeat(800_000)}`],
      ['字'.repeat(60_000), `${'字'.repeat(30_000)}子${'字'.repeat(30_000)}`],
    ];
    for (const [a, b] of texts) {
      const alignment = alignTexts(a, b);
      expect(alignment.coarse).not.toBeNull();
      expectSound(alignment, a, b);
    }
    expect(alignTexts('a b', 'a c').coarse).toBeNull();
  });

  it('never splits a surrogate pair or a grapheme when it marks a long line', () => {
    const long = (middle: string): string => `${'長い😀'.repeat(9000)}${middle}${'é'.repeat(9000)}`;
    const alignment = alignTexts(long('😀'), long('😁'));
    for (const { text } of alignment.lines.flatMap(({ baseline }) => baseline ?? [])) {
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toMatch(/^\p{M}/u);
    }
  });

  it('handles a megabyte of line feeds', () => {
    const feeds = '\n'.repeat(1_000_000);
    expect(alignTexts(feeds, `${feeds}\n`).lines).toHaveLength(1_000_002);
  });
});

describe('alignAnswers', () => {
  const texts = (a: string, b: string): readonly string[] =>
    drawn(alignAnswers(answer({ text: a }), answer({ text: b })));

  it('pretty-prints JSON in the baseline’s key order and pairs lines by key', () => {
    expect(
      texts(
        '{"category":"billing","note":"The customer was charged twice.","n":1.0}',
        '{"n":1.0,"note":"Paid two times","category":"billing","x":[]}',
      ),
    ).toEqual([
      '  |{|{',
      '  |  "category": "billing",|  "category": "billing",',
      '>~|  "note": "[The customer was charged twice.]",|  "note": "[Paid two times]",',
      ' ~|  "n": 1.0|  "n": 1.0[,]',
      ' +|∅|[  "x": []]',
      '  |}|}',
    ]);
  });

  it('shows a code fence', () => {
    expect(texts('{"a":1}', '```json\n{"a": 1}\n```')).toEqual([
      '>+|∅|[```json]',
      '  |{|{',
      '  |  "a": 1|  "a": 1',
      '  |}|}',
      '>+|∅|[```]',
    ]);
  });

  it('shows the raw texts if one side is not JSON', () => {
    expect(texts('{"a":1}', 'none')).toEqual(['>~|[{"a":1}]|[none]']);
  });

  it('shows tool calls after the text', () => {
    const call = (city: string) => ({ id: null, name: 'weather', arguments: `{"city":"${city}"}` });
    expect(
      drawn(
        alignAnswers(
          answer({ text: 'Let me look.', toolCalls: [call('Rome')] }),
          answer({ text: 'Let me look.', toolCalls: [call('Oslo')] }),
        ),
      ),
    ).toEqual([
      '  |Let me look.|Let me look.',
      '  ||',
      '  |tool weather({|tool weather({',
      '>~|  "city": "[Rome]"|  "city": "[Oslo]"',
      '  |})|})',
    ]);
  });

  it('shows no lines for an empty answer', () => {
    expect(texts('a\nb', '')).toEqual(['>-|a|∅', ' -|b|∅']);
    expect(texts('', '')).toEqual([]);
  });

  it('has a difference whenever text or tool calls make the pair different', () => {
    const text = fc.constantFrom(
      '',
      'yes',
      'no',
      '{"a":1}',
      '{"a":2}',
      '{"a":1,"a":2}',
      '[1,2]',
      '[2,1]',
      'tool f({})',
    );
    const tools = fc.array(
      fc.record({
        id: fc.constant(null),
        name: fc.constantFrom('f', 'g'),
        arguments: fc.constantFrom('{}', '{"a":1}', '{'),
      }),
      { maxLength: 2 },
    );
    const any = fc.record({ text, toolCalls: tools });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const different = compareAnswers({}, answer(a), answer(b)).outcome === 'different';
        const { differences } = alignAnswers(answer(a), answer(b));
        expect(differences.length > 0 || !different).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('unifiedLines', () => {
  const unified = (a: string, b: string): readonly string[] =>
    unifiedLines(alignTexts(a, b)).map(({ mark, segments }) => mark + plain(segments));

  it('puts removed lines before added lines in each run', () => {
    expect(
      unified(
        'same line here\nred one is here\nred two is here\nend of it',
        'same line here\nblue one is here\nblue two is here\nend of it',
      ),
    ).toEqual([
      ' same line here',
      '-red one is here',
      '-red two is here',
      '+blue one is here',
      '+blue two is here',
      ' end of it',
    ]);
  });

  it('keeps both texts', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, paragraphs), fc.oneof(anyText, paragraphs), (a, b) => {
        const lines = unifiedLines(alignTexts(a, b));
        const side = (other: string): string =>
          lines
            .filter(({ mark }) => mark !== other)
            .map(({ segments }) => plain(segments))
            .join('\n');
        expect(side('+')).toBe(a);
        expect(side('-')).toBe(b);
      }),
    );
  });
});
