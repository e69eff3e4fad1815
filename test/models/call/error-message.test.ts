import { describe, expect, it } from 'vitest';
import { statusFailure } from '../../../source/models/call/failures.ts';
import type { JsonValue } from '../../../source/text/json.ts';

const parameterOf = (body: JsonValue, status = 400): string | null =>
  statusFailure(status, new Headers(), body).parameter;

describe('the parameter that a refusal names', () => {
  it('is `param`, whatever the message says', () => {
    const error = { message: "Unsupported value: 'x'", param: 'max_tokens', code: null };
    expect(parameterOf({ error })).toBe('max_tokens');
    expect(parameterOf([{ error: { ...error, param: 'messages[0].role' } }])).toBe(
      'messages[0].role',
    );
  });

  it('is the location of a validation error', () => {
    const detail = [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs' }];
    expect(parameterOf({ detail }, 422)).toBe('seed');
    expect(parameterOf({ object: 'error', message: { detail } }, 422)).toBe('seed');
    const nested = [{ loc: ['body', 'messages', 0, 'name'] }];
    expect(parameterOf({ detail: nested }, 422)).toBe('messages.0.name');
  });

  it.each([
    [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
    ],
    [
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      'temperature',
    ],
    ['Unrecognized request argument supplied: enable_thinking', 'enable_thinking'],
    ["property 'reasoning_format' is unsupported", 'reasoning_format'],
    ['`logprobs` is not supported with this model', 'logprobs'],
    ['parameter.enable_thinking must be set to false for non-streaming calls', 'enable_thinking'],
    ['invalid temperature: only 1 is allowed for this model', 'temperature'],
    ['Invalid JSON payload received. Unknown name "logit_bias": Cannot find field.', 'logit_bias'],
    ['max_tokens: Field required', 'max_tokens'],
    ['top_p: Extra inputs are not permitted', 'top_p'],
    ['response_format is not supported by this model', 'response_format'],
    ["This model's maximum context length is 8192 tokens.", null],
    ['Error while downloading https://example.com/a.png.', null],
    ['Tool choice is required, but model did not call a tool', null],
  ])('is read from %j', (message, parameter) => {
    expect(parameterOf({ error: { message } })).toBe(parameter);
  });

  it('is null for other failures', () => {
    const error = { message: 'Unsupported parameter: seed', param: 'seed' };
    expect(parameterOf({ error }, 500)).toBeNull();
    expect(parameterOf({ error }, 404)).toBeNull();
  });
});
