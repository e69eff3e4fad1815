import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { parseEpoch, readDuration } from '../times.ts';
import type { CallFacts } from './parts/capture-record.ts';

/** Everything about a call except its request and its outcome. */
export type RecordFields = Omit<CallFacts, 'request' | 'outcome'> & {
  /** The HTTP status; null if the record names none. */
  readonly status: number | null;
  readonly error: JsonValue | undefined;
};

/** Names of the fields beside a request, the preferred ones first. */
const fieldNames = {
  id: ['id', 'request_id', 'requestId', 'uuid'],
  timestamp: ['timestamp', 'ts', 'time', 'created_at', 'createdAt', 'started_at', 'startedAt'],
  totalMs: ['latencyMs', 'latency_ms', 'duration_ms', 'durationMs', 'elapsed_ms', 'elapsedMs'],
  totalSeconds: ['latency_s', 'latency_seconds', 'duration_s', 'duration_seconds', 'elapsed_s'],
  firstTokenMs: ['timeToFirstTokenMs', 'time_to_first_token_ms', 'ttft_ms', 'ttftMs'],
  status: ['status', 'status_code', 'statusCode'],
  endpoint: ['endpoint', 'feature', 'prompt_name', 'promptName'],
  user: ['user', 'user_id', 'userId'],
  conversation: [
    'conversation_id',
    'conversationId',
    'session_id',
    'sessionId',
    'thread_id',
    'threadId',
  ],
} as const;

/** Fields beside a request that are not part of one. `user` and `metadata` are. */
export const besideRequest: ReadonlySet<string> = new Set([
  ...Object.values(fieldNames)
    .flat()
    .filter((name) => name !== 'user'),
  'elapsed',
  'latency',
  'duration',
  'tags',
]);

/**
 * Reads the fields that people log beside a request. A duration counts only if its name says the unit:
 * a bare `latency` or `elapsed` may be in seconds or in milliseconds.
 */
export const readFields = (record: JsonObject): RecordFields => {
  const first = (names: readonly string[]): JsonValue | undefined => {
    for (const name of names) {
      const value = record[name];
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  };
  const seconds = readDuration(first(fieldNames.totalSeconds));
  const status = Number(first(fieldNames.status) ?? Number.NaN);
  const { metadata, model, error } = record;
  return {
    id: first(fieldNames.id),
    timestamp: parseEpoch(first(fieldNames.timestamp)),
    totalMs: readDuration(first(fieldNames.totalMs)) ?? (seconds === null ? null : seconds * 1000),
    timeToFirstTokenMs: readDuration(first(fieldNames.firstTokenMs)),
    status: Number.isInteger(status) ? status : null,
    error: error ?? undefined,
    endpoints: [first(fieldNames.endpoint)],
    model: typeof model === 'string' ? model : null,
    user: first(fieldNames.user),
    conversation: first(fieldNames.conversation),
    metadata: isJsonObject(metadata) ? metadata : null,
  };
};
