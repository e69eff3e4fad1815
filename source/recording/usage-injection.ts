import { isJsonObject, type JsonObject, type JsonValue } from '../text/json.ts';

/**
 * The body of a streaming request with `stream_options.include_usage` set and every other byte as the
 * client wrote it. Null where there is nothing to do: the body asks for no stream, has the option
 * already, whatever its value, or is not a valid request. `body` is UTF-8, one character a byte.
 */
export const withUsageAsked = (body: string): string | null => {
  const request = parsed(body);
  if (!isJsonObject(request) || request['stream'] !== true) return null;
  const options = request['stream_options'];
  if (options === undefined) {
    return body.replace('{', '{"stream_options":{"include_usage":true},');
  }
  if (options !== null && (!isJsonObject(options) || 'include_usage' in options)) return null;
  const asked = { ...options, include_usage: true };
  const replaced = body.replace(streamOptions, () => `"stream_options":${JSON.stringify(asked)}`);
  // The match may have been a member of the same name deeper in the request.
  const expected = JSON.stringify({ ...request, stream_options: asked });
  return JSON.stringify(parsed(replaced)) === expected ? replaced : null;
};

const streamOptions = /"stream_options"\s*:\s*(?:null|\{[^{}]*\})/;

const parsed = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** A longer event carries more than usage, and is passed on as it comes. */
const maximumEventLength = 256 * 1024;

/** The empty line that ends an event. A CR at the end of the input may be followed by its LF. */
const boundary = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n|$))/g;

/**
 * Removes what a provider adds to a stream of server-sent events when it is asked for usage: the event
 * that has usage and no choices, and `"usage":null` in all others. Every other byte stays.
 */
export class UsageStripper {
  /** The start of an event, one character a byte. */
  #waiting = '';

  /** The complete events received so far. */
  push(bytes: Buffer): Buffer {
    this.#waiting += bytes.toString('latin1');
    let out = '';
    let start = 0;
    for (const { index, 0: end } of this.#waiting.matchAll(boundary)) {
      out += stripped(this.#waiting.slice(start, index + end.length));
      start = index + end.length;
    }
    this.#waiting = this.#waiting.slice(start);
    if (this.#waiting.length > maximumEventLength) {
      out += this.#waiting;
      this.#waiting = '';
    }
    return Buffer.from(out, 'latin1');
  }

  /** The rest at the end of the stream. */
  end(): Buffer {
    return Buffer.from(stripped(this.#waiting), 'latin1');
  }
}

const stripped = (event: string): string => {
  if (!event.includes('"usage"')) return event;
  const chunk = chunkOf(event);
  if (chunk === null) return event;
  const usage = chunk['usage'];
  const choices = chunk['choices'];
  if (isJsonObject(usage) && Array.isArray(choices) && choices.length === 0) return '';
  return usage === null ? withoutNullUsage(event, chunk) : event;
};

const nullUsage = /,\s*"usage"\s*:\s*null(?=\s*[,}])/g;

/** Removes the member of the chunk itself, and not one of the same name deeper in it. */
const withoutNullUsage = (event: string, chunk: JsonObject): string => {
  const expected = JSON.stringify({ ...chunk, usage: undefined });
  for (const { index, 0: text } of event.matchAll(nullUsage)) {
    const rest = event.slice(0, index) + event.slice(index + text.length);
    if (JSON.stringify(chunkOf(rest)) === expected) return rest;
  }
  return event;
};

const chunkOf = (event: string): JsonObject | null => {
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  const text = lines.map((line) => line.slice(5)).join('\n');
  const value = parsed(Buffer.from(text, 'latin1').toString('utf8'));
  return isJsonObject(value) ? value : null;
};
