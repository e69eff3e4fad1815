import { arenaHard } from './arena-hard.ts';
import type { Format } from './format.ts';
import { cloudflare } from './gateways/cloudflare.ts';
import { helicone } from './gateways/helicone.ts';
import { litellmPayload } from './gateways/litellm-payload.ts';
import { litellmSpendLog } from './gateways/litellm-spend-log.ts';
import { portkey } from './gateways/portkey.ts';
import { goReplay } from './http/goreplay.ts';
import { har } from './http/har.ts';
import { recordedHttp } from './http/recorded-http.ts';
import { vcr } from './http/vcr.ts';
import { langfuse } from './langfuse/langfuse.ts';
import { langsmith } from './langsmith.ts';
import { llmLogs } from './llm-logs.ts';
import { native } from './native.ts';
import { batchInput, batchOutput } from './openai-batch.ts';
import { otlp } from './otel/otlp.ts';
import { phoenix } from './otel/phoenix.ts';
import { bareRequest } from './plain/bare-request.ts';
import { inputOutput } from './plain/input-output.ts';
import { promptCompletion } from './plain/prompt-completion.ts';
import { requestResponse } from './plain/request-response.ts';
import { promptfoo } from './promptfoo.ts';
import { storedCompletions } from './stored-completions.ts';

/**
 * Every format that can be imported. The first that recognises a record is taken for it: what is
 * written by one program only stands before what many write.
 */
export const formats: readonly Format[] = [
  har,
  vcr,
  goReplay,
  batchInput,
  batchOutput,
  recordedHttp,
  storedCompletions,
  otlp,
  phoenix,
  langfuse,
  langsmith,
  litellmPayload,
  litellmSpendLog,
  helicone,
  cloudflare,
  portkey,
  llmLogs,
  promptfoo,
  arenaHard,
  native,
  requestResponse,
  inputOutput,
  bareRequest,
  promptCompletion,
];
