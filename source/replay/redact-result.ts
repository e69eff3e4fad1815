import type { Answer, CallResult, Choice } from '../models/answer.ts';
import { knownValues, type KnownValue } from '../redaction/known-values.ts';
import { redactObject } from '../redaction/redact-json.ts';
import { redactText } from '../redaction/redact-text.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** The shortest prefix of a value that is recognized at the end of a truncated string. */
const shortestPart = 5;

const nothing = (): void => undefined;

/**
 * Returns a function that redacts the result of a call. It replaces every match of the redactor's
 * rules, every value that was sent (as a whole word, even if no rule recognizes it), and a prefix
 * of such a value at the end of a truncated string.
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
