/** One server-sent event. */
export type ServerSentEvent = { readonly event: string; readonly data: string };

export type SseParser = {
  /** Takes the next bytes as they came, split anywhere; the events that they complete. */
  readonly push: (bytes: Uint8Array) => readonly ServerSentEvent[];
  /** The event that the end of the body left without its blank line, as some servers do. */
  readonly end: () => readonly ServerSentEvent[];
};

/**
 * Parses `text/event-stream`: lines ended by LF, CR or CRLF, comments, `data` over several lines.
 * Each byte is looked at once, however the body is cut, so that a line of 10 MB costs no more than
 * its length.
 */
export const createSseParser = (): SseParser => {
  const decoder = new TextDecoder();
  let unfinished = '';
  let endedInReturn = false;
  let event = '';
  let data: string[] = [];

  const takeLine = (line: string, events: ServerSentEvent[]): void => {
    if (line === '') {
      if (data.length > 0) events.push({ event, data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line.startsWith('event:')) {
      event = line.slice(6).trimStart();
    }
  };

  const takeText = (text: string): ServerSentEvent[] => {
    const events: ServerSentEvent[] = [];
    let start = 0;
    if (endedInReturn && text !== '') {
      if (text[0] === '\n') start = 1;
      endedInReturn = false;
    }
    while (true) {
      const end = lineEnd(text, start);
      if (end === -1) break;
      takeLine(unfinished + text.slice(start, end), events);
      unfinished = '';
      start = end + 1;
      if (text[end] === '\r') {
        if (start === text.length) endedInReturn = true;
        else if (text[start] === '\n') start++;
      }
    }
    unfinished += text.slice(start);
    return events;
  };

  return {
    push: (bytes) => takeText(decoder.decode(bytes, { stream: true })),
    end: () => takeText(`${decoder.decode()}\n\n`),
  };
};

const lineBreak = /[\r\n]/g;

/** Where the line that begins at `start` ends, -1 when it does not end in this text. */
const lineEnd = (text: string, start: number): number => {
  lineBreak.lastIndex = start;
  return lineBreak.test(text) ? lineBreak.lastIndex - 1 : -1;
};
