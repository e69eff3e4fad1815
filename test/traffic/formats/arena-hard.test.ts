import { describe, expect, it } from 'vitest';
import { arenaHard } from '../../../source/traffic/formats/arena-hard.ts';
import { fixture, importedFile, readOne } from '../imported.ts';

const names = ['question', 'gpt-4-0613', 'gpt-3.5-turbo-0125'];

describe('files of Arena-Hard', () => {
  it.each(names)('are captures by themselves: %s', async (name) => {
    const { report, captures } = await importedFile(fixture(`arena-hard/${name}.jsonl`));
    expect(report).toMatchObject({ format: 'Arena-Hard', read: 3, added: 3, notReplayable: 0 });
    for (const { endpoint, recorded, request } of captures.values()) {
      expect(endpoint).toBe('arena-hard');
      expect(request).toEqual({ messages: [{ role: 'user', content: expect.any(String) }] });
      expect(recorded.map(({ model }) => model)).toEqual(name === 'question' ? [] : [name]);
    }
  });

  it('have the answer as the last message; earlier ones stay in the conversation', () => {
    const record = {
      uid: 'u',
      ans_id: 'a',
      model: 'm',
      messages: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: { answer: 'two' } },
        { role: 'user', content: 'three' },
        { role: 'assistant', content: { answer: 'four' } },
      ],
    };
    expect(readOne(arenaHard, record)).toMatchObject({
      kind: 'capture',
      capture: {
        id: 'u',
        request: {
          messages: [
            { role: 'user', content: 'one' },
            { role: 'assistant', content: 'two' },
            { role: 'user', content: 'three' },
          ],
        },
        recorded: [
          {
            model: 'm',
            production: false,
            body: { id: 'a', choices: [{ message: { content: 'four' } }] },
          },
        ],
      },
    });
  });
});
