import type { Usage } from '../../models/answer.ts';
import type { JsonObject } from '../../text/json.ts';
import { outputLimitOf } from './cost-bound.ts';

/** Output tokens that a call is expected to use before any answer has said so. */
const firstGuess = 1000;

/** The share of what is known that one more answer makes. */
const share = 0.1;

/** What the calls to one model are expected to count against its tokens a minute. */
export type TokenEstimate = {
  /** Whole tokens, ≥ 1, of a body of so many bytes of JSON. */
  readonly of: (body: JsonObject, bytes: number) => number;
  readonly learn: (bytes: number, usage: Usage) => void;
};

/**
 * Begins with a token for 4 bytes of input, and for the output with the request's own limit or 1,000;
 * then both follow a moving average of what the provider counted. Costs next to nothing a call; what
 * was counted wrongly is put right when the usage comes.
 */
export const createTokenEstimate = (): TokenEstimate => {
  let inputPerByte = 0.25;
  let output: number | null = null;
  return {
    of(body, bytes) {
      const limit = outputLimitOf(body) ?? Number.POSITIVE_INFINITY;
      const expected = output ?? Math.min(limit, firstGuess);
      return Math.max(1, Math.ceil(bytes * inputPerByte + Math.min(limit, expected)));
    },
    learn(bytes, usage) {
      if (usage.input !== null && bytes > 0) {
        inputPerByte += share * (usage.input / bytes - inputPerByte);
      }
      if (usage.output !== null) {
        output = output === null ? usage.output : output + share * (usage.output - output);
      }
    },
  };
};
