import { anthropicBatchInput, anthropicBatchOutput } from './anthropic-batch.ts';
import { arenaHard } from './arena-hard.ts';
import { bedrockLogs } from './bedrock-logs.ts';
import { braintrust } from './braintrust.ts';
import { datadog } from './datadog.ts';
import type { Format } from './format.ts';
import { cloudflare } from './gateways/cloudflare.ts';
import { helicone } from './gateways/helicone.ts';
import { litellmPayload, litellmSpendLog } from './gateways/litellm.ts';
import { portkey } from './gateways/portkey.ts';
import { goReplay } from './http/goreplay.ts';
import { geminiBatchInput, geminiBatchOutput } from './gemini-batch.ts';
import { har } from './http/har.ts';
import { recordedHttp } from './http/recorded-http.ts';
import { vcr } from './http/vcr.ts';
import { langfuse } from './langfuse/langfuse.ts';
import { langsmith } from './langsmith.ts';
import { llmLogs } from './llm-logs.ts';
import { mlflow } from './mlflow.ts';
import { native } from './native.ts';
import { batchInput, batchOutput } from './openai-batch.ts';
import { otlp } from './otel/otlp.ts';
import { phoenix } from './otel/phoenix.ts';
import { bareRequest, inputOutput, promptCompletion, requestResponse } from './plain.ts';
import { posthog } from './posthog.ts';
import { promptfoo } from './promptfoo.ts';
import { storedCompletions } from './stored-completions.ts';
import { vertexLogs } from './vertex-logs.ts';

/**
 * Every format that can be imported. The first one that recognises a record is chosen, so formats of a
 * single program come before those that many programs write.
 */
export const formats: readonly Format[] = [
  har,
  vcr,
  goReplay,
  batchInput,
  batchOutput,
  anthropicBatchInput,
  anthropicBatchOutput,
  geminiBatchInput,
  geminiBatchOutput,
  recordedHttp,
  storedCompletions,
  otlp,
  phoenix,
  langfuse,
  langsmith,
  braintrust,
  mlflow,
  datadog,
  posthog,
  litellmPayload,
  litellmSpendLog,
  helicone,
  cloudflare,
  portkey,
  bedrockLogs,
  vertexLogs,
  llmLogs,
  promptfoo,
  arenaHard,
  native,
  requestResponse,
  inputOutput,
  bareRequest,
  promptCompletion,
];
