/** Why an answer ended, in one word for all providers. */
type Ending = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/**
 * The finish reasons that mean the same, from the providers' documentation, their client libraries or a
 * gateway's table (read on 2026-11-30); vLLM, llama.cpp and Groq follow OpenAI and were not looked up:
 * - OpenAI, vLLM, llama.cpp, Groq and OpenRouter: `stop`, `length`, `tool_calls`, `function_call`,
 *   `content_filter`; the Responses API says `max_output_tokens`. DeepSeek has
 *   `insufficient_system_resource` besides, Zhipu `sensitive` and `network_error`.
 * - Mistral's OpenAPI document: `stop`, `length`, `model_length`, `error`, `tool_calls`.
 * - Text Generation Inference: `length`, `eos_token`, `stop_sequence`. Together: `stop`, `eos`, `length`,
 *   `tool_calls`.
 * - Anthropic (platform.claude.com, "Handling stop reasons"): `end_turn`, `max_tokens`, `stop_sequence`,
 *   `tool_use`, `pause_turn`, `refusal`, `model_context_window_exceeded`. Bedrock's Converse has the first four,
 *   `guardrail_intervened` and `content_filtered`.
 * - Gemini (`FinishReason` of @google/genai 3.3.0): `STOP`, `MAX_TOKENS`, `CONTINUATION` (the limit of one
 *   response), and `SAFETY`, `RECITATION`, `BLOCKLIST`, `PROHIBITED_CONTENT`, `SPII`, `MODEL_ARMOR`,
 *   `IMAGE_SAFETY`, `IMAGE_PROHIBITED_CONTENT`, `IMAGE_RECITATION`, which all stop an answer for its content.
 * - Cohere v2: `COMPLETE`, `STOP_SEQUENCE`, `MAX_TOKENS`, `TOOL_CALL`, `ERROR`.
 * - `end` comes from servers with no documentation of it; it was met beside `eos`.
 *
 * What is not in the table (an error, a pause, a refusal, a lack of resources) stands for itself alone.
 */
const endings: Readonly<Record<Ending, readonly string[]>> = {
  stop: ['stop', 'end', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'complete'],
  length: [
    'length',
    'max_tokens',
    'model_length',
    'max_output_tokens',
    'model_context_window_exceeded',
    'continuation',
  ],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  content_filter: [
    'content_filter',
    'content_filtered',
    'guardrail_intervened',
    'sensitive',
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'model_armor',
    'image_safety',
    'image_prohibited_content',
    'image_recitation',
  ],
};

const endingOf = new Map(
  Object.entries(endings).flatMap(([ending, words]) =>
    words.map((word) => [word, ending] as const),
  ),
);

/** A finish reason in the one word that stands for all that mean the same; in lower case if none does. */
export const canonicalFinishReason = (reason: string): string => {
  const word = reason.toLowerCase();
  return endingOf.get(word) ?? word;
};
