import type { Answer, CallResult, Usage } from '../../models/answer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** Output tokens reserved for a request without a limit. */
export const defaultOutputTokens = 16_384;

/** Tokens set aside for an image, a sound or a file, which providers count by rules of their own. */
const attachmentTokens = 50_000;

/**
 * The most that a call of this body can use. Input: a token for every UTF-8 byte of the body, because
 * no tokenizer makes more, and 50,000 for every part that is not text. Output, for each choice: the
 * limit of the request, or 16,384 if it sets none. A reasoning model without a limit can exceed this
 * bound.
 */
export const usageBound = (
  body: JsonObject,
  bytes: number = Buffer.byteLength(JSON.stringify(body)),
): Usage => ({
  input: bytes + attachmentTokens * attachments(body),
  output: (outputLimit(body) ?? defaultOutputTokens) * choicesOf(body),
  cachedInput: null,
  reasoning: null,
});

/**
 * What an ended call counts against the budget, given the bound that was set aside for it: the
 * provider's own count where there is one. Without it, an answer counts as its bound, an HTTP error as
 * nothing, because nobody bills for it, and any other failure as the whole input and a token of output
 * for every byte that arrived, because the provider may have begun to work.
 */
export const usageForBudget = (result: CallResult, bound: Usage): Usage => {
  const answer = result.kind === 'answered' ? result.answer : result.partial;
  const counted = answer?.usage;
  if (counted && counted.input !== null && counted.output !== null) return counted;
  if (result.kind === 'answered') return bound;
  const { status } = result.failure;
  const refused = status !== null && status >= 400;
  return {
    input: refused ? 0 : bound.input,
    output: answer === null ? 0 : Math.min(receivedBytes(answer), bound.output ?? 0),
    cachedInput: null,
    reasoning: null,
  };
};

/** The tokens that the request allows its answer; null where it sets no limit. */
export const outputLimit = (body: JsonObject): number | null => {
  const limits = [body['max_completion_tokens'], body['max_tokens']].filter(
    (limit): limit is number => typeof limit === 'number' && limit > 0,
  );
  return limits.length === 0 ? null : Math.max(...limits);
};

const choicesOf = (body: JsonObject): number => {
  const choices = body['n'];
  return typeof choices === 'number' && choices > 1 ? choices : 1;
};

const attachments = (body: JsonObject): number => {
  const messages: JsonValue | undefined = body['messages'];
  if (!Array.isArray(messages)) return 0;
  let count = 0;
  for (const message of messages as readonly JsonValue[]) {
    const content = isJsonObject(message) ? message['content'] : null;
    if (!Array.isArray(content)) continue;
    for (const part of content as readonly JsonValue[]) {
      if (isJsonObject(part) && part['type'] !== 'text') count++;
    }
  }
  return count;
};

const receivedBytes = (answer: Answer): number => {
  let bytes = 0;
  for (const text of [answer.text, answer.refusal, answer.reasoning]) {
    bytes += Buffer.byteLength(text);
  }
  for (const call of answer.toolCalls) bytes += Buffer.byteLength(call.name + call.arguments);
  return bytes;
};
