import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countDialects, loadCapture } from '../../../source/store/captures/captures.ts';
import { findText } from '../../../source/store/search/find-text.ts';
import { EarlierTurns } from '../../../source/traffic/last-turn/earlier-turns.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { at, sampleCapture, sampleComparison } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const captures: readonly Capture[] = [
  sampleCapture('chat'),
  sampleCapture('responses', {
    dialect: 'responses',
    request: { model: 'gpt-5', instructions: 'Sei höflich.', input: 'Wo ist der Fjord?' },
  }),
  sampleCapture('messages', {
    dialect: 'messages',
    request: {
      model: 'claude-opus-4-1',
      max_tokens: 9,
      system: [{ type: 'text', text: 'Sei höflich.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Wo ist der Wald?' }] }],
    },
  }),
  sampleCapture('gemini', {
    dialect: 'gemini',
    model: 'gemini-2.5-flash',
    request: {
      systemInstruction: { parts: [{ text: 'Sei höflich.' }] },
      contents: [{ role: 'user', parts: [{ text: 'Wo ist der See?' }] }],
    },
  }),
];

const records = (list: readonly Capture[]) =>
  list.map((capture) => ({ kind: 'capture' as const, capture }));

describe('captures of several dialects', () => {
  it('come back as they were, and are counted', async () => {
    const store = await temporaryStore();
    await addRecords(store, records(captures), { source: 's', comparisonId: null, at });
    for (const capture of captures) expect(await loadCapture(store, capture.id)).toEqual(capture);
    expect(await countDialects(store)).toEqual([
      { dialect: 'chat', captures: 1 },
      { dialect: 'gemini', captures: 1 },
      { dialect: 'messages', captures: 1 },
      { dialect: 'responses', captures: 1 },
    ]);
  });

  it('are others if they ask another model in their path', async () => {
    const store = await temporaryStore();
    await addRecords(store, records(captures), { source: 's', comparisonId: null, at });
    const other = captures.map((capture) => ({ ...capture, model: 'other' }));
    const { fates } = await addRecords(store, records(other), {
      source: 's',
      comparisonId: null,
      at,
    });
    // A chat completion of an older store lacks the model of its path.
    expect(fates.map(({ kind }) => kind)).toEqual(['had', 'rejected', 'rejected', 'rejected']);
  });

  it('are found by what their prompts say, and not by names of members', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, captures);
    const found = async (term: string) =>
      [...(await findText(store, id, term, { index: 'build' }))].toSorted();
    expect(await found('höflich')).toEqual(['gemini', 'messages', 'responses']);
    expect(await found('der See')).toEqual(['gemini']);
    expect(await found('systemInstruction')).toEqual([]);
  });
});

describe('the earlier turns of a conversation', () => {
  const call = { type: 'tool_use', id: 'a', name: 'find', input: { number: 7 } };
  const asked = { role: 'user', content: 'Rechnung 7?' };
  const first = sampleCapture('first', {
    dialect: 'messages',
    request: { model: 'c', max_tokens: 9, system: 's', messages: [asked] },
    recorded: [
      {
        model: 'c',
        production: true,
        body: { type: 'message', role: 'assistant', content: [call], stop_reason: 'tool_use' },
        timeToFirstTokenMs: null,
        totalMs: null,
      },
    ],
  });
  const result = { type: 'tool_result', tool_use_id: 'a', content: 'bezahlt' };
  const second = (name: string): Capture =>
    sampleCapture('second', {
      dialect: 'messages',
      request: {
        model: 'c',
        max_tokens: 9,
        system: 's',
        messages: [
          asked,
          { role: 'assistant', content: [{ ...call, name }] },
          { role: 'user', content: [result] },
        ],
      },
    });

  it('are known by the answer that the next request repeats, in its dialect', () => {
    const turns = new EarlierTurns();
    for (const capture of [first, second('find')]) turns.remember(capture);
    expect([first, second('find')].map((one) => turns.isEarlier(one))).toEqual([true, false]);
    const others = new EarlierTurns();
    for (const capture of [first, second('delete')]) others.remember(capture);
    expect(others.isEarlier(first)).toBe(false);
  });
});
