import { describe, expect, it } from 'vitest';
import { batchInputLine, readBatchOutputLine } from '../../../source/models/batch/batch-line.ts';
import { batchProfileOf } from '../../../source/models/batch/batch-profile.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';

const outputLine = (line: object) => readBatchOutputLine(JSON.stringify(line), 'apart');

const resultOf = (line: object) => outputLine({ custom_id: 'u1', ...line })?.result;

const completion = (content: string, finish = 'stop') => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
});

describe('a line of a batch', () => {
  it('has the request without streaming, on one line', () => {
    const model = resolveModel('openai/gpt-4o');
    const profile = model.kind === 'live' ? batchProfileOf(model.provider) : null;
    if (profile === null) throw new Error('OpenAI has a Batch API.');
    const request = {
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'two\nlines' }],
      stream: true,
      stream_options: { include_usage: true },
    };
    const line = batchInputLine(profile, 'u1', request);
    expect(line.split('\n')).toHaveLength(2);
    expect(JSON.parse(line)).toEqual({
      custom_id: 'u1',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-4o', messages: request.messages },
    });
  });

  it('is an answer with the provider\u2019s request id', () => {
    const response = { status_code: 200, request_id: 'req-1', body: completion('Pong') };
    expect(outputLine({ custom_id: 'u1', response, error: null })).toMatchObject({
      customId: 'u1',
      providerRequestId: 'req-1',
      result: { kind: 'answered', answer: { text: 'Pong', finishReason: 'stop' } },
    });
    // Mistral sends no error at all, others an empty one.
    const empty = { code: null, message: null };
    expect(resultOf({ response, error: empty })?.kind).toBe('answered');
    expect(resultOf({ response: { body: completion('Pong') } })?.kind).toBe('answered');
  });

  it.each([
    [400, 'rejected'],
    [404, 'not_found'],
    [429, 'rate_limited'],
    [500, 'server_error'],
  ] as const)('with status %i is a failure: %s', (status, reason) => {
    const body = { error: { message: 'no' } };
    const result = resultOf({ response: { status_code: status, body }, error: null });
    expect(result).toMatchObject({ kind: 'failed', failure: { reason, status } });
  });

  it.each([
    [{ code: 'batch_expired', message: 'too late' }, 'timeout'],
    [{ code: 'batch_cancelled', message: 'stopped' }, 'interrupted'],
    [{ code: 'invalid_request', message: 'no' }, 'rejected'],
    [{ code: '500', message: 'no' }, 'server_error'],
    [{ message: 'no' }, 'server_error'],
    [null, 'server_error'],
  ] as const)('without a response is a failure by its error %j: %s', (error, reason) => {
    expect(resultOf({ response: null, error })).toMatchObject({ failure: { reason } });
  });

  it('is a failure when the answer broke off or is missing', () => {
    const body = completion('half', 'network_error');
    expect(resultOf({ response: { status_code: 200, body } })).toMatchObject({
      failure: { reason: 'stream_error' },
    });
    for (const none of [null, {}, { choices: [] }, 'text', { error: { message: 'x' } }]) {
      expect(resultOf({ response: { status_code: 200, body: none } })).toMatchObject({
        failure: { reason: 'not_an_answer' },
      });
    }
  });

  it('is null when it names no request', () => {
    for (const text of ['', 'x', '[]', '"u1"', '{}', '{"custom_id":7}', '{"custom_id":"u1"']) {
      expect([text, readBatchOutputLine(text, 'apart')]).toEqual([text, null]);
    }
  });
});
