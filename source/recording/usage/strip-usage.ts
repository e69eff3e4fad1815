import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** Takes what only the asking for usage has brought out of a stream of server-sent events. */
export type UsageStripper = {
  /** What may go on now of the bytes that came: whole events. */
  readonly push: (bytes: Buffer) => Buffer;
  /** What is left at the end. */
  readonly end: () => Buffer;
};

/** A longer event is no usage, and is passed on as it comes. */
const mostEventLength = 256 * 1024;

/** The empty line behind an event. A CR that is the last to have come may get its LF yet. */
const boundary = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n|$))/g;

/**
 * Leaves out the event that has usage and no choice, which providers send when they are asked for
 * usage, and the `"usage":null` that they put into all others then. Every other byte stays.
 */
export const createUsageStripper = (): UsageStripper => {
  /** A character for each byte. */
  let waiting = '';
  return {
    push: (bytes) => {
      waiting += bytes.toString('latin1');
      let out = '';
      let start = 0;
      for (const { index, 0: end } of waiting.matchAll(boundary)) {
        out += stripped(waiting.slice(start, index + end.length));
        start = index + end.length;
      }
      waiting = waiting.slice(start);
      if (waiting.length > mostEventLength) {
        out += waiting;
        waiting = '';
      }
      return Buffer.from(out, 'latin1');
    },
    end: () => Buffer.from(stripped(waiting), 'latin1'),
  };
};

const stripped = (event: string): string => {
  if (!event.includes('"usage"')) return event;
  const chunk = chunkOf(event);
  if (chunk === null) return event;
  const usage = chunk['usage'];
  const choices = chunk['choices'];
  if (isJsonObject(usage) && Array.isArray(choices) && choices.length === 0) return '';
  return usage === null ? withoutNull(event, chunk) : event;
};

const member = /,\s*"usage"\s*:\s*null(?=\s*[,}])/g;

/** Without the member of the chunk itself, and not one of the same name deeper in it. */
const withoutNull = (event: string, chunk: JsonObject): string => {
  const expected = JSON.stringify({ ...chunk, usage: undefined });
  for (const { index, 0: text } of event.matchAll(member)) {
    const rest = event.slice(0, index) + event.slice(index + text.length);
    if (JSON.stringify(chunkOf(rest)) === expected) return rest;
  }
  return event;
};

const chunkOf = (event: string): JsonObject | null => {
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  try {
    const text = lines.map((line) => line.slice(5)).join('\n');
    const value = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
};
