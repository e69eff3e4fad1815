import { isJsonObject, type JsonObject, type JsonValue } from '../text/json.ts';
import { sha256 } from './hash.ts';

/** Why a request cannot be replayed, as a short stable phrase; null when it can. */
export const requestProblem = (request: JsonValue | undefined): string | null => {
  if (!isJsonObject(request)) return 'no request';
  const { messages } = request;
  if (!Array.isArray(messages) || messages.length === 0) {
    const isOther =
      typeof request['model'] === 'string' && ('input' in request || 'prompt' in request);
    return isOther ? 'not a chat completion' : 'no messages';
  }
  return messages.every((entry) => isJsonObject(entry) && typeof entry['role'] === 'string')
    ? null
    : 'a message without a role';
};

/** Longer labels are cut: they are names for people. */
const maximumEndpointLength = 200;

/**
 * The label of the production feature that made a request: the first candidate that is a text, else
 * one derived from the system prompt, so that requests of one feature stay together.
 */
export const endpointLabel = (
  request: JsonObject,
  candidates: readonly (JsonValue | undefined)[],
): string => {
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate.trim() !== '') {
      return candidate.trim().slice(0, maximumEndpointLength);
    }
  }
  const prompt = systemPrompt(request);
  return prompt === '' ? 'no-system-prompt' : `system-${sha256(prompt).slice(0, 8)}`;
};

const systemPrompt = (request: JsonObject): string => {
  const messages = Array.isArray(request['messages']) ? request['messages'] : [];
  const parts: string[] = [];
  for (const entry of messages as readonly JsonValue[]) {
    if (isJsonObject(entry) && (entry['role'] === 'system' || entry['role'] === 'developer')) {
      const content = entry['content'];
      parts.push(typeof content === 'string' ? content : JSON.stringify(content ?? ''));
    }
  }
  return parts.join('\n');
};

/** The model that a body names, which is `unknown` where it names none. */
export const modelName = (...bodies: readonly JsonObject[]): string => {
  for (const { model } of bodies) {
    if (typeof model === 'string' && model !== '') return model;
  }
  return 'unknown';
};
