import type { Answer } from '../../source/models/answer.ts';

/** A complete answer from the parts that a test cares about. */
export const answer = (part: Partial<Answer>): Answer => ({
  text: '',
  refusal: '',
  id: null,
  reasoning: '',
  otherChoices: [],
  logprobs: null,
  cost: null,
  toolCalls: [],
  finishReason: 'stop',
  usage: null,
  model: null,
  ...part,
});
