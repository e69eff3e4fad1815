import type { Capture, RecordedResponse } from '../../traffic/capture.ts';
import type { ImportRecord, Redactions } from '../../traffic/import-record.ts';
import {
  conversationTurn,
  type ConversationTurn,
} from '../../traffic/last-turn/conversation-turn.ts';
import { encodeBody, storable, type BodyText } from '../bodies.ts';

/** A recorded response in its stored form. */
export type StorableRecording = {
  readonly model: string;
  readonly production: boolean;
  readonly body: BodyText;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** A capture in its stored form, with JSON as text. */
export type StorableCapture = Omit<
  Capture,
  'request' | 'recorded' | 'metadata' | 'partial' | 'redacted'
> & {
  readonly kind: 'capture';
  readonly line: number;
  readonly request: BodyText;
  readonly recorded: readonly StorableRecording[];
  readonly metadata: string | null;
  readonly partial: string | null;
  readonly redactions?: Redactions | undefined;
  /** Its place in its conversation; null for a request without messages. */
  readonly turn: ConversationTurn | null;
};

/** An import record in its stored form. It is flat, so passing it to a thread is cheap. */
export type StorableRecord =
  | StorableCapture
  | (Omit<Extract<ImportRecord, { kind: 'answer' }>, 'recorded'> & {
      readonly recorded: StorableRecording | null;
    })
  | Extract<ImportRecord, { kind: 'rejected' }>;

/** Converts an import record to its stored form. */
export const toStorable = (record: ImportRecord): StorableRecord => {
  switch (record.kind) {
    case 'capture':
      return toCapture(record);
    case 'answer': {
      const recorded = record.recorded === null ? null : toRecording(record.recorded);
      return { ...record, captureId: storable(record.captureId), recorded };
    }
    case 'rejected':
      return record;
  }
};

const toCapture = ({
  capture,
  line = 0,
  redactions,
}: Extract<ImportRecord, { kind: 'capture' }>): StorableCapture => ({
  kind: 'capture',
  line,
  id: storable(capture.id),
  endpoint: storable(capture.endpoint),
  timestamp: capture.timestamp,
  dialect: capture.dialect,
  model: capture.model === null ? null : storable(capture.model),
  request: encodeBody(capture.request),
  recorded: capture.recorded.map(toRecording),
  metadata: capture.metadata === null ? null : JSON.stringify(capture.metadata),
  partial: capture.partial.length === 0 ? null : JSON.stringify(capture.partial),
  redactions: redactions === undefined || isNothing(redactions) ? undefined : redactions,
  turn: conversationTurn(capture),
});

const isNothing = ({ counts, request }: Redactions): boolean =>
  !request && Object.keys(counts).length === 0;

const toRecording = (response: RecordedResponse): StorableRecording => ({
  model: storable(response.model),
  production: response.production,
  body: encodeBody(response.body),
  timeToFirstTokenMs: response.timeToFirstTokenMs,
  totalMs: response.totalMs,
});
