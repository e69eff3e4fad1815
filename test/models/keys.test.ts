import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../source/configuration/settings.ts';
import { apiKey, checkKeyHosts, readRunKeys, requireKey } from '../../source/models/keys.ts';
import type { Model, Provider } from '../../source/models/model.ts';
import { builtInProviders } from '../../source/models/providers.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

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
    expect(ask).toThrow('The key in OPENAI_API_KEY contains a space or another character');
    expect(ask).not.toThrow('quoted”');
  });
});

/** A provider `own` at this address with this variable, in a file that was only found. */
const found = (baseUrl: string, keyVariable: string) =>
  resolveSettings(
    { providers: { own: { baseUrl, keyVariable } } },
    { file: 'understudy.config.json', isNamed: false, day: '' },
  );

const modelsOf = (providers: readonly Provider[], ...names: readonly string[]): readonly Model[] =>
  names.map((name) => resolveModel(name, providers));

describe('a configuration that was only found', () => {
  it.each([
    ['https://api.openai.com/v2', 'OPENAI_API_KEY'],
    ['https://api.moonshot.cn/v1', 'KIMI_API_KEY'],
    ['https://acme.openai.azure.com/openai/v1', 'AZURE_OPENAI_API_KEY'],
    ['http://127.0.0.1:9999/v1', 'OLLAMA_API_KEY'],
    ['https://api.acme.example/v1', 'ACME_API_KEY'],
  ])('may send to %s the key in %s', (url, variable) => {
    const source = found(url, variable);
    const models = modelsOf(source.providers, 'own/m');
    expect(readRunKeys(models, { [variable]: 'sk' }, source).notices.at(-1)).toContain(
      `${variable} to ${new URL(url).host}`,
    );
  });

  it.each([
    ['http://api.openai.com/v1', 'OPENAI_API_KEY'],
    ['https://api.openai.com:8443/v1', 'OPENAI_API_KEY'],
    ['https://api.openai.com.example/v1', 'OPENAI_API_KEY'],
    ['https://api.deepseek.com', 'OPENAI_API_KEY'],
    ['http://127.0.0.1:9999/v1', 'OPENAI_API_KEY'],
    ['http://gpu.example:11434/v1', 'OLLAMA_API_KEY'],
    ['http://acme.openai.azure.com/openai/v1', 'AZURE_OPENAI_API_KEY'],
    ['https://api.acme.example/v1', 'UNDERSTUDY_API_KEY'],
  ])('may not send to %s the key in %s, set or not', (url, variable) => {
    const source = found(url, variable);
    const models = modelsOf(source.providers, 'own/m');
    for (const environment of [{ [variable]: 'sk' }, {}]) {
      expect(() => checkKeyHosts(models, environment, source)).toThrow(
        `makes own send the key in ${variable} to ${new URL(url).host}`,
      );
      checkKeyHosts(models, environment, { ...source, isNamed: true });
    }
  });
});

describe('the keys of a run', () => {
  it('are named with their hosts, each once, and where a configuration says so', () => {
    const source = found('http://gpu.example:8000/v1', 'ACME_API_KEY');
    const models = modelsOf(
      source.providers,
      'openai/a',
      'own/b',
      'own/c',
      'https://h.example/v1#d',
      'ollama/e',
      'recorded',
    );
    const environment = {
      OPENAI_API_KEY: 'sk-1',
      ACME_API_KEY: 'sk-2',
      UNDERSTUDY_API_KEY: 'sk-3',
    };
    const { keyOf, notices } = readRunKeys(models, environment, source);
    expect(models.map(keyOf)).toEqual(['sk-1', 'sk-2', 'sk-2', 'sk-3', '', '']);
    expect(notices).toEqual([
      'The key in ACME_API_KEY goes to http://gpu.example:8000 unencrypted: anyone on the network path can read it. Use https, or a tunnel that ends on this machine.',
      'Keys are sent: OPENAI_API_KEY to api.openai.com, ACME_API_KEY to gpu.example:8000 (own in understudy.config.json), UNDERSTUDY_API_KEY to h.example.',
    ]);
    expect(readRunKeys(modelsOf(source.providers, 'ollama/e'), {}, source).notices).toEqual([]);
  });
});
