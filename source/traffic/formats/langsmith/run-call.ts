import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { requestProblem } from '../../request.ts';
import { readAnswer } from '../parts/answer.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { readMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { bodyAsSent, missingOf, requestOf, type TracedCall } from '../parts/traced-call.ts';
import { firstCount, usageOf } from '../parts/usage.ts';

/** What `invocation_params` may be without; it has no schema that was bound as a parser. */
const uncertain = ['response_format', 'tool_choice'];

/**
 * The content of a run. The wrapper of OpenAI's SDK keeps the body as it was sent; LangChain keeps its
 * messages as constructors and the parameters in `extra.invocation_params`.
 */
export const runCall = (run: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const inputs = objectIn(run['inputs']);
  const extra = objectIn(run['extra']);
  const metadata = objectIn(extra['metadata']);
  const invocation = objectIn(extra['invocation_params']);
  const { messages, input, prompts: _, ...beside } = inputs;
  const read = readMessages(messages ?? input, { lost });
  if (read === null) {
    const reason = reasonFor(inputs);
    return { request: null, answer: null, partial: [], reason };
  }
  const model = textOf(
    inputs['model'],
    invocation['model'],
    invocation['model_name'],
    metadata['ls_model_name'],
  );
  const given = { ...readParameters(invocation, lost), ...readParameters(beside, lost) };
  const known = Object.keys(invocation).length > 0 || inputs['model'] !== undefined;
  const isBody = inputs['model'] !== undefined && requestProblem(inputs) === null;
  const request = isBody
    ? bodyAsSent(inputs)
    : requestOf({
        model,
        messages: read.messages,
        tools: read.tools,
        parameters: { ...(known ? {} : settingsIn(metadata)), ...given },
      });
  return {
    request,
    answer: readAnswer(outputOf(run), {
      id: null,
      model,
      finishReasons: [],
      usage: usageOf({
        input: firstCount(run['prompt_tokens']),
        output: firstCount(run['completion_tokens']),
        cachedInput: null,
        reasoning: null,
      }),
      choices: readNumber(given['n']) ?? 1,
    }),
    partial: [
      ...new Set([
        ...(known ? [] : ['parameters']),
        ...(isBody ? [] : missingOf(request, uncertain)),
        ...(isBody ? [] : lost),
      ]),
    ],
    reason: null,
  };
};

const reasonFor = (inputs: JsonObject): string => {
  if (Object.keys(inputs).length === 0)
    return 'prompt not stored (LangSmith: LANGSMITH_HIDE_INPUTS)';
  return inputs['prompts'] === undefined && inputs['prompt'] === undefined
    ? 'no messages in the inputs'
    : 'not a chat completion (prompts without roles)';
};

/** `outputs`, or what stands in its only key, as functions that are traced by hand leave it. */
const outputOf = (run: JsonObject): JsonValue | undefined => {
  const outputs = unwrapJson(run['outputs']);
  if (!isJsonObject(outputs)) return outputs;
  const keys = Object.keys(outputs);
  if (keys.length === 0) return undefined;
  const { output } = outputs;
  return keys.length === 1 && output !== undefined ? output : outputs;
};

const settingsIn = (metadata: JsonObject): JsonObject =>
  readParameters(
    {
      temperature: metadata['ls_temperature'] ?? null,
      max_tokens: metadata['ls_max_tokens'] ?? null,
      stop: metadata['ls_stop'] ?? null,
    },
    new Set(),
  );

const objectIn = (value: JsonValue | undefined): JsonObject => {
  const read = unwrapJson(value);
  return isJsonObject(read) ? read : {};
};

const textOf = (...values: readonly (JsonValue | undefined)[]): string | null => {
  const found = values.find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : null;
};
