import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Capture, RecordedResponse } from '../capture.ts';
import type { RecordedError } from '../import-record.ts';
import type { Surroundings } from '../reading/source-record.ts';

/**
 * What a format reads from a record. The kinds are those of `ImportRecord`, and `ignored`: not a request
 * to a model at all (a span of something else, an embedding); `what` is a short, stable phrase.
 */
export type FormatRecord =
  | {
      readonly kind: 'capture';
      readonly capture: Capture;
      /** Whether the record has a time that cannot be read. */
      readonly unreadTime?: boolean;
    }
  | {
      readonly kind: 'answer';
      readonly captureId: string;
      readonly recorded: RecordedResponse | null;
      /** Why there is no answer, if the recording says. */
      readonly error?: RecordedError;
    }
  | { readonly kind: 'rejected'; readonly reason: string; readonly recordId: string | null }
  | { readonly kind: 'ignored'; readonly what: string };

/** Reads the records of one file, in order. A record of the file may hold none or many. */
export type FormatReader = {
  readonly read: (record: JsonObject, around: Surroundings | null) => readonly FormatRecord[];
  /** The records held back for others that did not come. May be lazy, because there may be many. */
  readonly end: () => Iterable<FormatRecord>;
};

/** A recorded stream, assembled into the body that the server would have sent instead of it. */
export type AssembledStream = {
  readonly body: JsonObject;
  /** Why `body` is not a whole answer: the error of the server, or that the end is missing. */
  readonly problem: string | null;
};

/** Handed in by the caller, so that recorded streams are assembled by the code that reads live ones. */
export type FormatTools = {
  /** Assembles a body of server-sent events; null if it has no part of an answer. Default: `chat`. */
  readonly assembleStream: (body: string, dialect?: Dialect) => AssembledStream | null;
  /** Assembles the events of a stream, in order. Default: `chat`. */
  readonly assembleChunks: (
    chunks: readonly JsonObject[],
    dialect?: Dialect,
  ) => AssembledStream | null;
};

/** One form in which traffic is stored. */
export type Format = {
  /** The name that users see: `native captures`. */
  readonly name: string;
  /** Whether the records are responses to requests in another file, which must be read first. */
  readonly holdsAnswers: boolean;
  /** Whether a record looks like one of this format. */
  readonly recognises: (record: JsonObject, around: Surroundings | null) => boolean;
  /** The format with what must be loaded for its files; default: the format as it is. */
  readonly ready?: () => Promise<Format>;
  /** Opens a reader for one file. */
  readonly open: (tools: FormatTools) => FormatReader;
};

/** A reader that reads each record by itself. */
export const oneByOne =
  (
    read: (record: JsonObject, around: Surroundings | null, tools: FormatTools) => FormatRecord,
  ): Format['open'] =>
  (tools) => ({ read: (record, around) => [read(record, around, tools)], end: () => [] });
