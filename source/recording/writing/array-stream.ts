import type { Arrival, TimedBody } from './timed-body.ts';

/** Bytes of JSON that matter to find where elements begin and end. */
const code = {
  quote: 0x22,
  backslash: 0x5c,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openBracket: 0x5b,
} as const;

/** Whether a body is a JSON array, in which Gemini streams where it is not asked for events. */
export const isArrayStream = ({ bytes }: TimedBody): boolean => {
  const first = bytes.find((byte) => byte > 0x20);
  return first === code.openBracket;
};

/**
 * The objects of a streamed array as server-sent events, each with the time at which it was complete. What
 * follows the last complete object is left out.
 */
export const arrayAsEvents = ({ bytes, arrivals }: TimedBody): TimedBody => {
  const events: Uint8Array[] = [];
  const timed: Arrival[] = [];
  let length = 0;
  let next = 0;
  for (const { start, end } of objectsOf(bytes)) {
    const json = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    // An event is a line, and these objects are printed over many.
    const event = Buffer.from(`data: ${json.replaceAll(/\s*\n\s*/g, ' ')}\n\n`);
    while ((arrivals[next]?.end ?? Number.POSITIVE_INFINITY) < end) next += 1;
    const atMs = arrivals[next]?.atMs;
    events.push(event);
    length += event.length;
    if (atMs !== undefined) timed.push({ end: length, atMs });
  }
  return { bytes: Buffer.concat(events), arrivals: timed };
};

/** Where the objects of an array begin and end; the array may be cut off. */
function* objectsOf(
  bytes: Uint8Array,
): Generator<{ readonly start: number; readonly end: number }, void, undefined> {
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === code.backslash) at += 1;
      else if (byte === code.quote) inString = false;
    } else if (byte === code.quote) {
      inString = true;
    } else if (byte === code.openBrace) {
      if (depth === 0) start = at;
      depth += 1;
    } else if (byte === code.closeBrace) {
      depth -= 1;
      if (depth === 0) yield { start, end: at + 1 };
    }
  }
}
