import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { recogniseCallBody } from '../../dialects/recognise-call.ts';
import { recogniseAnswerBody } from '../../dialects/recognise-answer.ts';
import { readObservationInput } from '../langfuse/observation-call.ts';
import { type AnswerFacts, readFinishReason } from './chat-completion.ts';
import { storedValue, unwrapJson, unwrapObject } from './embedded-json.ts';
import { readNumber, readParameters } from './parameters.ts';
import { readToolDefinitions } from './tools.ts';
import { readTracedAnswer } from './traced-answer.ts';
import {
  bodyFromArguments,
  chatRequest,
  missingParameters,
  promptOutside,
  storedElsewhere,
  type TracedCall,
} from './traced-call.ts';

/** A call as a trace has it that keeps what went in, what came out, and the parameters beside them. */
export type StoredCall = {
  readonly input: JsonValue | undefined;
  readonly output: JsonValue | undefined;
  readonly model: string | null;
  readonly parameters: JsonObject;
  readonly tools: JsonValue | undefined;
  readonly usage: JsonObject | null;
  /** Why the answer ended, in any spelling, if the trace says it beside the answer. */
  readonly finishReason?: JsonValue | undefined;
  /** What else the trace did not keep. */
  readonly lost: ReadonlySet<string>;
  /** The reason if there is no input, with the setting that keeps it. */
  readonly absent: string;
};

/**
 * Reads a call whose input is a list of messages, a text, or an object that holds them. An input that is the whole
 * body of a request, in any dialect, is kept as it is, with its answer.
 */
export const readStoredCall = (call: StoredCall): TracedCall => {
  const { absent, model, parameters: beside, usage } = call;
  const input = storedValue(call.input);
  if (input === undefined) return { request: null, reason: absent };
  const lost = new Set(call.lost);
  const stored = unwrapObject(input);
  const continued = storedElsewhere(stored, beside);
  if (continued !== null) return { request: null, reason: continued };
  const reason = readFinishReason(call.finishReason);
  const facts = { id: null, model, finishReasons: reason === null ? [] : [reason], usage };
  if (isWholeBody(stored)) {
    const { response_format: format, ...others } = bodyFromArguments(stored);
    // A class of Python is stored as its name.
    if (typeof format === 'string') lost.add('response_format');
    const hasFormat = format !== undefined && typeof format !== 'string';
    const request = hasFormat ? { ...others, response_format: format } : others;
    return {
      request,
      answer: wholeAnswer(call.output, { ...facts, choices: 1 }),
      partial: [...lost],
    };
  }
  const read = readObservationInput(input, { lost });
  if (read === null || read === 'flattened') {
    return {
      request: null,
      reason: read === null ? 'no messages in the input' : 'messages stored as one text',
    };
  }
  const parameters = {
    ...readParameters(read.parameters, lost),
    ...readParameters(beside, lost),
  };
  const request = chatRequest({
    model,
    // `system` among the parameters is the name of a provider.
    instructions: promptOutside(
      read.messages,
      { instructions: read.instructions ?? null },
      { ...beside, system: null },
    ),
    messages: read.messages,
    tools: [
      ...read.tools,
      ...(parameters['tools'] === undefined ? readToolDefinitions(call.tools, lost) : []),
    ],
    parameters,
  });
  const partial = [
    ...(Object.keys(parameters).length > 0 ? [] : ['parameters']),
    ...missingParameters(request, ['response_format', 'tool_choice']),
    ...lost,
  ];
  return {
    request,
    answer: readTracedAnswer(storedValue(call.output), {
      ...facts,
      choices: readNumber(parameters['n']) ?? 1,
    }),
    partial: [...new Set(partial)],
  };
};

const isWholeBody = (stored: JsonObject): boolean =>
  typeof stored['model'] === 'string' && recogniseCallBody(stored).kind === 'call';

/** An answer in the dialect of its request is kept as it is. */
const wholeAnswer = (output: JsonValue | undefined, facts: AnswerFacts): JsonObject | null => {
  const stored = unwrapJson(output);
  return isJsonObject(stored) && recogniseAnswerBody(stored) !== null
    ? stored
    : readTracedAnswer(storedValue(output), facts);
};
