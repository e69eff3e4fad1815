import { isJsonObject, type JsonObject } from '../../../text/json.ts';
import { storedValue, unwrapObject } from '../parts/embedded-json.ts';
import { readGeminiRequest } from '../parts/gemini-request.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readTracedAnswer } from '../parts/traced-answer.ts';
import { chatRequest, missingParameters, type TracedCall } from '../parts/traced-call.ts';
import { genAiAnswerFacts, genAiModel } from './gen-ai.ts';

const requestKey = 'gcp.vertex.agent.llm_request';
const responseKey = 'gcp.vertex.agent.llm_response';

/** Whether attributes are those of a call by Google's Agent Development Kit. */
export const isGoogleAdk = (attributes: JsonObject): boolean => requestKey in attributes;

/**
 * Reads the call in `gcp.vertex.agent.llm_request` and `llm_response`, a request and a candidate of Gemini
 * as JSON text (google/adk-python, telemetry). ADK leaves response schemas out.
 */
export const googleAdkCall = (attributes: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const stored = storedValue(attributes[requestKey]);
  if (!isJsonObject(stored)) {
    return {
      request: null,
      reason: 'prompt not stored (ADK: ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS)',
    };
  }
  const read = readGeminiRequest(stored, { lost });
  if (read === null) return { request: null, reason: 'no messages in the request (ADK)' };
  const { tools, ...parameters } = readParameters(read.parameters, lost);
  const request = chatRequest({
    model: stored['model'] ?? genAiModel(attributes),
    instructions: read.instructions,
    messages: read.messages,
    tools: [],
    parameters: { ...(tools === undefined ? {} : { tools }), ...parameters },
  });
  const facts = genAiAnswerFacts(attributes, readNumber(parameters['n']) ?? 1);
  const answer = unwrapObject(attributes[responseKey]);
  return {
    request,
    answer: Object.keys(answer).length === 0 ? null : readTracedAnswer(answer, facts),
    partial: [...new Set([...missingParameters(request, ['response_format']), ...lost])],
  };
};
