import type { Key } from 'ink';
import { LazySegmenter } from '../../text/lazy-segmenter.ts';
import type { KeyStroke } from '../session/key-action.ts';

const escape = '\u001B';
const pasteStart = `${escape}[200~`;
const pasteEnd = `${escape}[201~`;

/**
 * How long to wait for the rest of an incomplete sequence. A lone escape soon counts as the key.
 */
const patienceMs = { escape: 50, sequence: 400 } as const;

/** A mouse event at a cell counted from 0: a notch of the wheel, or a press of the left button. */
export type MouseReport = {
  readonly kind: 'wheel_up' | 'wheel_down' | 'press';
  readonly x: number;
  readonly y: number;
};

/**
 * Removes input that nobody typed but Ink would report as keys: mouse reports of the old kind (escape,
 * `[ M` and three characters, each of which may be a verdict key), replies to queries of other
 * programs (OSC, DCS, APC), and sequences that stay incomplete. Keys and bracketed pastes pass
 * unchanged. Mouse reports in SGR mode are taken out of the text.
 */
export class InputFilter {
  /** The start of a sequence that is still incomplete. */
  #held = '';
  /** The number of characters of `#held` that have been passed on: its escape, or none. */
  #heldPassed = 0;
  #heldSinceMs = 0;
  /**
   * The last characters of an open paste, to find an end that is split across two chunks; otherwise
   * null.
   */
  #pasteTail: string | null = null;
  readonly #onReply: (sequence: string) => void;

  /** `onReply` gets each complete sequence that is removed. */
  constructor(onReply: (sequence: string) => void = () => undefined) {
    this.#onReply = onReply;
  }

  /**
   * Returns the parts of a chunk that pass, and the mouse reports between them, in order. `nowMs` is a
   * monotonic time in milliseconds.
   */
  pass(chunk: string, nowMs: number): readonly (string | MouseReport)[] {
    // Without this, a paste that never ends would lock the keyboard permanently.
    if (this.#pasteTail !== null && chunk === '\u0003') {
      this.#pasteTail = null;
      return [`${pasteEnd}${chunk}`];
    }
    const parts: (string | MouseReport)[] = [];
    const patience = this.#held === escape ? patienceMs.escape : patienceMs.sequence;
    if (nowMs - this.#heldSinceMs > patience) this.#held = '';
    const text = this.#held + chunk;
    const isContinued = this.#held !== '';
    let alreadyPassed = isContinued ? this.#heldPassed : 0;
    this.#held = '';
    let passed = '';
    for (let start = 0; start < text.length;) {
      if (this.#pasteTail !== null) {
        const part = this.#pasted(text.slice(start), this.#pasteTail);
        passed += part;
        start += part.length;
        continue;
      }
      const at = text.indexOf(escape, start);
      if (at !== start) {
        const end = at < 0 ? text.length : at;
        passed += text.slice(start, end);
        start = end;
        continue;
      }
      const found = sequenceAt(text, at);
      if (found === null) {
        this.#held = text.slice(at);
        if (!isContinued || at > 0) this.#heldSinceMs = nowMs;
        if (this.#held === escape) passed += escape.slice(alreadyPassed);
        this.#heldPassed = this.#held === escape ? 1 : alreadyPassed;
        break;
      }
      const sequence = text.slice(at, found.end);
      const mouse = sgrReport.exec(sequence);
      if (mouse !== null) {
        const report = readReport(mouse);
        if (report !== null) {
          parts.push(passed, report);
          passed = '';
        }
      } else if (found.isKey) passed += sequence.slice(alreadyPassed);
      else this.#onReply(sequence);
      if (sequence === pasteStart) this.#pasteTail = '';
      alreadyPassed = 0;
      start = found.end;
    }
    return [...parts, passed];
  }

  /**
   * Returns the part of a text up to the end of the open paste. `tail` are the characters before
   * the text.
   */
  #pasted(text: string, tail: string): string {
    const joined = tail + text;
    const end = joined.indexOf(pasteEnd);
    this.#pasteTail = end < 0 ? joined.slice(-(pasteEnd.length - 1)) : null;
    return end < 0 ? text : text.slice(0, end + pasteEnd.length - tail.length);
  }
}

/** A mouse report in SGR mode (1006): button, column, row, and `m` for a release. */
const sgrReport = /^\u001B\[<(\d+);(\d+);(\d+)([Mm])$/;

/** Bits of a button: shift, alt and control, with which terminals select text or open menus; movement. */
const modifiers = 4 | 8 | 16;
const movement = 32;

const readReport = ([, code, column, row, end]: RegExpExecArray): MouseReport | null => {
  const button = Number(code);
  const kind = button === 0 ? 'press' : wheels[button & ~modifiers];
  if (kind === undefined || end === 'm' || (button & movement) !== 0) return null;
  return { kind, x: Number(column) - 1, y: Number(row) - 1 };
};

const wheels: Readonly<Record<number, 'wheel_up' | 'wheel_down'>> = {
  64: 'wheel_up',
  65: 'wheel_down',
};

/** The end of a sequence, and whether it may be a key. */
type Found = { readonly end: number; readonly isKey: boolean };

/** Finds the sequence that starts at an escape; null if the text ends before it does. */
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
    // This character is not part of a sequence, so the sequence was broken off here.
    if (code < 0x20 || code > 0x7e) return { end: at, isKey: false };
  }
  return null;
};

/** Parses a mouse report after `ESC [ M`: button, column and row, one character each. */
const mouseReport = (text: string, start: number): Found | null => {
  const characters = Array.from(text.slice(start, start + 6)).slice(0, 3);
  return characters.length < 3 ? null : { end: start + characters.join('').length, isKey: false };
};

/** Parses OSC, DCS, APC, PM or SOS: up to BEL, ST, or a control character that aborts it. */
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

/**
 * Returns a terminal's input whose `read` is filtered. `onReply` gets what the filter removes. A mouse report
 * goes to `onMouse` after the keys before it were read and before those after it: a reader reads until there
 * is nothing left.
 */
export const filteredInput = (
  stdin: NodeJS.ReadStream,
  nowMs: () => number,
  {
    onMouse,
    onReply,
  }: {
    readonly onMouse: (report: MouseReport) => void;
    readonly onReply: (sequence: string) => void;
  },
): NodeJS.ReadStream => {
  const filter = new InputFilter(onReply);
  let parts: readonly (string | MouseReport)[] = [];
  const read = (size?: number): string | null => {
    for (;;) {
      const [part, ...rest] = parts;
      parts = rest;
      if (typeof part === 'string') return part;
      if (part !== undefined) {
        onMouse(part);
        continue;
      }
      const chunk = stdin.read(size) as string | Buffer | null;
      if (chunk === null) return null;
      parts = filter.pass(String(chunk), nowMs());
    }
  };
  return new Proxy(stdin, {
    get: (target, name) => {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};

const segmenter = new LazySegmenter(undefined, { granularity: 'grapheme' });

/**
 * Returns the keys in one input event. Fast typing on a busy machine arrives as one event with
 * several keys (`jjj`), so each grapheme is a separate key.
 */
export const keyStrokes = (input: string, key: Key): readonly KeyStroke[] => {
  const special = specialKey(key);
  if (special !== null) return [{ name: special, text: null }];
  if (key.ctrl) return input === '' ? [] : [{ name: `ctrl-${input}`, text: null }];
  if (key.meta) return /^[a-z]$/.test(input) ? [{ name: `alt-${input}`, text: null }] : [];
  const graphemes = [...segmenter.segment(input)].map(({ segment }) => segment);
  const strokes = graphemes.map((grapheme, index) =>
    typedKey(grapheme, index === graphemes.length - 1),
  );
  return isUnmarkedPaste(input)
    ? strokes.map((stroke): KeyStroke => ({ ...stroke, origin: 'paste' }))
    : strokes;
};

/** The fewest characters of a text that was pasted, and how many of them differ. */
const pastedText = { characters: 12, distinct: 5 } as const;

/**
 * Whether the text of one input event was pasted into a terminal that does not mark pastes. Keys that wait while the
 * machine is busy also arrive together, but rarely with white space between different ones.
 */
const isUnmarkedPaste = (input: string): boolean =>
  input.length >= pastedText.characters &&
  new Set(input).size >= pastedText.distinct &&
  /\S\s+\S/.test(input);

/**
 * Returns the key for one grapheme. A line feed in the middle of an event comes from an unbracketed
 * paste and counts as white space; only one at the end is the key that saves a comment.
 */
const typedKey = (grapheme: string, isLast: boolean): KeyStroke => {
  if (grapheme === ' ') return { name: 'space', text: ' ' };
  if (/^[\r\n]+$/.test(grapheme)) {
    return isLast ? { name: 'enter', text: null } : { name: 'space', text: ' ' };
  }
  const code = grapheme.charCodeAt(0);
  if (code === 0x09) return { name: 'tab', text: null };
  if (code < 0x20) return { name: `ctrl-${String.fromCharCode(code + 0x60)}`, text: null };
  return { name: grapheme, text: grapheme };
};

const specialKey = (key: Key): string | null => {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  const isWord = key.ctrl || key.meta;
  if (key.leftArrow) return isWord ? 'alt-left' : 'left';
  if (key.rightArrow) return isWord ? 'alt-right' : 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  if (key.backspace) return key.meta ? 'ctrl-w' : 'backspace';
  if (key.delete) return 'delete';
  return null;
};
