import type { JsonObject } from '../../text/json.ts';
import type { Capture, RecordedResponse } from '../capture.ts';
import type { Surroundings } from '../reading/read-records.ts';

/**
 * What a format makes of a record; the kinds are those of `ImportRecord`. `ignored`: no request to a
 * model at all (a span of something else, an embedding); `what` is a short stable phrase.
 */
export type FormatRecord =
  | { readonly kind: 'capture'; readonly capture: Capture }
  | {
      readonly kind: 'answer';
      readonly captureId: string;
      readonly recorded: RecordedResponse | null;
    }
  | { readonly kind: 'rejected'; readonly reason: string; readonly recordId: string | null }
  | { readonly kind: 'ignored'; readonly what: string };

/** Reads the records of one file in their order. One record of the file may hold none or many. */
export type FormatReader = {
  readonly read: (record: JsonObject, around: Surroundings | null) => readonly FormatRecord[];
  /** What was held back to be joined with records that did not come; made one by one, for it may be much. */
  readonly end: () => Iterable<FormatRecord>;
};

/** A recorded stream as the `chat.completion` that it came to. */
export type AssembledStream = {
  readonly body: JsonObject;
  /** Why `body` is no whole answer: what the server said of its failure, or that the end is missing. */
  readonly problem: string | null;
};

/** What stands further on in the house and is handed in: streams are put together as live ones are. */
export type FormatTools = {
  /** The body of a stream, as server-sent events; null when no chunk of an answer is in it. */
  readonly assembleStream: (body: string) => AssembledStream | null;
  /** The chunks of a stream as objects, in their order. */
  readonly assembleChunks: (chunks: readonly JsonObject[]) => AssembledStream | null;
};

/** One way in which traffic is written down. */
export type Format = {
  /** As it is named to the user: `native captures`. */
  readonly name: string;
  /** The records are recorded responses that belong to requests in another file, which is read first. */
  readonly holdsAnswers: boolean;
  /** Whether a record looks like this format's. */
  readonly recognises: (record: JsonObject, around: Surroundings | null) => boolean;
  /** The format with what only its files need and what is loaded for them; default: as it is. */
  readonly ready?: () => Promise<Format>;
  /** A reader for one file. */
  readonly open: (tools: FormatTools) => FormatReader;
};

/** A reader that makes one thing of each record and remembers nothing. */
export const oneByOne =
  (
    read: (record: JsonObject, around: Surroundings | null, tools: FormatTools) => FormatRecord,
  ): Format['open'] =>
  (tools) => ({ read: (record, around) => [read(record, around, tools)], end: () => [] });
