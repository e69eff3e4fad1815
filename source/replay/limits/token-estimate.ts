import type { Usage } from '../../models/answer.ts';
import type { JsonObject } from '../../text/json.ts';
import { outputLimit } from './cost-bound.ts';

/** The expected output tokens of a call before any answer was counted. */
const firstGuess = 1000;

/** The weight of a new answer in the moving averages. */
const weight = 0.1;

/**
 * Estimates the tokens that a call to one model uses, for the limit of tokens per minute. It starts
 * with one token per 4 bytes of input and, for the output, the request's own limit or 1,000. Both
 * then follow a moving average of the provider's counts. An estimate is cheap; actual usage
 * corrects it when it arrives.
 */
export class TokenEstimate {
  #inputPerByte = 0.25;
  #output: number | null = null;

  /** Returns whole tokens, ≥ 1, for a JSON body of this many bytes. */
  tokens(body: JsonObject, bytes: number): number {
    const limit = outputLimit(body) ?? Number.POSITIVE_INFINITY;
    const expected = this.#output ?? Math.min(limit, firstGuess);
    return Math.max(1, Math.ceil(bytes * this.#inputPerByte + Math.min(limit, expected)));
  }

  learn(bytes: number, { input, output }: Usage): void {
    if (input !== null && bytes > 0) {
      this.#inputPerByte += weight * (input / bytes - this.#inputPerByte);
    }
    if (output === null) return;
    this.#output = this.#output === null ? output : this.#output + weight * (output - this.#output);
  }
}
