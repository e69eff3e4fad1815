import { describe, expect, it } from 'vitest';
import { storedAnswer } from '../../source/models/answer.ts';

const old = {
  text: 'a',
  refusal: '',
  reasoning: '',
  toolCalls: [],
  finishReason: 'stop',
  usage: null,
  model: 'm',
};

describe('storedAnswer', () => {
  it('fills in fields that an older version did not store', () => {
    const added = { id: null, otherChoices: [], logprobs: null, cost: null };
    expect(storedAnswer(old)).toEqual({ ...old, ...added });
  });

  it('keeps stored fields', () => {
    const whole = { ...old, id: 'c1', otherChoices: [], logprobs: ['x'], cost: 0.1 };
    expect(storedAnswer(whole)).toEqual(whole);
  });
});
