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

/** How the request of a redacted capture is sent with its original values, which are in memory only. */
export type OriginalRequest = {
  /** How many different placeholders the captured request has, at least one. */
  readonly placeholders: number;
  /** Puts the original values into a body with placeholders. */
  readonly restore: (body: JsonObject) => JsonObject;
  /** Takes the original values out of a result, which can then be shown and stored. */
  readonly redact: (result: CallResult) => CallResult;
};

/** Why a redacted capture is not sent when originals are asked for. */
export const noOriginal = 'its original is not in the files named';

/** The original requests of a replay, restored from the values removed from their captures. */
export class OriginalRequests {
  readonly #removed: ReadonlyMap<string, RemovedValues>;
  readonly #redactor: Redactor;
  #last: { readonly capture: Capture; readonly original: OriginalRequest | null } | null = null;

  /** `removed` is by the capture's id; `redactor` is the one that removed it. */
  constructor(removed: ReadonlyMap<string, RemovedValues>, redactor: Redactor) {
    this.#removed = removed;
    this.#redactor = redactor;
  }

  /** The original of a capture; null where it is not known. Asking twice in a row is cheap. */
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
