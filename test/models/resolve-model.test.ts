import { describe, expect, it } from 'vitest';
import { builtInProviders } from '../../source/models/providers.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { UserError } from '../../source/text/user-error.ts';

const sentence = (text: string): string => {
  try {
    resolveModel(text);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error(`${text} is a model`);
};

describe('a model with a provider', () => {
  it('is found with any slashes in its name', () => {
    expect(resolveModel('openai/gpt-4o')).toMatchObject({
      kind: 'live',
      label: 'openai/gpt-4o',
      name: 'gpt-4o',
      provider: { id: 'openai', baseUrl: 'https://api.openai.com/v1' },
    });
    expect(resolveModel(' openrouter/meta-llama/llama-3:free ')).toMatchObject({
      label: 'openrouter/meta-llama/llama-3:free',
      name: 'meta-llama/llama-3:free',
      provider: { id: 'openrouter' },
    });
    expect(resolveModel('global-api/deepseek-v4-flash')).toMatchObject({
      provider: { baseUrl: 'https://global-apis.com/v1', keyVariables: ['GLOBAL_API_KEY'] },
    });
  });

  it('is refused in one sentence when the provider is not known', () => {
    const ids = builtInProviders().map(({ id }) => id);
    expect(sentence('opnai/gpt-4o')).toBe(
      `There is no provider "opnai". Did you mean openai? Known: ${ids.join(', ')}; any other server as URL#name.`,
    );
    expect(sentence('acme/gpt')).toMatch(/^There is no provider "acme". Known: openai, /);
  });

  it('is refused without a model, without a provider, and empty', () => {
    expect(sentence('openai/')).toBe(
      '"openai/" does not name a model. Write openai/ and the model\'s name there.',
    );
    expect(sentence('openai')).toMatch(/^"openai" does not name a model\./);
    expect(sentence('gpt-4o')).toMatch(/^"gpt-4o" does not name a provider\. Write provider\/name/);
    expect(sentence('  ')).toMatch(/^A model has no name\./);
  });

  it('sanitizes the input', () => {
    expect(sentence('a\u001b[31mb\n/x')).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('a model at a URL', () => {
  it('is found with or without a final slash, and nothing is appended', () => {
    for (const url of ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/v1//']) {
      expect(resolveModel(`${url}#qwen3-32b`)).toEqual({
        kind: 'live',
        label: `${url}#qwen3-32b`,
        name: 'qwen3-32b',
        provider: {
          id: 'http://127.0.0.1:8080/v1',
          baseUrl: 'http://127.0.0.1:8080/v1',
          dialects: { chat: {} },
          keyVariables: ['UNDERSTUDY_API_KEY'],
          keyRequired: false,
          streamOptions: true,
          pricesId: null,
          headers: {},
          authorization: 'bearer',
          quirks: 'openai-compatible',
          loadsOnFirstCall: false,
          batch: false,
        },
      });
    }
    expect(resolveModel('https://h.example#org/model#4')).toMatchObject({
      name: 'org/model#4',
      provider: { baseUrl: 'https://h.example' },
    });
    expect(resolveModel('https://h.example/openai/?api-version=1#m')).toMatchObject({
      provider: { baseUrl: 'https://h.example/openai?api-version=1' },
    });
  });

  it('recognizes Azure by its host and sends its key to no other', () => {
    const azure = {
      keyVariables: ['AZURE_OPENAI_API_KEY'],
      keyRequired: true,
      authorization: 'api-key',
      quirks: 'azure',
    };
    const base = 'https://res.openai.azure.com/openai/v1';
    expect(resolveModel(`${base}#deployment`)).toMatchObject({
      name: 'deployment',
      provider: { ...azure, id: base, baseUrl: base },
    });
    for (const other of ['http://res.openai.azure.com', 'https://openai.azure.com.evil.example']) {
      expect(resolveModel(`${other}#m`)).toMatchObject({
        provider: { keyVariables: ['UNDERSTUDY_API_KEY'], authorization: 'bearer' },
      });
    }
  });

  it('takes a provider’s key only at that provider’s own scheme, host and port', () => {
    expect(resolveModel('https://api.deepseek.com/beta#deepseek-v4-flash')).toMatchObject({
      provider: {
        id: 'https://api.deepseek.com/beta',
        baseUrl: 'https://api.deepseek.com/beta',
        keyVariables: ['DEEPSEEK_API_KEY'],
        keyRequired: true,
      },
    });
    for (const url of [
      'http://api.deepseek.com',
      'https://api.deepseek.com:8443',
      'https://api.deepseek.com.example',
    ]) {
      expect(resolveModel(`${url}#m`)).toMatchObject({
        provider: { keyVariables: ['UNDERSTUDY_API_KEY'] },
      });
    }
  });

  it('is refused without a name, and the message shows how to write it', () => {
    expect(sentence('http://127.0.0.1:8080/v1')).toBe(
      '"http://127.0.0.1:8080/v1" does not name a model. Append # and the model\'s name: http://127.0.0.1:8080/v1#qwen3-32b.',
    );
    expect(sentence('http://127.0.0.1:8080/v1#')).toMatch(/does not name a model/);
  });

  it('is refused when it is not a URL, and when it holds a password, which is not repeated', () => {
    expect(sentence('http://#m')).toMatch(/^"http:\/\/" is not a URL\./);
    expect(sentence('https://me:s3cret@h.example/v1#m')).not.toContain('s3cret');
  });

  it.each([
    'key=s3cret',
    'api_key=s3cret',
    'apikey=s3cret',
    'x=1&access_token=s3cret',
    'sig=s3cret',
    'x=sk-s3cret',
  ])('is refused with a key in its query, which is not repeated: %s', (query) => {
    const said = sentence(`https://h.example/v1?${query}#m`);
    expect(said).toMatch(/seems to contain a key.*UNDERSTUDY_API_KEY/);
    expect(said).not.toContain('s3cret');
  });
});

describe('a recorded model', () => {
  it('is production, or a named model', () => {
    expect(resolveModel('recorded')).toEqual({ kind: 'recorded', label: 'recorded', name: null });
    expect(resolveModel('recorded:openai/gpt-4:x')).toEqual({
      kind: 'recorded',
      label: 'recorded:openai/gpt-4:x',
      name: 'openai/gpt-4:x',
    });
    expect(sentence('recorded: ')).toMatch(/does not name a model/);
  });
});
