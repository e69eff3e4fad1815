import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../source/filter/parse-filter.ts';
import { conversationTurns } from '../../../source/store/comparisons/conversation-turns.ts';
import { filterPairs } from '../../../source/store/comparisons/filter-pairs.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { sampleCapture, sampleComparison } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

/** The messages of an agent's turn: a task, and for each step before it a call and its result. */
const steps = (task: string, count: number): readonly JsonObject[] => [
  { role: 'system', content: 'You are an agent.' },
  { role: 'user', content: task },
  ...Array.from({ length: count }, (_, step): JsonObject[] => {
    const call = { name: 'look', arguments: JSON.stringify({ step }) };
    const id = `call_${step}`;
    return [
      { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: call }] },
      { role: 'tool', tool_call_id: id, content: `seen ${step}` },
    ];
  }).flat(),
];

const turn = (id: string, messages: readonly JsonObject[], change: Partial<Capture> = {}) =>
  sampleCapture(id, { request: { model: 'm', messages }, ...change });

const opened = async (captures: readonly Capture[], selected = captures) => {
  const store = await temporaryStore();
  const others = captures.filter((capture) => !selected.includes(capture));
  if (others.length > 0) await sampleComparison(store, others, 'others');
  const comparisonId = await sampleComparison(store, selected);
  const turnsOf = async (id: string) => {
    const capture = captures.find((one) => one.id === id);
    if (capture === undefined) throw new Error(id);
    return conversationTurns(store, comparisonId, capture);
  };
  const find = async (text: string): Promise<readonly string[]> => {
    const parsed = parseFilter(text);
    if (parsed.kind !== 'filter') throw new Error(text);
    return filterPairs(store, comparisonId, parsed.filter, {
      me: null,
      reviewer: null,
      cost: () => null,
      index: 'none',
    });
  };
  return { turnsOf, find };
};

describe('the turns of a conversation', () => {
  it('without a name are the requests that repeat each other, in the order of their messages', async () => {
    const { turnsOf } = await opened([
      turn('c2', steps('book', 2)),
      turn('c0', steps('book', 0)),
      turn('other', steps('pay', 1)),
      turn('c3', steps('book', 3)),
      turn('c1', steps('book', 1)),
      turn('alone', steps('sleep', 0)),
    ]);
    for (const id of ['c0', 'c1', 'c2', 'c3']) {
      expect((await turnsOf(id))?.captureIds).toEqual(['c0', 'c1', 'c2', 'c3']);
    }
    expect(await turnsOf('alone')).toBeNull();
    expect(await turnsOf('other')).toBeNull();
  });

  it('leaves out turns that are not in the comparison, and looks past them', async () => {
    const captures = [0, 1, 2, 3].map((at) => turn(`c${at}`, steps('book', at)));
    const { turnsOf } = await opened(
      captures,
      [captures[0], captures[3]].flatMap((one) => one ?? []),
    );
    for (const id of ['c0', 'c3']) {
      expect((await turnsOf(id))?.captureIds).toEqual(['c0', 'c3']);
    }
  });

  it('keeps apart conversations that begin with the same words, and the same request made twice', async () => {
    const branch = (word: string): readonly JsonObject[] => [
      ...steps('book', 0),
      { role: 'assistant', content: `which ${word}?` },
      { role: 'user', content: 'any' },
    ];
    const { turnsOf } = await opened([
      turn('a0', steps('book', 0)),
      turn('b0', steps('book', 0)),
      turn('a1', branch('hotel')),
      turn('b1', branch('flight')),
    ]);
    expect((await turnsOf('a1'))?.captureIds.at(-1)).toBe('a1');
    expect((await turnsOf('a1'))?.captureIds).toHaveLength(2);
    expect((await turnsOf('b1'))?.captureIds.at(-1)).toBe('b1');
    expect((await turnsOf('b0'))?.captureIds[0]).toBe('b0');
  });

  it('with a name are those of the name, in the order of time', async () => {
    const named = (id: string, hour: number, name: string): Capture =>
      turn(id, [{ role: 'user', content: `${id} at ${hour}` }], {
        metadata: { conversation: name },
        timestamp: `2026-11-20T0${hour}:00:00.000Z`,
      });
    const { find, turnsOf } = await opened([
      named('late', 9, 'one'),
      named('early', 7, 'one'),
      named('middle', 8, 'one'),
      named('elsewhere', 8, 'two'),
    ]);
    const found = await turnsOf('late');
    expect(found?.captureIds).toEqual(['early', 'middle', 'late']);
    expect(await turnsOf('elsewhere')).toBeNull();
    const hash = found?.hash ?? '';
    const own = ['early', 'late', 'middle'];
    expect((await find(`conversation:${hash}`)).toSorted()).toEqual(own);
    expect((await find(`conversation:${hash.slice(0, 12).toUpperCase()}`)).toSorted()).toEqual(own);
    expect(await find(`id:late conversation:${hash}`)).toEqual(['late']);
    expect(await find(`!conversation:${hash}`)).toEqual(['elsewhere']);
    expect((await find(`conversation:${hash} | id:else`)).toSorted()).toEqual(
      ['elsewhere', ...own].toSorted(),
    );
    expect(await find('conversation:xyz')).toEqual([]);
  });
});
