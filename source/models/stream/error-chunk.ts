import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { errorText } from '../call/error-message.ts';

/**
 * What a chunk or a completion says of its own failure: in `error` as OpenAI's relatives do, without a
 * wrapper (vLLM, DashScope's own form), or inside a choice (OpenRouter). Null when it says of none.
 */
export const chunkError = (chunk: JsonObject): string | null => {
  const inChoice = choiceError(chunk);
  if (inChoice !== undefined) return errorText(inChoice) ?? JSON.stringify(inChoice);
  const isError =
    Boolean(chunk['error']) ||
    chunk['object'] === 'error' ||
    (!Array.isArray(chunk['choices']) && 'code' in chunk && typeof chunk['message'] === 'string');
  return isError ? (errorText(chunk) ?? JSON.stringify(chunk)) : null;
};

const choiceError = (chunk: JsonObject): JsonValue | undefined => {
  const { choices } = chunk;
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices as readonly JsonValue[]) {
    if (isJsonObject(choice) && choice['error']) return choice['error'];
  }
  return undefined;
};
