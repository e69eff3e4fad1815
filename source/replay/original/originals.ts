import type { CallResult } from '../../models/answer.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Capture } from '../../traffic/capture.ts';
import type { KnownValue } from '../../redaction/known-values.ts';
import {
  placeholdersInRequest,
  restoreValues,
  type RemovedValues,
} from '../../redaction/removed-values.ts';
import { redactObject } from '../../redaction/redact-json.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { resultRedaction } from './redact-result.ts';

/** How a request is sent with its original values, which are in memory alone. */
export type Original = {
  /** How many different placeholders the captured request has, at least one. */
  readonly placeholders: number;
  /** What is sent in place of a body with placeholders. */
  readonly restore: (body: JsonObject) => JsonObject;
  /** What came of the call as it may be shown and stored. */
  readonly redact: (result: CallResult) => CallResult;
};

/** The originals of a replay; null where one is not known. */
export type Originals = { readonly of: (capture: Capture) => Original | null };

/** Why a capture is not sent that is redacted, when originals are asked for. */
export const noOriginal = 'its original is not in the files named';

/**
 * The originals of captures by what was taken out of them; `redactor` is the one that did. Two calls
 * for one capture behind each other are cheap.
 */
export const createOriginals = (
  taken: ReadonlyMap<string, RemovedValues>,
  redactor: Redactor,
): Originals => {
  let last: { readonly capture: Capture; readonly original: Original | null } | null = null;
  const read = (capture: Capture): Original | null => {
    const { id, request } = capture;
    const out = taken.get(id);
    if (out === undefined) return null;
    const values = new Map<string, KnownValue>();
    redactObject(restoreValues(request, request, out), redactor, (rule, value, placeholder) => {
      values.set(value, { rule, placeholder });
    });
    return {
      placeholders: placeholdersInRequest(request).size,
      restore: (body) => restoreValues(body, request, out),
      redact: resultRedaction(redactor, values),
    };
  };
  return {
    of: (capture) => {
      if (last?.capture !== capture) last = { capture, original: read(capture) };
      return last.original;
    },
  };
};
