import type { Answer, CallResult, Choice } from '../models/answer.ts';
import type { JsonObject } from '../text/json.ts';
import { knownValues, type KnownValue } from '../redaction/known-values.ts';
import { redactObject } from '../redaction/redact-json.ts';
import { redactText } from '../redaction/redact-text.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** The shortest part of a value that is recognized at the end of a text that was cut off. */
const shortestPart = 5;

const nothing = (): void => undefined;

/**
 * Makes a function that takes values out of the result of a call: whatever the redactor's rules find,
 * every value that was sent wherever it appears as a word, even where no rule would recognize it, and
 * the beginning of one at the end of a text that was cut off.
 */
export const resultRedaction = (
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
  const cutText = (raw: string): string => withoutPart(text(raw), sent);
  const redactAnswer = (answer: Answer): Answer => {
    const redacted = redactObject(answer as unknown as JsonObject, both, nothing);
    const whole = redacted as unknown as Answer;
    return {
      ...whole,
      ...withoutParts(whole, sent),
      otherChoices: whole.otherChoices.map((choice) => ({
        ...choice,
        ...withoutParts(choice, sent),
      })),
    };
  };
  return (result) => {
    const { providerRequestId: id } = result;
    const providerRequestId = id === null ? null : text(id);
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

/** Adds numbers without the separators that they were written with, as models often repeat them. */
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

/** The texts of an answer that was cut off, without the beginning of a value at their end. */
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
