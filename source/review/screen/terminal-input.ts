const escape = '\u001B';
const pasteBegin = `${escape}[200~`;
const pasteEnd = `${escape}[201~`;

/** How long a half sequence may wait for its rest; a lone escape is soon taken for the key. */
const patienceMs = { escape: 50, sequence: 400 } as const;

/**
 * Takes out of a terminal's input what nobody typed and Ink would hand on as keys: mouse reports of
 * the old kind (`ESC [ M` and three characters, any of which may be a verdict key), replies to
 * questions that another program asked (OSC, DCS, APC), and sequences that stay half. Keys and
 * bracketed pastes pass as they are. Times in milliseconds, never going back.
 */
export const createInputFilter = (): ((chunk: string, nowMs: number) => string) => {
  /** The beginning of a sequence, and how much of it has been passed on: its escape, or nothing. */
  let held = '';
  let heldPassed = 0;
  let heldSinceMs = 0;
  /** The last characters of a paste that has not ended, to find an end that comes in two chunks. */
  let pasteTail: string | null = null;

  /** Passes a paste on up to its end; `next` is where the text goes on. */
  const paste = (text: string, tail: string): { passed: string; next: number } => {
    const joined = tail + text;
    const end = joined.indexOf(pasteEnd);
    pasteTail = end < 0 ? joined.slice(-(pasteEnd.length - 1)) : null;
    const next = end < 0 ? text.length : end + pasteEnd.length - tail.length;
    return { passed: text.slice(0, next), next };
  };

  return (chunk, nowMs) => {
    // The end of a paste that never comes would lock the keyboard for good.
    if (pasteTail !== null && chunk === '\u0003') {
      pasteTail = null;
      return `${pasteEnd}${chunk}`;
    }
    const patience = held === escape ? patienceMs.escape : patienceMs.sequence;
    if (nowMs - heldSinceMs > patience) held = '';
    const text = held + chunk;
    let alreadyPassed = held === '' ? 0 : heldPassed;
    const begunBefore = held !== '';
    held = '';
    let passed = '';
    for (let from = 0; from < text.length;) {
      if (pasteTail !== null) {
        const part = paste(text.slice(from), pasteTail);
        passed += part.passed;
        from += part.next;
        continue;
      }
      const at = text.indexOf(escape, from);
      if (at !== from) {
        const end = at < 0 ? text.length : at;
        passed += text.slice(from, end);
        from = end;
        continue;
      }
      const found = sequenceAt(text, at);
      if (found === null) {
        held = text.slice(at);
        if (!begunBefore || at > 0) heldSinceMs = nowMs;
        if (held === escape) passed += escape.slice(alreadyPassed);
        heldPassed = held === escape ? 1 : alreadyPassed;
        break;
      }
      const sequence = text.slice(at, found.end);
      if (found.isKey) passed += sequence.slice(alreadyPassed);
      if (sequence === pasteBegin) pasteTail = '';
      alreadyPassed = 0;
      from = found.end;
    }
    return passed;
  };
};

/** Where a sequence ends, and whether it may be a key. */
type Found = { readonly end: number; readonly isKey: boolean };

/** The sequence that begins at an escape; null when the text ends before it does. */
const sequenceAt = (text: string, start: number): Found | null => {
  const kind = text.codePointAt(start + 1);
  switch (kind === undefined ? undefined : String.fromCodePoint(kind)) {
    case undefined:
      return null;
    case '[':
      return controlSequence(text, start + 2);
    case 'O':
      return start + 2 < text.length ? { end: start + 3, isKey: true } : null;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
      return controlString(text, start + 2);
    case escape:
      return { end: start + 1, isKey: true };
    default:
      return { end: start + (kind !== undefined && kind > 0xffff ? 3 : 2), isKey: true };
  }
};

const controlSequence = (text: string, start: number): Found | null => {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // The Linux console's function keys: `ESC [ [ A`.
    if (code === 0x5b && at === start) continue;
    if (code === 0x4d && at === start) return mouseReport(text, at + 1);
    if (code >= 0x40 && code <= 0x7e) return { end: at + 1, isKey: true };
    // No character of a sequence, which was broken off here.
    if (code < 0x20 || code > 0x7e) return { end: at, isKey: false };
  }
  return null;
};

/** Button, column and row after `ESC [ M`, a character each. */
const mouseReport = (text: string, start: number): Found | null => {
  const characters = Array.from(text.slice(start, start + 6)).slice(0, 3);
  return characters.length < 3 ? null : { end: start + characters.join('').length, isKey: false };
};

/** OSC, DCS, APC, PM or SOS: up to BEL, ST, or a control that breaks it off. */
const controlString = (text: string, start: number): Found | null => {
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '\u0007') return { end: at + 1, isKey: false };
    if (character === escape) {
      if (at + 1 === text.length) return null;
      return { end: text[at + 1] === '\\' ? at + 2 : at, isKey: false };
    }
    if (character === '\u0003' || character === '\u0018' || character === '\u001A') {
      return { end: at, isKey: false };
    }
  }
  return null;
};

/** A terminal's input whose `read` gives what the filter passes; all else is the stream's own. */
export const filteredInput = (stdin: NodeJS.ReadStream, nowMs: () => number): NodeJS.ReadStream => {
  const filter = createInputFilter();
  const read = (size?: number): string | null => {
    const chunk = stdin.read(size) as string | Buffer | null;
    return chunk === null ? null : filter(String(chunk), nowMs());
  };
  return new Proxy(stdin, {
    get: (target, name) => {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};
