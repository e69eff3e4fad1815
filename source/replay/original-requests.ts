import type { CallResult } from '../models/answer.ts';
import { isDistinct, type KnownValue } from '../redaction/known-values.ts';
import { redactObject } from '../redaction/redact-json.ts';
import type { Redactor } from '../redaction/redactor.ts';
import {
  placeholdersInRequest,
  restoreValues,
  type RemovedValues,
} from '../redaction/removed-values.ts';
import type { JsonObject } from '../text/json.ts';
import type { Capture } from '../traffic/capture.ts';
import { resultRedaction } from './redact-result.ts';

/** Sends the request of a redacted capture with its original values, which exist in memory only. */
export type OriginalRequest = {
  /** The number of different placeholders in the captured request, at least one. */
  readonly placeholders: number;
  /** Restores the original values in a body with placeholders. */
  readonly restore: (body: JsonObject) => JsonObject;
  /** Removes the original values from a result, so that it can be shown and stored. */
  readonly redact: (result: CallResult) => CallResult;
};

/** The reason for not sending a redacted capture whose original was requested. */
export const noOriginal = 'its original is not in the files named';

/** The original requests of a replay, restored from the values removed from their captures. */
export class OriginalRequests {
  readonly #removed: ReadonlyMap<string, RemovedValues>;
  readonly #redactor: Redactor;
  #last: { readonly capture: Capture; readonly original: OriginalRequest | null } | null = null;

  /** `removed` is keyed by capture id; `redactor` is the one that removed the values. */
  constructor(removed: ReadonlyMap<string, RemovedValues>, redactor: Redactor) {
    this.#removed = removed;
    this.#redactor = redactor;
  }

  /**
   * Returns the original of a capture; null if unknown. Repeated calls for one capture are cheap.
   */
  original(capture: Capture): OriginalRequest | null {
    if (this.#last?.capture !== capture) {
      this.#last = { capture, original: this.#restored(capture) };
    }
    return this.#last.original;
  }

  #restored({ id, request }: Capture): OriginalRequest | null {
    const removed = this.#removed.get(id);
    if (removed === undefined) return null;
    const values = new Map<string, KnownValue>();
    const whole = restoreValues(request, request, removed);
    redactObject(whole, this.#redactor, (rule, value, placeholder) => {
      if (isDistinct(rule, value)) values.set(value, { rule, placeholder });
    });
    return {
      placeholders: placeholdersInRequest(request).size,
      restore: (body) => restoreValues(body, request, removed),
      redact: resultRedaction(this.#redactor, values),
    };
  }
}
