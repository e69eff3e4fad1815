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
  it('fills in what an older version did not store', () => {
    const added = { id: null, otherChoices: [], logprobs: null, cost: null };
    expect(storedAnswer(old)).toEqual({ ...old, ...added });
  });

  it('keeps what was stored', () => {
    const whole = { ...old, id: 'c1', otherChoices: [], logprobs: ['x'], cost: 0.1 };
    expect(storedAnswer(whole)).toEqual(whole);
  });
});
