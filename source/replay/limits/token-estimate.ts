import type { Usage } from '../../models/answer.ts';
import type { JsonObject } from '../../text/json.ts';
import { outputLimit } from './cost-bound.ts';

/** Output tokens that a call is expected to use before any answer was counted. */
const firstGuess = 1000;

/** The weight of one more answer in the moving averages. */
const weight = 0.1;

/**
 * Estimates what the calls to one model count against its tokens per minute. It begins with a token
 * for 4 bytes of input and, for the output, the request's own limit or 1,000; then both follow a
 * moving average of what the provider counted. It costs next to nothing per call; wrong estimates are
 * corrected when the usage arrives.
 */
export class TokenEstimate {
  #inputPerByte = 0.25;
  #output: number | null = null;

  /** Whole tokens, ≥ 1, for a JSON body of this many bytes. */
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
