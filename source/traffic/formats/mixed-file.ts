import type { JsonObject } from '../../text/json.ts';
import type { Surroundings } from '../reading/source-record.ts';
import type { Format, FormatReader, FormatRecord, FormatTools } from './format.ts';
import { formats } from './formats.ts';
import { native } from './native.ts';
import { bareRequest, inputOutput, promptCompletion, requestResponse } from './plain.ts';

/** Formats of no single program: their readers would take the records of others for requests without answers. */
const commonFormats: ReadonlySet<Format> = new Set([
  native,
  requestResponse,
  inputOutput,
  bareRequest,
  promptCompletion,
]);

/**
 * Returns the format of a file whose records may be of several formats: each record that another format
 * recognises, and this one does not or only as it would many, is read by that other one.
 */
export const mixedFile = (format: Format): Format =>
  commonFormats.has(format)
    ? { ...format, open: (tools) => new MixedFileReader(format, tools) }
    : format;

class MixedFileReader implements FormatReader {
  readonly #format: Format;
  readonly #tools: FormatTools;
  readonly #readers = new Map<Format, FormatReader>();

  constructor(format: Format, tools: FormatTools) {
    this.#format = format;
    this.#tools = tools;
  }

  read(record: JsonObject, around: Surroundings | null): readonly FormatRecord[] {
    const format = this.#formatOf(record, around);
    if (format.ready !== undefined) {
      const reason = `${format.name} in a file of ${this.#format.name}`;
      return [{ kind: 'rejected', reason, recordId: null }];
    }
    return this.#readerOf(format).read(record, around);
  }

  *end(): Iterable<FormatRecord> {
    for (const reader of this.#readers.values()) yield* reader.end();
  }

  #formatOf(record: JsonObject, around: Surroundings | null): Format {
    const found = formats.find((format) => format.recognises(record, around));
    if (found === undefined) return this.#format;
    const isOwn = commonFormats.has(found) && this.#format.recognises(record, around);
    return isOwn ? this.#format : found;
  }

  #readerOf(format: Format): FormatReader {
    const reader = this.#readers.get(format) ?? format.open(this.#tools);
    this.#readers.set(format, reader);
    return reader;
  }
}
