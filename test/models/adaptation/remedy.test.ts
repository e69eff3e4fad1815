import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptRequest } from '../../../source/models/adaptation/adapt-request.ts';
import { remedyFor, type Remedy } from '../../../source/models/adaptation/remedy.ts';
import type { Failure } from '../../../source/models/answer.ts';
import { statusFailure } from '../../../source/models/call/failures.ts';
import type { JsonObject, JsonValue } from '../../../source/text/json.ts';
import { liveModel } from '../call.ts';

type Refusal = {
  readonly source: string;
  readonly status: number;
  readonly body: JsonValue;
  readonly request: JsonObject;
  readonly remedy: Omit<Remedy, 'reason'> | null;
};

const refusals = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/refusals/refusals.json'), 'utf8'),
) as readonly Refusal[];

const failureOf = ({ status, body }: Refusal): Failure =>
  statusFailure(status, new Headers(), body);

const model = liveModel('http://127.0.0.1:1/v1');

const rejected = (message: string, parameter: string | null = null): Failure => ({
  reason: 'rejected',
  message: `The server answered 400: ${message}`,
  status: 400,
  retryAfterMs: null,
  parameter,
});

describe('the remedy for a refusal', () => {
  it.each(refusals.map((refusal, index) => [`${index} ${refusal.source}`, refusal] as const))(
    'of %s',
    (_name, refusal) => {
      const found = remedyFor(failureOf(refusal), refusal.request);
      if (refusal.remedy === null) {
        expect(found).toBeNull();
        return;
      }
      expect(found).toEqual({ ...refusal.remedy, reason: found?.reason });
      expect(found?.reason).toMatch(new RegExp(`^after a ${refusal.status}: .+`));
      const before = adaptRequest(refusal.request, model, {
        keep: new Set(Object.keys(refusal.request)),
      });
      const after = adaptRequest(before.body, model, { remedies: found === null ? [] : [found] });
      expect(after.adaptations.filter(({ action }) => action !== 'kept')).toContainEqual(
        expect.objectContaining({ parameter: refusal.remedy.parameter }),
      );
    },
  );

  it('is one short line', () => {
    const found = remedyFor(rejected(`temperature is not supported\n${'x'.repeat(900)}`), {
      temperature: 0,
    });
    expect(found?.reason).toMatch(/^after a 400: temperature is not supported x+…$/);
    expect(found?.reason.length).toBeLessThan(330);
  });

  it('is stored for the refused value, and does not change other values', () => {
    const refused = (message: string, request: JsonObject): readonly Remedy[] => {
      const remedy = remedyFor(rejected(message), request);
      return remedy === null ? [] : [remedy];
    };
    const sent = (request: JsonObject, remedies: readonly Remedy[]): JsonObject => {
      const {
        model: _model,
        stream: _stream,
        stream_options: _usage,
        ...rest
      } = adaptRequest(request, model, { remedies }).body;
      return rest;
    };
    const effort = refused("Unsupported value: 'reasoning_effort' does not support 'minimal'.", {
      reasoning_effort: 'minimal',
    });
    expect(sent({ reasoning_effort: 'minimal' }, effort)).toEqual({});
    expect(sent({ reasoning_effort: 'high' }, effort)).toEqual({ reasoning_effort: 'high' });
    const limit = refused('max_tokens is too large: 9000. It supports at most 4096', {
      max_tokens: 9000,
    });
    expect(sent({ max_tokens: 8000 }, limit)).toEqual({ max_tokens: 4096 });
    expect(sent({ max_tokens: 100 }, limit)).toEqual({ max_tokens: 100 });
    const choice = refused('this tool_choice is not supported', { tool_choice: 'required' });
    expect(sent({ tool_choice: 'required' }, choice)).toEqual({ tool_choice: 'auto' });
    expect(sent({ tool_choice: 'none' }, choice)).toEqual({ tool_choice: 'none' });
    const schema = refused('this response_format type is unavailable', {
      response_format: { type: 'json_schema', json_schema: {} },
    });
    const text = { response_format: { type: 'text' } };
    expect(
      sent({ response_format: { type: 'json_schema', json_schema: { a: 1 } } }, schema),
    ).toEqual({});
    expect(sent(text, schema)).toEqual(text);
  });

  it('is null for other failures', () => {
    const failure = rejected("Unsupported parameter: 'temperature'", 'temperature');
    expect(remedyFor(failure, { temperature: 0 })).not.toBeNull();
    expect(remedyFor({ ...failure, status: 413 }, { temperature: 0 })).toBeNull();
    expect(
      remedyFor({ ...failure, reason: 'server_error', status: 500 }, { temperature: 0 }),
    ).toBeNull();
    expect(remedyFor(failure, {})).toBeNull();
  });

  it('recognizes a short word as a parameter only where it is marked as one', () => {
    expect(remedyFor(rejected('a stop is not allowed here'), { stop: 'x', n: 1 })).toBeNull();
    expect(remedyFor(rejected("'stop' is not supported with this model"), { stop: 'x' })).toEqual({
      parameter: 'stop',
      action: 'removed',
      reason: "after a 400: 'stop' is not supported with this model",
    });
  });

  it('never removes parts that the request needs, regardless of the server', () => {
    const request = {
      model: 'm',
      stream: true,
      messages: [
        { role: 'user', content: 'Hi', tool_calls: [{ id: 'a', type: 'function', function: {} }] },
      ],
      tools: [{ type: 'function', function: { name: 'find', parameters: {}, strict: true } }],
      temperature: 0,
      stop: 'x',
    };
    const name = fc.constantFrom(
      'model',
      'stream',
      'messages',
      'messages[0]',
      'messages[0].content',
      'messages.0.role',
      'messages[0].tool_calls',
      'messages[0].tool_calls[0].id',
      'tools',
      'tools[0]',
      'tools[0].function',
      'tools[0].function.name',
      'tools[0].function.parameters',
      'tools[0].function.strict',
      'temperature',
      'stop',
      '',
      '[*]',
      '.',
    );
    const text = fc.oneof(
      name.map((one) => `Unsupported parameter: '${one}'.`),
      name.map((one) => `Unknown name "${one}": Cannot find field.`),
      name.map((one) => `${one} is not supported, use 'x' instead`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, fc.option(name), (message, parameter) => {
        const remedy = remedyFor(rejected(message, parameter), request);
        const { body } = adaptRequest(request, model, {
          remedies: remedy === null ? [] : [remedy],
        });
        expect(body['stream']).toBe(true);
        expect(body['messages']).toEqual(request.messages);
        expect(JSON.stringify(body['tools'] ?? null).replace(',"strict":true', '')).toBe(
          '[{"type":"function","function":{"name":"find","parameters":{}}}]',
        );
        expect(body['model']).toBe('test-model');
      }),
      { numRuns: 1000 },
    );
  });
});
