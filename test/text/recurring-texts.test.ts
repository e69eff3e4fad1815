import { describe, expect, it } from 'vitest';
import { RecurringTexts } from '../../source/text/recurring-texts.ts';

describe('recurring texts', () => {
  const prompt = 'You answer in one word. '.repeat(20);

  const after = (added: string, times: number): RecurringTexts<string> => {
    const texts = new RecurringTexts<string>();
    for (let time = 1; time <= times; time++) texts.add(added, `value ${time}`);
    return texts;
  };

  it('are remembered from their second time on', () => {
    for (const text of [prompt, 'gpt-4o', '']) {
      expect(after(text, 1).get(text)).toBeUndefined();
      expect(after(text, 2).get(text)).toBe('value 2');
      expect(after(text, 3).get(text)).toBe('value 3');
    }
  });

  it('are not remembered where they are very long', () => {
    const long = 'x'.repeat(16 * 1024 + 1);
    expect(after(long, 2).get(long)).toBeUndefined();
  });

  it('stay while texts that occur once pass by', () => {
    for (const text of [prompt, 'gpt-4o']) {
      const texts = after(text, 2);
      for (let number = 0; number < 20_000; number++) texts.add(`${number} ${text}`, 'other');
      expect(texts.get(text)).toBe('value 2');
    }
  });

  it('are never confused with others', () => {
    const texts = after(prompt, 2);
    for (let at = 0; at < prompt.length; at++) {
      expect(texts.get(`${prompt.slice(0, at)}@${prompt.slice(at + 1)}`)).toBeUndefined();
    }
  });
});
