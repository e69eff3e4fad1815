import { isUnbilled, type Answer, type CallResult, type Usage } from '../../models/answer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { asksForHour } from '../../traffic/hour-in-cache.ts';

/** Output tokens reserved for a request without a limit of its own. */
export const defaultOutputTokens = 16_384;

/** Tokens reserved for an image, audio or file, which each provider counts by its own rules. */
const attachmentTokens = 50_000;

/**
 * Returns the most that a call with this body can use; `sent` is the request sent, as JSON. Input: one token
 * per UTF-8 byte, because no tokenizer produces more, and 50,000 for every part that is not text. If the
 * request asks for an hour in a cache, all of its input may be written for an hour. Output: see `outputBound`.
 */
export const usageBound = (body: JsonObject, sent: string = JSON.stringify(body)): Usage => {
  const input = Buffer.byteLength(sent) + attachmentTokens * attachments(body);
  return {
    input,
    output: outputBound(body),
    cachedInput: null,
    reasoning: null,
    ...(asksForHour(sent) ? { hourCacheWrite: input } : {}),
  };
};

/**
 * Returns the most tokens that a call with this body can answer with. Per choice: the limit of the request, or
 * 16,384 if it sets none. A reasoning model without a limit can exceed this bound.
 */
export const outputBound = (body: JsonObject): number =>
  (outputLimit(body) ?? defaultOutputTokens) * choicesOf(body);

/**
 * Returns the usage that an ended call charges to the budget, given its reserved bound. The
 * provider's own count wins. Without one, an answer is charged its bound; a call that was refused or
 * not sent nothing, because it is not billed; any other failure the whole input plus one output token per byte
 * received, because the provider may have started work.
 */
export const usageForBudget = (result: CallResult, bound: Usage): Usage => {
  const answer = result.kind === 'answered' ? result.answer : result.partial;
  const counted = answer?.usage;
  if (counted && counted.input !== null && counted.output !== null) return counted;
  if (result.kind === 'answered') return bound;
  return {
    input: isUnbilled(result.failure) ? 0 : bound.input,
    output: answer === null ? 0 : Math.min(receivedBytes(answer), bound.output ?? 0),
    cachedInput: null,
    reasoning: null,
    hourCacheWrite: bound.hourCacheWrite ?? null,
  };
};

/** Returns the output limit of a request in tokens; null if it sets none. */
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
