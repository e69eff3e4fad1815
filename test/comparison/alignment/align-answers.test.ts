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
import { canonicalJson } from '../../../source/text/json.ts';
import { anyText } from '../../text/any-text.ts';
import { answer } from '../any-answer.ts';

const plain = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('');

const sideText = (alignment: Alignment, side: Side): string =>
  alignment.lines
    .flatMap((line) => {
      const segments = line[side];
      if (segments === null) return [];
      return [(line.sentences?.[side]?.continues === true ? '' : '\n') + plain(segments)];
    })
    .join('')
    .slice(1);

/** Lines as `mark|baseline|candidate`, with `[…]` around marked words and `∅` for no line. */
const drawn = ({ lines, differences }: Alignment): readonly string[] =>
  lines.map((line, index) => {
    const show = (segments: readonly Segment[] | null): string =>
      segments?.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('') ?? '∅';
    const mark = { same: ' ', changed: '~', removed: '-', added: '+', moved: '^' }[line.change];
    const start = differences.includes(index) ? '>' : ' ';
    return `${start}${mark}|${show(line.baseline)}|${show(line.candidate)}`;
  });

/** Rows of an alignment by sentences as `number baseline | number candidate`; `*`: no counterpart. */
const numbered = (alignment: Alignment): readonly string[] =>
  alignment.lines.map((line) => {
    const show = (side: Side): string => {
      const text = (line[side] ?? [])
        .map(({ text: part, changed }) => (changed ? `[${part}]` : part))
        .join('');
      const sentence = line.sentences?.[side] ?? null;
      return sentence === null ? text : `${sentence.number ?? '*'} ${text}`;
    };
    return `${show('baseline').trim()} | ${show('candidate').trim()}`.trim();
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
    if (alignment.granularity !== 'sentences' && line.change === 'changed') {
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
        // A Han character counts as three.
        const isShort = Math.max(a.length, b.length) <= 160 / 3;
        expect(alignment.granularity === 'sentences' && isShort).toBe(false);
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

  it('matches the sentences of dissimilar prose by likeness and numbers them', () => {
    const alignment = alignTexts(cats, boats);
    expect(alignment.granularity).toBe('sentences');
    expect(numbered(alignment)).toEqual([
      '1 Cats sleep most of the day and hunt at night. | 1 Cats usually sleep through daylight hours.',
      '|',
      '| * Sailing boats need wind above all.',
      '|',
      '2 Their whiskers measure the width of a gap before they enter it, in the dark too. | 2 Before entering a gap, whiskers measure its width.',
      '|',
      '* A purr is said to heal small wounds. |',
    ]);
    expect(alignment.differences).toEqual([0, 2, 4, 6]);
  });

  const letter = `Thank you for reaching out about the parcel. We are sorry for the inconvenience.

Your parcel left our warehouse in Leipzig on 12 November and is held by customs in Lyon. Clearance usually takes two to four working days.

If it has not arrived by 20 November, reply to this message and we will send a replacement.`;
  const reply = `We're sorry that it is late!

Normally this takes 2 to 4 working days at the customs in Lyon, says Dr. Meyer. It left Leipzig on November 12th.

Should it not be with you by 22 November, answer this e-mail or see https://example.org/refund for a refund.`;

  it('marks the facts that only one side has, and keeps each side in its own order', () => {
    expect(numbered(alignTexts(letter, reply))).toEqual([
      '* Thank you for reaching out about the parcel. |',
      "1 We are sorry for the inconvenience. | 1 We're sorry that it is late!",
      '|',
      '2 Your parcel left our warehouse in Leipzig on 12 November and is held by customs in Lyon. |',
      '3 Clearance usually takes two to four working days. | 3 Normally this takes 2 to 4 working days at the customs in Lyon, says [Dr. Meyer].',
      '|',
      '| 2 It left Leipzig on November 12th.',
      '|',
      '4 If it has not arrived by [20 November], reply to this message and we will send a replacement. | 4 Should it not be with you by [22 November], answer this e-mail or see [https://example.org/refund] for a refund.',
    ]);
  });

  it('does the same in Chinese', () => {
    const first =
      '您的包裹于11月12日离开莱比锡仓库，目前在里昂海关。清关通常需要两到四个工作日。如果在11月20日之前没有收到，请回复此邮件，我们将免费补发。';
    const second =
      '很抱歉让您久等了！它在11月12日从莱比锡发出。要是11月22日您还没拿到，请直接回信，我们会给您退款。此致敬礼，客服团队敬上。';
    expect(numbered(alignTexts(first, second))).toEqual([
      '| * 很抱歉让您久等了！',
      '1 您的包裹于11月12日离开莱比锡仓库，目前在里昂海关。 | 1 它在11月12日从莱比锡发出。',
      '* 清关通常需要两到四个工作日。 |',
      '2 如果在[11月20日]之前没有收到，请回复此邮件，我们将免费补发。 | 2 要是[11月22日]您还没拿到，请直接回信，我们会给您退款。',
      '| * 此致敬礼，客服团队敬上。',
    ]);
  });

  it('matches blocks of code whole and marks words inside them, and items of lists', () => {
    const code = (name: string): string => `\`\`\`py\ndef add(${name}, b):\n    return b\n\`\`\``;
    const alignment = alignTexts(
      `Here is the function that you wanted to have from me:\n${code('a')}\n- **Speed:** it is fast and was tested.\n- It works with PostgreSQL 14`,
      `- Needs Python and nothing else at all\n- Fully compatible with PostgreSQL 15 databases\n\nYou could write it like so, if you want to:\n${code('x')}`,
    );
    expect(alignment.granularity).toBe('sentences');
    expect(
      drawn(alignment)
        .map((line) => line.slice(2))
        .filter((line) => line.includes('[')),
    ).toEqual([
      '|∅|- [Needs Python and nothing else at] all',
      '|∅|- Fully compatible with PostgreSQL [15] databases',
      '|def add([a], b):|def add([x], b):',
      '|- [**Speed:**] it is fast and was tested.|∅',
      '|- It works with PostgreSQL [14]|∅',
    ]);
  });

  it('keeps equal paragraphs of dissimilar prose equal', () => {
    const alignment = alignTexts(`${cats}\n\nThe end.`, `The end.\n\n${boats}\n\nThe end.`);
    expect(alignment.lines.at(-1)?.change).toBe('same');
  });

  it('aligns dissimilar prose of a single paragraph line by line', () => {
    const lines = (word: string): string =>
      Array.from({ length: 6 }, (_, index) => `${word.repeat(8)}${index} ${word}`).join('\n');
    const alignment = alignTexts(lines('abc'), lines('xyz'));
    expect(alignment.granularity).toBe('sentences');
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
    ];
    for (const [a, b] of texts) {
      const alignment = alignTexts(a, b);
      expect(alignment.coarse).not.toBeNull();
      expectSound(alignment, a, b);
    }
    expect(alignTexts('a b', 'a c').coarse).toBeNull();
  });

  it('marks one changed word in a text of any length', () => {
    const long = (word: string, filler: string): string =>
      `${filler.repeat(40_000)}${word} ${filler.repeat(40_000)}`;
    for (const filler of ['lorem ipsum ', 'слово за слово ', 'été déjà vu ']) {
      const alignment = alignTexts(long('yes', filler), long('no', filler));
      expect(drawn(alignment)[0]?.match(/\[[^\]]*\]/g)).toEqual(['[yes]', '[no]']);
      expect(alignment.coarse).toBeNull();
      expectSound(alignment, long('yes', filler), long('no', filler));
    }
    const chinese = (word: string): string =>
      `${'他今天去学校。'.repeat(9000)}${word}${'他说。'.repeat(9000)}`;
    expect(
      drawn(alignTexts(chinese('性能增加了'), chinese('性能减少了')))[0]?.match(/\[[^\]]*\]/g),
    ).toEqual(['[增加]', '[减少]']);
    // Several long sections, one of which changed.
    const sections = (word: string): string =>
      ['a', 'b', word, 'd']
        .map((name) => `${name} ${'lorem ipsum '.repeat(5000)}${name}`)
        .join('\n');
    const alignment = alignTexts(sections('c'), sections('x'));
    expect(alignment.lines.map(({ change }) => change)).toEqual([
      'same',
      'same',
      'changed',
      'same',
    ]);
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

  it('pretty-prints JSON in the baseline’s key order and marks neither commas nor spellings', () => {
    expect(
      texts(
        '{"category":"billing","note":"The customer was charged twice.","n":1.0}',
        '{"n":1.00,"note":"Paid two times","category":"billing","x":[]}',
      ),
    ).toEqual([
      '  |{|{',
      '  |  "category": "billing",|  "category": "billing",',
      '>~|  "note": "[The customer was charged twice.]",|  "note": "[Paid two times]",',
      '  |  "n": 1.0|  "n": 1.00,',
      '>+|∅|[  "x": []]',
      '  |}|}',
    ]);
  });

  it('tells moved, added, removed and changed items apart', () => {
    const one = (id: string, n: number): string => `{"id":"${id}","n":${n}}`;
    const alignment = alignAnswers(
      answer({ text: `[${one('a', 1)},${one('b', 2)},${one('c', 3)},${one('d', 4)}]` }),
      answer({ text: `[${one('c', 3)},${one('a', 10)},${one('b', 2)},${one('e', 5)}]` }),
    );
    expect(drawn(alignment)).toEqual([
      '  |[|[',
      '>^|∅|  {',
      ' ^|∅|    "id": "c",',
      ' ^|∅|    "n": 3',
      ' ^|∅|  },',
      '  |  {|  {',
      '  |    "id": "a",|    "id": "a",',
      '>~|    "n": [1]|    "n": [10]',
      '  |  },|  },',
      '  |  {|  {',
      '  |    "id": "b",|    "id": "b",',
      '  |    "n": 2|    "n": 2',
      '  |  },|  },',
      '>+|∅|[  {]',
      ' +|∅|[    "id": "e",]',
      ' +|∅|[    "n": 5]',
      ' +|∅|[  }]',
      ' ^|  {|∅',
      ' ^|    "id": "c",|∅',
      ' ^|    "n": 3|∅',
      ' ^|  },|∅',
      ' -|[  {]|∅',
      ' -|[    "id": "d",]|∅',
      ' -|[    "n": 4]|∅',
      ' -|[  }]|∅',
      '  |]|]',
    ]);
    expect(alignment.lines[1]?.notes).toEqual({ baseline: null, candidate: '← place 3' });
    expect(alignment.lines[17]?.notes).toEqual({ baseline: '→ place 1', candidate: null });
  });

  it('covers every line of two JSON values once, and differs exactly when they do', () => {
    const json = fc.oneof(
      fc.array(fc.record({ id: fc.nat(4), n: fc.nat(2) }), { maxLength: 5 }),
      fc.array(fc.oneof(fc.nat(3), fc.string({ maxLength: 3 })), { maxLength: 6 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 })),
    );
    fc.assert(
      fc.property(json, json, (a, b) => {
        const pair = [a, b].map((value) => JSON.stringify(value)) as [string, string];
        const alignment = alignAnswers(answer({ text: pair[0] }), answer({ text: pair[1] }));
        for (const [side, text] of [
          ['baseline', pair[0]],
          ['candidate', pair[1]],
        ] as const) {
          expect(canonicalJson(JSON.parse(sideText(alignment, side)))).toBe(
            canonicalJson(JSON.parse(text)),
          );
        }
        const differ = compareAnswers({}, answer({ text: pair[0] }), answer({ text: pair[1] }));
        expect(alignment.differences.length > 0).toBe(differ.outcome === 'different');
        const moved = alignment.lines.filter(({ change }) => change === 'moved');
        const movedOf = (side: Side): number => moved.filter((line) => line[side] !== null).length;
        expect(movedOf('baseline') > 0).toBe(movedOf('candidate') > 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('sets tool calls beside each other by name and arguments, not by place', () => {
    const call = (name: string, text: string) => ({ id: null, name, arguments: text });
    const first = [call('weather', '{"city":"Rome"}'), call('find', '{"a":1,"b":2,"c":3}')];
    const second = [call('find', '{"a":1,"b":2,"c":4}'), call('weather', '{"city":"Rome"}')];
    expect(
      drawn(alignAnswers(answer({ toolCalls: first }), answer({ toolCalls: second }))).filter(
        (line) => !line.slice(1).startsWith('^'),
      ),
    ).toEqual([
      '  |tool find({|tool find({',
      '  |  "a": 1,|  "a": 1,',
      '  |  "b": 2,|  "b": 2,',
      '>~|  "c": [3]|  "c": [4]',
      '  |})|})',
    ]);
  });

  it('aligns as text what indenting would make far too long', () => {
    const nested = (last: number): string =>
      `${'['.repeat(150)}${'1,'.repeat(40_000)}${last}${']'.repeat(150)}`;
    const alignment = alignAnswers(answer({ text: nested(1) }), answer({ text: nested(2) }));
    expect(alignment.lines).toHaveLength(1);
    expectSound(alignment, nested(1), nested(2));
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
