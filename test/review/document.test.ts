import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Answer, ToolCall } from '../../source/models/answer.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { diffAnswers } from '../../source/review/screen/answer-diff.ts';
import { defaultKeymap } from '../../source/review/session/keymap.ts';
import type { View } from '../../source/review/session/session.ts';
import { pairDocument } from '../../source/review/view/pair-document.ts';
import type { StyledRun } from '../../source/review/view/styled-text.ts';
import { differenceParts, differenceRuns } from '../../source/review/view/differs.ts';
import type { SideRecord } from '../../source/store/comparisons/pairs.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { answer } from '../comparison/any-answer.ts';
import { entry } from './play.ts';

const recordOf = (given: Answer): SideRecord => ({
  kind: 'answered',
  answer: given,
  timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
  attempts: [],
  adaptations: [],
  recorded: false,
  batch: false,
  path: 'native',
  originals: 0,
  providerRequestId: null,
  at: '2026-11-24T00:00:00.000Z',
});

const viewOf = (
  baseline: Partial<Answer>,
  candidate: Partial<Answer>,
  request: JsonObject = {},
): PairView => {
  const [a, b] = [answer(baseline), answer(candidate)];
  const comparison = compareAnswers(request, a, b);
  return {
    conversation: null,
    capture: {
      id: 'r1',
      endpoint: 'chat',
      timestamp: null,
      dialect: 'chat',
      model: null,
      request,
      recorded: [],
      metadata: null,
      partial: [],
    },
    sides: { baseline: recordOf(a), candidate: recordOf(b) },
    live: { baseline: null, candidate: null },
    comparison,
    ...diffAnswers(a, b, { comparison, request }),
    cost: { baseline: null, candidate: null },
  };
};

/** Rows as `mark|baseline|candidate`, with `[…]` around marked text and `{…}` around errors. */
const drawn = (pair: PairView, view: View): readonly string[] => {
  const show = (runs: readonly StyledRun[] | null): string =>
    (runs ?? [])
      .map(({ text, style }) =>
        /^(?:removed|added)/.test(style) ? `[${text}]` : style === 'error' ? `{${text}}` : text,
      )
      .join('');
  const { columns, lines } = pairDocument(pair, { folded: false, view });
  return lines.map(({ baseline, candidate, mark, path }) => {
    const cells =
      path === undefined ? [baseline, candidate].slice(0, columns) : [path, baseline, candidate];
    return [mark, ...cells.map(show)].join('|');
  });
};

const call = (name: string, value: object): ToolCall => ({
  id: null,
  name,
  arguments: JSON.stringify(value),
});

describe('the views of a pair', () => {
  const items = (...list: readonly (readonly [string, number])[]): Partial<Answer> => ({
    text: JSON.stringify({ items: list.map(([id, qty]) => ({ id, qty })) }),
  });
  const reordered = viewOf(items(['a', 1], ['b', 2]), items(['b', 2], ['a', 10]));

  it('mark items that moved in every view, and name them in paths', () => {
    expect(drawn(reordered, 'fields')).toEqual([
      '↕|items (order)|[a, b]|[b, a]',
      '~|items[id=a].qty|[1]|[10]',
      ' |items[id=a].id|"a"|=',
      ' |items[id=b].id|"b"|=',
      ' |items[id=b].qty|2|=',
    ]);
    const sideBySide = drawn(reordered, 'side_by_side');
    expect(sideBySide.filter((row) => row.includes('place'))).toEqual([
      '↕|    {  → place 2|',
      '↕||    {  ← place 1',
    ]);
    const unified = drawn(reordered, 'unified').filter((row) => !row.startsWith(' '));
    expect(unified.map((row) => row[0]).join('')).toBe('↕'.repeat(8));
  });

  it('list the arguments of tool calls and check them against their schema', () => {
    const parameters = {
      type: 'object',
      required: ['date'],
      properties: {
        date: { type: 'string' },
        cabin: { enum: ['economy'] },
        n: { type: 'integer' },
      },
    };
    const tools = [{ type: 'function', function: { name: 'search', parameters } }];
    const pair = viewOf(
      { toolCalls: [call('search', { date: '1st', n: 1, cabin: 'economy', filter: '{"a":[1]}' })] },
      { toolCalls: [call('search', { n: 1.5, filter: '{ "a": [2] }' })] },
      { tools },
    );
    expect(drawn(pair, 'fields')).toEqual([
      ' |search|valid against the schema|{date is missing · n is number, not integer}',
      '-|date|["1st"]|(not given; required by the schema)',
      '~|n|[1]|[1.5]',
      '-|cabin|["economy"]|(not given; optional by the schema)',
      '~|filter(json).a[0]|[1]|[2]',
    ]);
    const lone = viewOf({ toolCalls: [call('a', { x: 1 })] }, { toolCalls: [call('b', {})] });
    expect(drawn(lone, 'fields')).toEqual([
      '-|call 1 of 2 · a||no such call',
      '-|x|[1]|',
      ' |',
      '+|call 2 of 2 · b|no such call|',
    ]);
  });

  it('number the sentences of prose with few words in common', () => {
    const pair = viewOf(
      {
        text: 'Your parcel left our warehouse on 12 November and is held by customs in Lyon.\n\nIf it has not arrived by 20 November, reply to this message and we will send a replacement.',
      },
      {
        text: 'We are very sorry! It was sent on November 12th, but the customs have it.\n\nShould it not be with you by 22 November, just answer this e-mail and you get your money back.',
      },
    );
    expect(drawn(pair, 'side_by_side')).toEqual([
      '+|| + We are very sorry! ',
      '~| 1 Your parcel left our warehouse on 12 November and is held by customs in [Lyon].| 1 It was sent on November 12th, but the customs have it.',
      ' |   |   ',
      '~| 2 If it has not arrived by [20 November], reply to this message and we will send a replacement.| 2 Should it not be with you by [22 November], just answer this e-mail and you get your money back.',
    ]);
  });

  it('spell out the code points in which lines differ that look alike', () => {
    const pair = viewOf({ text: 'Pay 10 EUR to Anna' }, { text: 'Pay 10\u00A0EUR to \u0410nna' });
    expect(drawn(pair, 'side_by_side')).toEqual([
      '~|Pay 10[ ]EUR to [Anna]|Pay 10[<U+00A0>]EUR to [<U+0410>]nna',
    ]);
  });

  it.each([
    ['a composed and a decomposed letter', 'Café', 'Cafe\u0301', '<U+00E9>', '<U+0301>'],
    ['a no-break space', '10 EUR', '10\u00A0EUR', null, '<U+00A0>'],
    ['a Cyrillic letter', 'Anna', '\u0410nna', null, '<U+0410>'],
    ['a variation selector', '\u2764 you', '\u2764\uFE0F you', null, '<U+FE0F>'],
  ])('spell out %s in the unified view and in fields, too', (_, first, second, left, right) => {
    const prose = drawn(viewOf({ text: first }, { text: second }), 'unified');
    const fields = drawn(
      viewOf({ text: JSON.stringify({ a: first }) }, { text: JSON.stringify({ a: second }) }),
      'fields',
    );
    expect(prose.map(([mark]) => mark)).toEqual(['-', '+']);
    expect(prose[1]).toContain(`[${right}]`);
    expect(fields.join('\n')).toContain(right);
    for (const shown of [prose[0], fields.join('\n')]) {
      if (left !== null) expect(shown).toContain(left);
    }
  });

  it('show text beside tool calls, mark words inside of values, and fold equal fields', () => {
    const fields = { a: 1, b: 2, c: 3, d: 4 };
    const pair = viewOf(
      { text: 'I look.\nWait.', toolCalls: [call('find', { date: '2026-12-01', ...fields })] },
      { text: 'I look.', toolCalls: [call('find', { date: '2026-12-10', ...fields })] },
    );
    const lines = pairDocument(pair, { folded: true, view: 'fields' }).lines;
    expect(lines.map(({ mark }) => mark).join('')).toBe(' ~·  -');
    expect(drawn(pair, 'fields')).toEqual([
      ' |find||',
      '~|date|"2026-12-[01]"|"2026-12-[10]"',
      ' |a|1|=',
      ' |b|2|=',
      ' |c|3|=',
      ' |d|4|=',
      ' |',
      ' |text|I look.|I look.',
      '-||[Wait.]|',
    ]);
  });

  it('have a line above them that says what differs', () => {
    const top = (pair: PairView, width: number): readonly StyledRun[] => {
      const shown = entry('r1', { outcome: 'different' });
      return differenceRuns(
        'DIFFERS',
        differenceParts(shown, pair, { keymap: defaultKeymap }),
        width,
      );
    };
    const line = (runs: readonly StyledRun[]): string =>
      runs
        .map(({ text }) => text)
        .join('')
        .trimEnd();
    expect(line(top(reordered, 100))).toBe(
      ' DIFFERS  items[id=a].qty 1 → 10  ·  order of items  ·  3 of 4 values equal',
    );
    const bad = top(viewOf({ text: 'a' }, { text: 'b', finishReason: 'length' }), 100);
    expect(line(bad)).toBe(' DIFFERS  candidate is cut off  ·  “a” → “b”  ·  finish stop → length');
    expect(bad.find(({ text }) => text === 'candidate is cut off')?.style).toBe('error');
  });

  it('says of an answer only when it is complete that it has no more text', () => {
    const whole = viewOf({ text: 'one' }, { text: 'one\ntwo\nthree' });
    const raw = (pair: PairView): unknown =>
      pairDocument(pair, { folded: false, view: 'raw' }).lines[2]?.baseline;
    expect(raw({ ...whole })).toBeNull();
    const arriving: PairView = {
      ...whole,
      sides: { ...whole.sides, baseline: { kind: 'not_sent', reason: null, attempts: [] } },
      live: {
        baseline: { text: 'one', state: 'streaming', reason: null, seconds: null },
        candidate: null,
      },
      comparison: null,
      alignment: null,
    };
    expect(raw(arriving)).toEqual([]);
  });
});
