import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../text/json.ts';
import { sha256 } from './hash.ts';

/** Why a request cannot be replayed, as a short, stable phrase; null if it can. */
export const requestProblem = (request: JsonValue | undefined): string | null => {
  if (!isJsonObject(request)) return 'no request';
  const { messages } = request;
  if (!isJsonArray(messages) || messages.length === 0) {
    const isOtherCall =
      typeof request['model'] === 'string' && ('input' in request || 'prompt' in request);
    return isOtherCall ? 'not a chat completion' : 'no messages';
  }
  return messages.every((entry) => isJsonObject(entry) && typeof entry['role'] === 'string')
    ? null
    : 'a message without a role';
};

/** Labels are names for people; longer ones are cut. */
const maximumEndpointLength = 200;

/**
 * The label of the production feature that made a request: the first candidate that is a string and not
 * blank, else one derived from the system prompt, which groups the requests of one feature.
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

const systemPrompt = (request: JsonObject): string =>
  objectsIn(request['messages'])
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')))
    .join('\n');

/** The model that the first of some bodies names; `unknown` if none does. */
export const modelName = (...bodies: readonly JsonObject[]): string => {
  for (const { model } of bodies) {
    if (typeof model === 'string' && model !== '') return model;
  }
  return 'unknown';
};
