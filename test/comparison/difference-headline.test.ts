import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignAnswers } from '../../source/comparison/alignment/align-answers.ts';
import { answerFields } from '../../source/comparison/answer-fields.ts';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { differenceHeadline } from '../../source/comparison/difference-headline.ts';
import type { Answer, ToolCall } from '../../source/models/answer.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { anyText } from '../text/any-text.ts';
import { answer } from './any-answer.ts';

const headlineOf = (
  baseline: Partial<Answer>,
  candidate: Partial<Answer>,
  request: JsonObject = {},
): ReturnType<typeof differenceHeadline> => {
  const [a, b] = [answer(baseline), answer(candidate)];
  return differenceHeadline({
    baseline: a,
    candidate: b,
    comparison: compareAnswers(request, a, b),
    alignment: alignAnswers(a, b),
    fields: answerFields(a, b, request),
  });
};

/** The parts in one line; `!` stands before bad news, and notes are in brackets. */
const headline = (...pair: Parameters<typeof headlineOf>): string =>
  headlineOf(...pair)
    .map(({ kind, text }) => (kind === 'bad' ? `!${text}` : kind === 'note' ? `(${text})` : text))
    .join(' · ');

const texts = (a: string, b: string, request?: JsonObject): string =>
  headline({ text: a }, { text: b }, request);

const call = (name: string, value: object): ToolCall => ({
  id: null,
  name,
  arguments: JSON.stringify(value),
});

describe('the headline of a pair', () => {
  it('shows the values of JSON that differ, with the identity of items', () => {
    const items = (...list: readonly (readonly [string, number])[]): string =>
      JSON.stringify({ items: list.map(([id, qty]) => ({ id, qty })) });
    expect(
      texts(
        items(['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]),
        items(['c', 3], ['a', 10], ['b', 2], ['e', 5], ['d', 4]),
      ),
    ).toBe('items[id=a].qty 1 → 10 · order of items · (9 of 10 values equal)');
    expect(texts('{"a":1,"b":"x","c":[1,2],"d":0}', '{"a":"1","b":"x","c":[1],"e":null}')).toBe(
      'a 1 → "1" · c[1] 2 only in baseline · d 0 only in baseline · + 1 field · (2 of 6 values equal)',
    );
  });

  it('shows where long values differ, even beyond what is kept of them', () => {
    const long = (word: string): string =>
      `${'one two three '.repeat(40)}${word} ${'end '.repeat(40)}`;
    const whole = (text: string): string => JSON.stringify({ note: text, n: 1 });
    expect(texts(whole(long('yes')), whole(long('no')))).toBe(
      'note …two three yes end end end end end end … → …two three no end end end end end end e… · (1 of 2 values equal)',
    );
    const chain = (letter: string): string =>
      `${'Here is the image that you wanted to have. '.repeat(20)}${'x'.repeat(60)}${letter}${'x'.repeat(60)}`;
    expect(texts(chain('y'), chain('z'))).toBe(
      '“…xxxxxxxxyxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…” → “…xxxxxxxxzxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…”',
    );
  });

  it('shows where long links differ', () => {
    const link = (key: string): string =>
      `See https://example.com/a/very/long/path/to/the/page?token=abcdefghijk${key}&x=1 for it.`;
    expect(texts(link('l'), link('m'))).toBe('…defghijkl&x=1 → …defghijkm&x=1');
  });

  it('takes bare numbers for text, even in JSON', () => {
    expect(texts('3.10', '3.1')).toBe('3.10 → 3.1');
    expect(texts('42', '43', { response_format: { type: 'json_object' } })).toBe('42 → 43');
    expect(texts('42', '[42]')).toBe('42 → [42] · (0 of 1 values equal)');
  });

  it('shows the facts and words of prose that changed, facts first', () => {
    expect(
      texts(
        'You get a replacement if it has not arrived by 20 November.',
        'You get a refund if it has not arrived by 22 November.',
      ),
    ).toBe('20 November → 22 November · “replacement” → “refund”');
    expect(texts('positive', 'negative')).toBe('“positive” → “negative”');
    expect(texts('一只黑猫坐在垫子上看月亮。', '一只白猫坐在垫子上看月亮。')).toBe(
      '“黑猫” → “白猫”',
    );
    expect(texts('one\ntwo\nthree', 'one\ntwo\nthree\nfour')).toBe(
      '1 line only in candidate · (3 → 4 words)',
    );
  });

  it('shows the facts of a line apart from its words, however many words changed', () => {
    expect(
      texts(
        'Please wait for the parcel until 20 November, it is at customs in Lyon.',
        'Kindly await the parcel until 22 November, it is now being held at customs in Lyon.',
      ),
    ).toMatch(/^20 November → 22 November · “.*Please.*” → “.*Kindly/);
    expect(
      texts(
        '您好！您的包裹于11月12日离开仓库，目前正在海关清关，如果在11月20日之前仍未送达，请回复此邮件。',
        '抱歉！您的包裹于11月12日离开仓库，现在海关，如果到11月22日还没有收到，请回复这封邮件。',
      ),
    ).toMatch(/^11月20日 → 11月22日 · “/);
  });

  it('shows the facts of prose with few words in common', () => {
    expect(
      texts(
        'Your parcel left our warehouse on 12 November and is held by customs in Lyon.\n\nIf it has not arrived by 20 November, reply to this message and we will send a replacement.',
        'It was sent on November 12th, but the customs have it.\n\nShould it not be with you by 22 November, just answer this e-mail and you get your $30 back.',
      ),
    ).toBe(
      '20 November → 22 November · only the baseline: Lyon · only the candidate: $30 · (2 sentences alike) · (33 → 30 words)',
    );
  });

  it('says what differs where a reader sees nothing', () => {
    expect(texts('10 EUR', '10\u00A0EUR')).toBe('text looks the same: U+0020 vs U+00A0');
    expect(texts('{"a":"b"}', '{"a":"\u0431"}')).toBe('a "b" → "\u0431" · (0 of 1 values equal)');
    expect(texts('{"a":"c"}', '{"a":"\u0441"}')).toBe(
      'a looks the same: U+0063 vs U+0441 · (0 of 1 values equal)',
    );
    expect(texts('**Yes**, it is.', 'Yes, it is.')).toBe('formatting only');
    expect(texts('# A\n> b\n* **c _d_**, `e`', 'A\nb\nc d, e')).toMatch(/^formatting only/);
    expect(texts('**Yes**, it is.', 'yes, it is.')).toBe('formatting, upper and lower case only');
    const pairs = [
      ['2*3*4', '234'],
      ['snake_case_name', 'snakecasename'],
      ['5 > 3', '5 3'],
      ['the #1', 'the 1'],
      ['a * b * c', 'a b c'],
    ] as const;
    for (const [one, other] of pairs) expect(texts(one, other)).not.toContain('only');
    expect(texts('a\n\nb c', 'a b c')).toBe('white space only');
    expect(texts('Yes', 'YES')).toBe('upper and lower case only');
  });

  it('names bad news first, and what both sides share', () => {
    const json = { response_format: { type: 'json_object' } };
    expect(texts('{"a":1}', '{"a":', json)).toBe('!candidate does not parse');
    expect(texts('{"a":1}', '```json\n{"a":1}\n```', json)).toBe(
      '!candidate: JSON in a code fence · (1 of 1 values equal)',
    );
    expect(headline({ text: 'abc', finishReason: 'length' }, { text: 'abc' })).toBe(
      '!baseline is cut off · finish length → stop',
    );
    expect(
      headline({ text: 'a', finishReason: 'length' }, { text: 'b', finishReason: 'length' }),
    ).toBe('!both are cut off · “a” → “b”');
    expect(headline({ text: 'yes' }, { refusal: 'I cannot.' })).toBe(
      '!candidate refuses · only the baseline has text',
    );
    expect(headline({ text: 'a' }, { text: '' })).toBe(
      '!candidate is empty · only the baseline has text',
    );
  });

  const tools = [
    {
      type: 'function',
      function: {
        name: 'search',
        parameters: {
          type: 'object',
          required: ['date'],
          properties: {
            date: { type: 'string' },
            cabin: { enum: ['economy', 'business'] },
            passengers: { type: 'object', properties: { children: { type: 'integer' } } },
          },
        },
      },
    },
  ];
  const flight = {
    from: 'BER',
    to: 'LIS',
    date: '2026-12-01',
    passengers: { adults: 2, children: 0 },
    cabin: 'economy',
  };

  it('names the arguments of a call that differ, or shows them if they are few', () => {
    const other = { ...flight, date: '2026-12-10', passengers: { adults: 2, children: 1 } };
    const { cabin: _, ...without } = other;
    expect(
      headline({ toolCalls: [call('search', flight)] }, { toolCalls: [call('search', without)] }),
    ).toBe('same call, 3 of 6 arguments: date, passengers.children, cabin');
    expect(
      headline({ toolCalls: [call('search', flight)] }, { toolCalls: [call('search', other)] }),
    ).toBe('search: date "2026-12-01" → "2026-12-10", passengers.children 0 → 1');
    expect(
      headline({ toolCalls: [call('search', flight)] }, { toolCalls: [call('find', flight)] }),
    ).toBe('calls search → find');
    expect(
      headline(
        { toolCalls: [call('a', {}), call('a', {}), call('b', {})] },
        { toolCalls: [call('b', {})] },
      ),
    ).toBe('only baseline calls a ×2');
    expect(
      headline(
        { text: 'Let me see.', toolCalls: [call('a', {})] },
        { text: 'I look.', toolCalls: [call('a', {})] },
      ),
    ).toBe('“Let me see” → “I look” · (same call) · (3 → 2 words)');
  });

  it('names a code fence, other choices, and bare values that a tool is called with', () => {
    const fenced = '```json\n{"a":1}\n```';
    expect(texts('{"a":1}', fenced)).toBe(
      'candidate: JSON in a code fence · (1 of 1 values equal)',
    );
    expect(texts(fenced, '```\n{"a":2}\n```')).toBe(
      'code fence ```json → ``` · a 1 → 2 · (0 of 1 values equal)',
    );
    const other = { ...answer({ text: 'b' }), index: 1 };
    expect(headline({ text: 'a', otherChoices: [other] }, { text: 'a' })).toBe(
      'choices after the first differ',
    );
    const run = (input: string) => ({ toolCalls: [{ id: null, name: 'run', arguments: input }] });
    const request = {
      tools: [
        { type: 'custom', custom: { name: 'run' } },
        { type: 'function', function: { name: 'find' } },
      ],
    };
    expect(headline(run('3.10'), run('3.1'), request)).toBe(
      'run: arguments that are no JSON object',
    );
  });

  it('checks calls and JSON against the schemas of the request', () => {
    const wrong = { ...flight, cabin: 'first' };
    expect(
      headline(
        { toolCalls: [call('search', flight)] },
        { toolCalls: [call('search', wrong)] },
        { tools },
      ),
    ).toBe(
      '!candidate breaks the schema: search: cabin is not one of "economy", "business" · search: cabin "economy" → "first"',
    );
    expect(headline({ text: 'x' }, { toolCalls: [call('serach', flight)] }, { tools })).toContain(
      '!candidate breaks the schema: serach: the request offers no such tool',
    );
    const schema = { type: 'object', required: ['a', 'z'], properties: { a: { type: 'integer' } } };
    const request = { response_format: { type: 'json_schema', json_schema: { schema } } };
    expect(texts('{"a":1,"z":1}', '{"a":2,"z":1}', request)).toBe(
      'a 1 → 2 · (1 of 2 values equal) · (schema holds)',
    );
    expect(texts('{"a":1}', '{"a":"1"}', request)).toBe(
      '!candidate breaks the schema: a is string, not integer · !both break the schema: z is missing · a 1 → "1" · (0 of 1 values equal)',
    );
  });

  it('gives the reason of a pair that does not differ', () => {
    expect(texts('a', 'a')).toBe('(identical byte for byte)');
    expect(texts('{"a":1}', '{"a":1.0}')).toBe('(same JSON, written differently)');
  });

  it('is never empty and safe to print, and says a difference if the pair is different', () => {
    const some = fc.record({
      text: fc.oneof(anyText, fc.json(), fc.constantFrom('', 'a', '{"a":[1,2]}', '{"a":[2,1]}')),
      refusal: fc.constantFrom('', '', 'no'),
      finishReason: fc.constantFrom('stop', 'length', null, 'tool_calls'),
      toolCalls: fc.array(
        fc
          .tuple(fc.constantFrom('f', 'g\u001B[2J'), fc.oneof(fc.json(), fc.string()))
          .map(([name, text]) => ({ id: null, name, arguments: text })),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(some, some, fc.constantFrom({}, { tools }), (a, b, request) => {
        const parts = headlineOf(a, b, request);
        const { outcome } = compareAnswers(request, answer(a), answer(b));
        expect(parts.length).toBeGreaterThan(0);
        if (outcome === 'different') {
          expect(parts.some(({ kind }) => kind !== 'note')).toBe(true);
        }
        for (const { text } of parts) expect(text).toMatch(/^[^\p{Cc}\p{Cs}\u202A-\u202E]+$/u);
      }),
      { numRuns: 1000 },
    );
  });
});
