import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { errorText } from '../call/error-message.ts';

/** The phase of a batch, in terms common to all providers. */
export type BatchPhase = 'running' | 'completed' | 'failed' | 'expired' | 'cancelled';

/** The reason why a file was refused. `line` counts from 1; null for the file as a whole. */
export type BatchProblem = { readonly line: number | null; readonly message: string };

/** A batch as described by the provider. Its strings are raw: sanitize them before showing them. */
export type BatchStatus = {
  readonly batchId: string;
  readonly phase: BatchPhase;
  /** The provider's own name for the phase, in lower case. */
  readonly state: string;
  readonly total: number | null;
  readonly completed: number | null;
  readonly failed: number | null;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  readonly problems: readonly BatchProblem[];
  readonly inputFileIds: readonly string[];
  /** Our id of the job, from the metadata; null if there is none. */
  readonly jobId: string | null;
  /** Seconds since 1970; null if unknown. */
  readonly createdAt: number | null;
};

/** The metadata key for our id of the job. */
export const metadataKey = 'understudy';

const phases: Readonly<Record<string, BatchPhase>> = {
  completed: 'completed',
  success: 'completed',
  failed: 'failed',
  expired: 'expired',
  timeout_exceeded: 'expired',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  batch_state_succeeded: 'completed',
  batch_state_failed: 'failed',
  batch_state_expired: 'expired',
  batch_state_cancelled: 'cancelled',
};

/**
 * Reads a batch in the formats of OpenAI and compatible providers, Mistral and Together. Gemini's
 * OpenAI layer may use Gemini's own states. An unknown state counts as running, so that polling
 * continues. Null if the value is not a batch.
 */
export const readBatchStatus = (value: JsonValue | undefined): BatchStatus | null => {
  if (!isJsonObject(value)) return null;
  const batch = isJsonObject(value['job']) ? value['job'] : value;
  const batchId = text(batch['id']);
  if (batchId === null) return null;
  const state = (text(batch['status']) ?? 'unknown').toLowerCase();
  const counts = isJsonObject(batch['request_counts']) ? batch['request_counts'] : {};
  const metadata = isJsonObject(batch['metadata']) ? batch['metadata'] : {};
  const files = batch['input_files'];
  return {
    batchId,
    phase: entryOf(phases, state) ?? 'running',
    state,
    total: number(counts['total']) ?? number(batch['total_requests']),
    completed:
      number(counts['completed']) ??
      number(batch['succeeded_requests']) ??
      number(batch['completed_requests']),
    failed: number(counts['failed']) ?? number(batch['failed_requests']),
    outputFileId: text(batch['output_file_id']) ?? text(batch['output_file']),
    errorFileId: text(batch['error_file_id']) ?? text(batch['error_file']),
    problems: readProblems(batch),
    inputFileIds: [batch['input_file_id'], ...(Array.isArray(files) ? files : [])].filter(
      (id): id is string => typeof id === 'string',
    ),
    jobId: text(metadata[metadataKey]),
    createdAt: number(batch['created_at']),
  };
};

/** Reads OpenAI's `errors: {data: [{code, line, message}]}`, Mistral's `errors: […]`, Together's `error`. */
const readProblems = (batch: JsonObject): readonly BatchProblem[] => {
  const { errors, error } = batch;
  const list = isJsonObject(errors) && Array.isArray(errors['data']) ? errors['data'] : errors;
  const all = Array.isArray(list) ? (list as readonly JsonValue[]) : [list, error];
  return all.flatMap((one) => {
    if (one === undefined || one === null || one === '') return [];
    const message = errorText(one) ?? JSON.stringify(one);
    return [{ line: isJsonObject(one) ? number(one['line']) : null, message }];
  });
};

const text = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const number = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
