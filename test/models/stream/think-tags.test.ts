import { assert, constantFrom, array, property, nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Accumulator } from '../../../source/models/stream/accumulator.ts';
import {
  isTagged,
  reasoningLength,
  ThinkFilter,
} from '../../../source/models/stream/think-tags.ts';
import type { JsonObject } from '../../../source/text/json.ts';

const textOf = (text: string, isWhole = true): string => text.slice(reasoningLength(text, isWhole));

describe('reasoning in the text of an answer', () => {
  it.each([
    ['<think>\nHm.\n</think>\n\nParis', 'Paris'],
    ['\n<think>Hm.</think>Paris', 'Paris'],
    ['<think>\n\n</think>\n\nParis', 'Paris'],
    ['<thinking>Hm.</thinking> Paris', 'Paris'],
    ['<thought>Hm.</thought> Paris', 'Paris'],
    ['[THINK]Hm.[/THINK]Paris', 'Paris'],
    ['<think>a</think><think>b</think>\nParis', 'Paris'],
    // The chat template has put the opening tag into the prompt.
    ['Okay, the user asks.\n</think>\n\nParis', 'Paris'],
    ['Okay, the user asks.</think>Paris', 'Paris'],
    ['</think>\n\nParis', 'Paris'],
  ])('is the beginning of %j', (text, answer) => {
    expect(textOf(text)).toBe(answer);
    expect(isTagged(text.slice(0, text.length - answer.length))).toBe(true);
  });

  it.each([
    'Paris',
    'Wrap it in <think> and </think>.',
    'The tag `</think>` closes it.',
    'The tag </think> closes it.',
    '```html\nHm.\n</think>\n```',
    '<think> is a tag that some models emit.',
    '<thinker>Rodin</thinker>',
    'Okay.\n</think>\n',
    '',
  ])('is nothing of %j', (text) => {
    expect(textOf(text)).toBe(text);
    expect(isTagged(text.slice(0, 0))).toBe(false);
  });

  it('is everything when the answer was cut before its end', () => {
    expect(textOf('<think>Hm, let me', false)).toBe('');
    expect(textOf('<think>a</think><think>b', false)).toBe('');
    expect(textOf('Paris is', false)).toBe('Paris is');
  });
});

/** What a person sees of a text in these pieces, with what was withdrawn taken away. */
const shown = (pieces: readonly string[]): string => {
  const filter = new ThinkFilter();
  let text = '';
  for (const piece of pieces) {
    const seen = filter.push(piece);
    text = seen.restart ? seen.text : text + seen.text;
  }
  return text + filter.end();
};

describe('a text in pieces', () => {
  it('shows the same as the whole, however it is cut', () => {
    const words = ['<think>', '</think>', '<', 'think>', 'Hm.', '\n\n', 'Paris', '[THINK]', '```'];
    assert(
      property(array(constantFrom(...words), { maxLength: 8 }), array(nat(12)), (parts, cuts) => {
        const text = parts.join('');
        const pieces: string[] = [];
        let from = 0;
        for (const cut of cuts) {
          pieces.push(text.slice(from, from + cut));
          from += cut;
        }
        pieces.push(text.slice(from));
        expect(shown(pieces)).toBe(textOf(text));
      }),
      { numRuns: 2000 },
    );
  });
});

const chunk = (delta: JsonObject, finishReason: string | null = null): JsonObject => ({
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

describe('an answer with tags', () => {
  const push = (accumulator: Accumulator, contents: readonly string[]): void => {
    for (const content of contents) accumulator.push(chunk({ content }));
    accumulator.push(chunk({}, 'stop'));
  };

  it('keeps its reasoning apart, tags included, and its text as it came', () => {
    const accumulator = new Accumulator('apart');
    accumulator.push(chunk({ content: '<thi' }));
    accumulator.push(chunk({ content: 'nk>Hm.' }));
    expect([accumulator.visible, accumulator.alive]).toEqual([false, true]);
    push(accumulator, ['</think>\n', '\nParis']);
    expect(accumulator.beginnings).toBe(1);
    const { reasoning, text } = accumulator.answer();
    expect([reasoning, text]).toEqual(['<think>Hm.</think>\n\n', 'Paris']);
    expect(accumulator.answer('text')).toMatchObject({
      reasoning: '',
      text: '<think>Hm.</think>\n\nParis',
    });
  });

  it('begins anew when what was seen first turns out to be reasoning', () => {
    const accumulator = new Accumulator('apart');
    accumulator.push(chunk({ content: 'Okay.' }));
    expect(accumulator.beginnings).toBe(1);
    push(accumulator, ['\n</think>', '\n\n', 'Paris']);
    expect(accumulator.beginnings).toBe(2);
    expect(accumulator.answer()).toMatchObject({ reasoning: 'Okay.\n</think>\n\n', text: 'Paris' });
  });

  it('is left alone unless it is asked for', () => {
    const accumulator = new Accumulator();
    push(accumulator, ['<think>Hm.</think>Paris']);
    expect(accumulator.answer()).toMatchObject({ reasoning: '', text: '<think>Hm.</think>Paris' });
  });

  it('has the usage that was counted, not the zeros of a last chunk', () => {
    const accumulator = new Accumulator();
    accumulator.push({
      ...chunk({ content: 'a' }),
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    });
    accumulator.push({ choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } });
    expect(accumulator.answer().usage).toMatchObject({ input: 5, output: 2 });
  });
});
