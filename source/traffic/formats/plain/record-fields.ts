import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { CallFacts } from '../parts/capture-record.ts';

/** Everything about a call but its request and what came of it. */
export type RecordFields = Omit<CallFacts, 'request' | 'outcome'> & {
  /** The HTTP status; null where the record names none. */
  readonly status: number | null;
  readonly error: JsonValue | undefined;
};

/** How the fields around a request are spelled, the best first. */
const spellings = {
  id: ['id', 'request_id', 'requestId', 'uuid'],
  timestamp: ['timestamp', 'ts', 'time', 'created_at', 'createdAt', 'started_at', 'startedAt'],
  totalMs: ['latencyMs', 'latency_ms', 'duration_ms', 'durationMs', 'elapsed_ms', 'elapsedMs'],
  totalSeconds: ['latency_s', 'latency_seconds', 'duration_s', 'duration_seconds', 'elapsed_s'],
  firstMs: ['timeToFirstTokenMs', 'time_to_first_token_ms', 'ttft_ms', 'ttftMs'],
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

/** Fields that stand beside a request and are no part of one; `user` and `metadata` are. */
export const besideRequest: ReadonlySet<string> = new Set([
  ...Object.values(spellings)
    .flat()
    .filter((name) => name !== 'user'),
  'elapsed',
  'latency',
  'duration',
  'tags',
]);

/**
 * Reads the fields that people put around a request. A duration counts only where its name says its
 * unit: `latency` or `elapsed` alone may be seconds or milliseconds, and is not known.
 */
export const readFields = (record: JsonObject): RecordFields => {
  const first = (names: readonly string[]): JsonValue | undefined => {
    for (const name of names) {
      const value = record[name];
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  };
  const seconds = readDuration(first(spellings.totalSeconds));
  const status = Number(first(spellings.status) ?? Number.NaN);
  const metadata = record['metadata'];
  return {
    id: first(spellings.id),
    timestamp: readMoment(first(spellings.timestamp)),
    totalMs: readDuration(first(spellings.totalMs)) ?? (seconds === null ? null : seconds * 1000),
    timeToFirstTokenMs: readDuration(first(spellings.firstMs)),
    status: Number.isInteger(status) ? status : null,
    error: record['error'] ?? undefined,
    endpoints: [first(spellings.endpoint)],
    model: typeof record['model'] === 'string' ? record['model'] : null,
    user: first(spellings.user),
    conversation: first(spellings.conversation),
    metadata: isJsonObject(metadata) ? metadata : null,
  };
};

/** A duration as a number or as the text of one, in whatever unit; null for anything else. */
export const readDuration = (value: JsonValue | undefined): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
};

/** A moment for `readTimestamp`: an epoch may be written as a text. */
export const readMoment = (value: JsonValue | undefined): JsonValue | undefined =>
  typeof value === 'string' && /^\d{9,13}(?:\.\d+)?$/.test(value) ? Number(value) : value;
