import type { Answer, CallResult, Choice } from '../models/answer.ts';
import { isDistinct, knownValues, type KnownValue } from '../redaction/known-values.ts';
import { redactObject } from '../redaction/redact-json.ts';
import type { Redactor } from '../redaction/redactor.ts';
import {
  placeholdersInRequest,
  removedValues,
  restoreValues,
  type RemovedValues,
} from '../redaction/removed-values.ts';
import type { JsonObject } from '../text/json.ts';
import type { Capture } from '../traffic/capture.ts';
import { redactText } from '../redaction/redact-text.ts';
import { encodeBody, storable } from '../store/bodies.ts';
import type { Store } from '../store/open.ts';
import { countPendingRedacted, pendingRedacted } from '../store/redaction/redactions.ts';
import type { TrafficFile } from '../intake/inspect-files.ts';
import { takeIn, type ImportProgress, type RecordSink } from '../intake/take-in.ts';
import { redactCapture } from '../redaction/redact-capture.ts';

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

/** The shortest prefix of a value that is recognized at the end of a truncated string. */
const shortestPart = 5;

const nothing = (): void => undefined;

/**
 * Returns a function that redacts the result of a call. It replaces every match of the redactor's
 * rules, every value that was sent (as a whole word, even if no rule recognizes it), and a prefix
 * of such a value at the end of a truncated string.
 */
const resultRedaction = (
  redactor: Redactor,
  values: ReadonlyMap<string, KnownValue>,
): ((result: CallResult) => CallResult) => {
  const sent = withBareDigits(values);
  const known = knownValues(sent);
  const both: Redactor = {
    mayHold: (text) => redactor.mayHold(text) || known.mayHold(text),
    redact: (text, found) => known.redact(redactor.redact(text, found), found),
  };
  const text = (raw: string): string => redactText(raw, both, nothing);
  // The digits of an id may be those of a phone number by chance, and the id joins a call to its result.
  const protocolId = (id: string | null): string | null => {
    if (id === null) return null;
    const rules = new Set<string>();
    const redacted = redactText(id, both, (rule) => rules.add(rule));
    return rules.size === 1 && rules.has('phone') && /^[\w-]+$/.test(id) ? id : redacted;
  };
  const cutText = (raw: string): string => withoutPart(text(raw), sent);
  const redactAnswer = (answer: Answer): Answer => {
    // Redaction replaces strings and may drop logprobs; the shape stays.
    const redacted = redactObject(answer, both, nothing) as Answer;
    const calls = (to: Texts, from: Texts): Pick<Choice, 'toolCalls'> => ({
      toolCalls: to.toolCalls.map((call, index) => ({
        ...call,
        id: protocolId(from.toolCalls[index]?.id ?? null),
      })),
    });
    const whole = { ...redacted, ...calls(redacted, answer) };
    // Counts are the provider's, whatever number they look like.
    const { usage, cost } = answer;
    return {
      ...whole,
      usage,
      cost,
      id: protocolId(answer.id),
      ...withoutParts(whole, sent),
      otherChoices: whole.otherChoices.map((other, index) => {
        const choice = { ...other, ...calls(other, answer.otherChoices[index] ?? other) };
        return { ...choice, ...withoutParts(choice, sent) };
      }),
    };
  };
  return (result) => {
    const providerRequestId = protocolId(result.providerRequestId);
    if (result.kind === 'answered') {
      return { ...result, providerRequestId, answer: redactAnswer(result.answer) };
    }
    const { failure, partial } = result;
    const { message, parameter } = failure;
    return {
      ...result,
      providerRequestId,
      partial: partial === null ? null : redactAnswer(partial),
      failure: {
        ...failure,
        message: cutText(message),
        parameter: parameter === null ? null : text(parameter),
      },
    };
  };
};

/** Adds each number without its separators, because models often repeat it that way. */
const withBareDigits = (
  values: ReadonlyMap<string, KnownValue>,
): ReadonlyMap<string, KnownValue> => {
  const all = new Map(values);
  for (const [value, known] of values) {
    const bare = value.replaceAll(/[\s().-]/g, '');
    if (/^\+?\d{7,}$/.test(bare) && !all.has(bare)) all.set(bare, known);
  }
  return all;
};

type Texts = Pick<Choice, 'text' | 'refusal' | 'reasoning' | 'toolCalls' | 'finishReason'>;

/** Returns the strings of a truncated answer, without a prefix of a value at their end. */
const withoutParts = (answer: Texts, values: ReadonlyMap<string, KnownValue>): Partial<Texts> => {
  const { finishReason, reasoning, refusal, text, toolCalls } = answer;
  if (finishReason === 'stop' || finishReason === 'tool_calls') return {};
  return {
    text: withoutPart(text, values),
    refusal: withoutPart(refusal, values),
    reasoning: withoutPart(reasoning, values),
    toolCalls: toolCalls.map((call) => ({
      ...call,
      arguments: withoutPart(call.arguments, values),
    })),
  };
};

const withoutPart = (text: string, values: ReadonlyMap<string, KnownValue>): string => {
  const ellipsis = text.endsWith('…') ? 1 : 0;
  const end = text.length - ellipsis;
  for (const [value, { placeholder }] of values) {
    for (let length = Math.min(value.length - 1, end); length >= shortestPart; length--) {
      const start = end - length;
      if (!text.startsWith(value.slice(0, length), start)) continue;
      if (/\w/.test(text[start - 1] ?? '') && /\w/.test(value[0] ?? '')) continue;
      return `${text.slice(0, start)}${placeholder}${text.slice(end)}`;
    }
  }
  return text;
};

/** The originals found, and the number of redacted captures without one. */
type ReadOriginals = { readonly originals: OriginalRequests; readonly missing: number };

/**
 * Reads files of traffic again for the values that were removed from unanswered captures of the
 * comparisons. Keeps the values in memory only. A capture is not found if its redacted request
 * differs from the one in the store, for example because other rules redacted it.
 */
export const readOriginals = async (options: {
  readonly store: Store;
  readonly files: readonly TrafficFile[];
  /** A redactor with the salt of the store. */
  readonly redactor: Redactor;
  readonly comparisonIds: readonly string[];
  readonly samples: number;
  readonly progress: ImportProgress | null;
}): Promise<ReadOriginals> => {
  const { comparisonIds, progress, redactor, samples, store } = options;
  const removed = new Map<string, RemovedValues>();
  const waiting = await countPendingRedacted(store, comparisonIds, samples);
  const sink: RecordSink = {
    chunk: { records: 500, bytes: 1024 * 1024 },
    ahead: 0,
    add: async (records) => {
      const pairs = records.flatMap((record) => {
        if (record.kind !== 'capture') return [];
        const redacted = redactCapture(record.capture, redactor).capture;
        return [{ id: storable(redacted.id), redacted, original: record.capture }];
      });
      const ids = pairs.map(({ id }) => id);
      const wanted = await pendingRedacted(store, comparisonIds, ids, samples);
      for (const { id, original, redacted } of pairs) {
        if (removed.has(id) || wanted.get(id) !== encodeBody(redacted.request)) continue;
        const values = removedValues(asStored(redacted.request), asStored(original.request));
        if (values !== null) removed.set(id, values);
      }
      return { fates: [], redactions: {} };
    },
    commit: async () => {},
    close: async () => {},
  };
  if (waiting > 0) {
    const files = options.files.filter(({ format }) => !format.holdsAnswers);
    await takeIn(files, sink, { redactor: null, lastTurn: false, progress });
  }
  return { originals: new OriginalRequests(removed, redactor), missing: waiting - removed.size };
};

/** Returns a request as it reads back from the store. */
const asStored = (request: JsonObject): JsonObject => JSON.parse(encodeBody(request)) as JsonObject;
