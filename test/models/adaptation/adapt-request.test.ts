import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import { liveModel } from '../call.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';

const model = liveModel('http://127.0.0.1:1/v1');

const changes = (request: Parameters<typeof adaptRequest>[0]): readonly string[] =>
  adaptRequest(request, model).adaptations.map(({ parameter, action }) => `${action} ${parameter}`);

describe('adapting a request', () => {
  it('sets the model, streams, asks for usage, and says so', () => {
    const request = { model: 'gpt-4o', messages: [], temperature: 0, custom: { a: [1] } };
    const { body, adaptations } = adaptRequest(request, model);
    expect(JSON.stringify(body)).toBe(
      '{"model":"test-model","messages":[],"temperature":0,"custom":{"a":[1]},"stream":true,"stream_options":{"include_usage":true}}',
    );
    expect(adaptations.map(({ parameter, action }) => [parameter, action])).toEqual([
      ['model', 'changed'],
      ['stream', 'added'],
      ['stream_options', 'added'],
    ]);
    for (const { reason } of adaptations) expect(reason).toMatch(/^[a-z].*[a-z]$/);
    expect(request).toEqual({ model: 'gpt-4o', messages: [], temperature: 0, custom: { a: [1] } });
  });

  it('changes nothing that is already so', () => {
    const request = {
      model: 'test-model',
      stream: true,
      stream_options: { include_usage: true },
      n: 1,
    };
    expect(adaptRequest(request, model)).toEqual({ body: request, adaptations: [] });
  });

  it('takes out what would file the replay in production, and keeps one answer of several', () => {
    const request = {
      model: 'test-model',
      stream: true,
      stream_options: { include_obfuscation: false },
      store: true,
      metadata: { team: 'x' },
      user: 'u1',
      n: 3,
    };
    expect(changes(request)).toEqual([
      'removed store',
      'removed metadata',
      'removed user',
      'changed n',
      'changed stream_options',
    ]);
    expect(adaptRequest(request, model).body).toEqual({
      model: 'test-model',
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
      n: 1,
    });
  });

  it('asks no usage of a provider that does not know how', () => {
    const zai = resolveModel('zai/glm-5');
    if (zai.kind !== 'live') throw new Error('not live');
    const { body, adaptations } = adaptRequest({ stream_options: { include_usage: true } }, zai);
    expect(body).toEqual({ model: 'glm-5', stream: true });
    expect(adaptations.at(-1)).toMatchObject({ parameter: 'stream_options', action: 'removed' });
  });
});
