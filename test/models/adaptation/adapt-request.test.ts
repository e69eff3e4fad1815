import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import { liveModel } from '../call.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';

const model = liveModel('http://127.0.0.1:1/v1');

const changes = (request: Parameters<typeof adaptRequest>[0]): readonly string[] =>
  adaptRequest(request, model).adaptations.map(({ parameter, action }) => `${action} ${parameter}`);

describe('adapting a request', () => {
  it('sets the model, streaming and usage, and reports it', () => {
    const request = { model: 'gpt-4o', messages: [], temperature: 0, custom: { a: [1] } };
    const { body, adaptations } = adaptRequest(request, model);
    expect(JSON.stringify(body)).toBe(
      '{"model":"test-model","messages":[],"temperature":0,"custom":{"a":[1]},"stream":true,"stream_options":{"include_usage":true}}',
    );
    expect(adaptations.map(({ reason: _reason, ...change }) => change)).toEqual([
      { parameter: 'model', action: 'changed', from: 'gpt-4o', to: 'test-model' },
      { parameter: 'stream', action: 'added', to: true },
      { parameter: 'stream_options', action: 'added', to: { include_usage: true } },
    ]);
    for (const { reason } of adaptations) expect(reason).toMatch(/^[a-z].*[a-z]$/);
    expect(request).toEqual({ model: 'gpt-4o', messages: [], temperature: 0, custom: { a: [1] } });
  });

  it('changes nothing that is already as it must be', () => {
    const request = {
      model: 'test-model',
      stream: true,
      stream_options: { include_usage: true },
      n: 1,
    };
    expect(adaptRequest(request, model)).toEqual({ body: request, adaptations: [] });
  });

  it('removes what would store the replay in production, and asks for one answer instead of several', () => {
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
      'changed stream_options',
      'removed store',
      'removed metadata',
      'removed user',
      'changed n',
    ]);
    expect(adaptRequest(request, model).body).toEqual({
      model: 'test-model',
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
      n: 1,
    });
  });

  it('does not ask for usage where the provider does not know it', () => {
    const zai = resolveModel('zai/glm-5');
    if (zai.kind !== 'live') throw new Error('not live');
    const { body, adaptations } = adaptRequest({ stream_options: { include_usage: true } }, zai);
    expect(body).toEqual({ model: 'glm-5', stream: true });
    expect(adaptations).toContainEqual({
      parameter: 'stream_options',
      action: 'removed',
      from: { include_usage: true },
      reason: 'the provider does not know it',
    });
  });

  it('sends parameters that the user keeps, and reports them', () => {
    const request = { model: 'test-model', store: true, user: 'u1', metadata: { team: 'x' } };
    const { body, adaptations } = adaptRequest(request, model, {
      keep: new Set(['store', 'metadata', 'seed']),
    });
    expect(body).toEqual({
      model: 'test-model',
      store: true,
      metadata: { team: 'x' },
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(adaptations.filter(({ action }) => action !== 'added')).toEqual([
      {
        parameter: 'user',
        action: 'removed',
        from: 'u1',
        reason: 'a replay is not made by the end user',
      },
      {
        parameter: 'store',
        action: 'kept',
        from: true,
        reason: 'sent on because --keep names it',
      },
      {
        parameter: 'metadata',
        action: 'kept',
        from: { team: 'x' },
        reason: 'sent on because --keep names it',
      },
    ]);
  });

  it('applies remedies after the rules, each where its parameter occurs', () => {
    const request = {
      model: 'test-model',
      messages: [
        { role: 'developer', content: 'a' },
        { role: 'user', name: 'ann', content: 'b' },
        { role: 'user', name: 'ben', content: 'c' },
      ],
      temperature: 0,
      max_tokens: 99_999,
    };
    const { body, adaptations } = adaptRequest(request, model, {
      remedies: [
        { parameter: 'temperature', action: 'removed', reason: 'after a 400: no' },
        { parameter: 'messages[*].name', action: 'removed', reason: 'after a 400: no name' },
        { parameter: 'max_tokens', action: 'changed', to: 4096, reason: 'after a 400: too large' },
        { parameter: 'seed', action: 'removed', reason: 'after a 400: not of this request' },
      ],
    });
    expect(body).toEqual({
      model: 'test-model',
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'user', content: 'c' },
      ],
      max_tokens: 4096,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(adaptations.filter(({ reason }) => reason.startsWith('after a 400'))).toEqual([
      { parameter: 'temperature', action: 'removed', from: 0, reason: 'after a 400: no' },
      { parameter: 'messages[*].name', action: 'removed', reason: 'after a 400: no name' },
      {
        parameter: 'max_tokens',
        action: 'changed',
        from: 99_999,
        to: 4096,
        reason: 'after a 400: too large',
      },
    ]);
  });

  it('does not repeat a large value, which the captured request has', () => {
    const request = { model: 'test-model', metadata: { text: 'x'.repeat(1000) } };
    const { adaptations } = adaptRequest(request, model);
    expect(adaptations.find(({ parameter }) => parameter === 'metadata')).toEqual({
      parameter: 'metadata',
      action: 'removed',
      reason: 'a replay does not carry the labels of production',
    });
  });

  it('treats a key with any name as a key', () => {
    const text = '{"__proto__":{"store":true},"user":"u1","messages":[],"constructor":1}';
    const { body } = adaptRequest(JSON.parse(text), model);
    expect(JSON.stringify(body)).toBe(
      '{"__proto__":{"store":true},"messages":[],"constructor":1,"model":"test-model","stream":true,"stream_options":{"include_usage":true}}',
    );
  });
});
