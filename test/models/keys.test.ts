import { describe, expect, it } from 'vitest';
import { apiKey, requireKey } from '../../source/models/keys.ts';
import type { Provider } from '../../source/models/model.ts';
import { builtInProviders } from '../../source/models/providers.ts';

const provider = (id: string): Provider => {
  const found = builtInProviders().find((known) => known.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

describe('a key', () => {
  it('is the first variable that is set, without the white space around it', () => {
    const environment = { GOOGLE_API_KEY: ' second\n', GEMINI_API_KEY: ' ' };
    expect(apiKey(provider('gemini'), environment)).toBe('second');
    expect(apiKey(provider('gemini'), { ...environment, GEMINI_API_KEY: 'first' })).toBe('first');
    expect(apiKey(provider('gemini'), {})).toBeNull();
  });

  it('that is missing is asked for by its variable', () => {
    expect(() => requireKey(provider('deepseek'), { OPENAI_API_KEY: 'sk' })).toThrow(
      'deepseek needs a key and DEEPSEEK_API_KEY is not set. Set DEEPSEEK_API_KEY in the environment and run it again.',
    );
    expect(() => requireKey(provider('zai'), {})).toThrow('Set ZAI_API_KEY (or ZHIPUAI_API_KEY)');
  });

  it('is empty where none is needed', () => {
    expect(requireKey(provider('ollama'), {})).toBe('');
    expect(requireKey(provider('ollama'), { OLLAMA_API_KEY: 'k' })).toBe('k');
  });

  it('that can be none is refused and not repeated', () => {
    const ask = (): string => requireKey(provider('openai'), { OPENAI_API_KEY: 'sk-“quoted”' });
    expect(ask).toThrow('The key in OPENAI_API_KEY holds a space or another character');
    expect(ask).not.toThrow('quoted”');
  });
});
