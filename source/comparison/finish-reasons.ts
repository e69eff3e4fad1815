/** Why an answer ended, in one word for all providers. */
type Ending = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/**
 * The finish reasons that mean the same, by the references of the APIs in November 2026: OpenAI, Mistral,
 * Groq and DeepSeek (`stop`, `length`, `model_length`, `tool_calls`, `function_call`, `content_filter`), Anthropic
 * and Bedrock (`end_turn`, `stop_sequence`, `max_tokens`, `tool_use`, `content_filtered`, `guardrail_intervened`), Text
 * Generation Inference and Together (`eos_token`, `eos`), Gemini and Cohere (`STOP`, `MAX_TOKENS`, `SAFETY`,
 * `COMPLETE`, `TOOL_CALL`), Zhipu (`sensitive`). `end` is what llama.cpp's forks and some gateways send.
 */
const endings: Readonly<Record<Ending, readonly string[]>> = {
  stop: ['stop', 'eos', 'eos_token', 'end', 'end_turn', 'stop_sequence', 'complete'],
  length: ['length', 'max_tokens', 'model_length', 'max_output_tokens'],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  content_filter: [
    'content_filter',
    'content_filtered',
    'guardrail_intervened',
    'safety',
    'sensitive',
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
