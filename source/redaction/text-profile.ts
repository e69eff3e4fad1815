import { tablesIn, type Table } from './rules/table-cells.ts';

/** The result of one pass over a text: enough to decide which rules cannot match anything in it. */
export type TextProfile = {
  readonly text: string;
  /**
   * The digits of the text, each with the 4 code units before it and the 24 after it. Most texts
   * have few.
   */
  readonly nearDigits: string;
  /** Where a digit stands beside an ASCII letter or a mark that passwords have: few words do. */
  readonly mixed: readonly number[];
  /**
   * The length of the longest digit sequence. Adjacent digits of a sequence are separated by at
   * most two code units and no ASCII letter. Sequences of fewer than four digits count as 0.
   */
  readonly digits: number;
  /** The runs of at least `longToken` characters from the alphabets used for secrets. */
  readonly tokens: readonly string[];
  readonly tables: readonly Table[];
};

/** The shortest such run in a secret; words are hardly ever that long. */
export const longToken = 20;

/** Token characters by Latin-1 code: letters, digits and `_-+/=.`, nothing beyond ASCII. */
const isTokenUnit: Uint8Array = Uint8Array.from({ length: 256 }, (_, unit) =>
  /[A-Za-z0-9_\-+/=.]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Profiles a text in linear time. */
export const profileText = (text: string): TextProfile => {
  const mixed: number[] = [];
  const isScanned = isInPiece(text);
  if (isScanned) piece.write(text, 'latin1');
  const mayHaveRun = isScanned && scanPiece(text.length);
  const nearDigits = surroundingsOfDigits(text, mixed);
  const digits = nearDigits.length < 4 ? 0 : mostDigits(nearDigits);
  const mayHaveTokens =
    text.length >= longToken &&
    (isScanned ? mayHaveRun && hasLongRun(text.length) : hasLongRunInPieces(text));
  const tokens = mayHaveTokens ? longTokens(text) : noTokens;
  return { text, nearDigits, mixed, digits, tokens, tables: tablesIn(text) };
};

const near = { before: 4, after: 24 } as const;

/** Separates the excerpts: it ends a digit sequence, and no value contains it. */
const gap = '\n\n\n\n';

/** By ASCII code: letters, and marks that stand beside digits in passwords but seldom elsewhere. */
const isMixing: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[A-Za-z!#$%&*+=@^_~]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

const isMixed = (unit: number): boolean => unit < 128 && isMixing[unit] === 1;

/** Whether the digit at a position follows a letter or a mark, also before a hyphen: `copper-42`. */
const followsMixed = (text: string, at: number): boolean => {
  const before = text.charCodeAt(at - 1);
  return isMixed(before === 45 || before === 47 ? text.charCodeAt(at - 2) : before);
};

const surroundingsOfDigits = (text: string, mixed: number[]): string => {
  let excerpts = '';
  for (let at = nextDigit(text, 0); at !== -1;) {
    const start = Math.max(0, at - near.before);
    let end = at;
    let isAfterDigit = false;
    for (let last = at; end < text.length && end - last <= near.after; end++) {
      const unit = text.charCodeAt(end);
      if (unit > 57 || unit < 48) {
        if (isAfterDigit && isMixed(unit)) mixed.push(end - 1);
        isAfterDigit = false;
        continue;
      }
      last = end;
      if (!isAfterDigit && followsMixed(text, end)) mixed.push(end);
      isAfterDigit = true;
    }
    const excerpt = text.slice(start, end);
    excerpts = excerpts === '' ? excerpt : excerpts + gap + excerpt;
    at = nextDigit(text, end);
  }
  return excerpts;
};

const digit = /[0-9]/g;

const nextDigit = (text: string, from: number): number => {
  if (isInPiece(text)) return nextDigitInPiece(text, from);
  if (text.length < longToken) return nextDigitInShort(text, from);
  digit.lastIndex = from;
  return digit.exec(text)?.index ?? -1;
};

/** In a short text, a loop is done before a regular expression has begun. */
const nextDigitInShort = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) if (isDigit(text.charCodeAt(at))) return at;
  return -1;
};

const isDigit = (unit: number): boolean => unit > 47 && unit < 58;

/** The low byte of a code unit above 255 may look like a digit. */
const nextDigitInPiece = (text: string, from: number): number => {
  for (; digitWords.next < digitWords.count; digitWords.next++) {
    const word = digitWords.at[digitWords.next] ?? 0;
    const end = Math.min(text.length, word * 4 + 4);
    for (let at = Math.max(from, word * 4); at < end; at++) {
      const byte = piece[at] ?? 0;
      if (isDigit(byte) && text.charCodeAt(at) === byte) return at;
    }
  }
  return -1;
};

const noTokens: readonly string[] = [];

/** The shortest digit sequence in any value. */
const fourDigits = /\d[^A-Za-z]{0,2}\d[^A-Za-z]{0,2}\d[^A-Za-z]{0,2}\d/g;

const mostDigits = (text: string): number => {
  let most = 0;
  for (let at = nextFourDigits(text, 0); at !== -1; at = nextFourDigits(text, at)) {
    let digits = 0;
    for (let since = 0; at < text.length && since <= 2; at++) {
      const unit = text.charCodeAt(at);
      if (unit <= 57 && unit >= 48) {
        since = 0;
        digits++;
      } else if (unit > 64 && unit < 128) break;
      else since++;
    }
    if (digits > most) most = digits;
  }
  return most;
};

const nextFourDigits = (text: string, from: number): number => {
  fourDigits.lastIndex = from;
  return fourDigits.exec(text)?.index ?? -1;
};

const pieceUnits = 64 * 1024;

/** Scanning bytes is several times faster than scanning the code units of a string. */
const piece = Buffer.alloc(pieceUnits);
const pieceWords = new Int32Array(piece.buffer, piece.byteOffset, pieceUnits / 4);

/** Whether `piece` holds the low bytes of a text while it is profiled. Copying a short one is not worth it. */
const isInPiece = ({ length }: string): boolean => length >= longToken && length <= pieceUnits;

/** The words of `piece` that hold a digit, in order, and the next of them to look at. */
const digitWords = { at: new Uint16Array(pieceUnits / 4), count: 0, next: 0 };

/** Whole words of `piece` within the shortest token, wherever it begins. */
const wordsInToken = Math.floor((longToken - 3) / 4);

/** Below every unit of a token: spaces, line ends, quotation marks, parentheses. */
const firstTokenUnit = 43;

/**
 * Looks at four bytes of `piece` at once, for the words with a digit. Returns whether so many words follow
 * each other without a gap that a long token may be there; false is certain.
 */
const scanPiece = (units: number): boolean => {
  const words = (units + 3) >> 2;
  let mayHaveRun = false;
  let count = 0;
  let unbroken = 0;
  for (let at = 0; at < words; at++) {
    const word = pieceWords[at] ?? 0;
    // The highest bit of each byte that is below every unit of a token.
    const gaps = (word - firstTokenUnit * 0x01010101) & ~word & 0x80808080;
    // Without a branch, because words end anywhere.
    unbroken = (unbroken + 1) & ~((gaps | -gaps) >> 31);
    if (unbroken === wordsInToken) mayHaveRun = true;
    // Digits become 0 to 9: they alone fall below zero.
    const value = word ^ 0x30303030;
    if (((value - 0x0a0a0a0a) & ~value & 0x80808080) !== 0) digitWords.at[count++] = at;
  }
  digitWords.count = count;
  digitWords.next = 0;
  return mayHaveRun;
};

/**
 * Looks for a long token in a text that is longer than `piece`; false is certain. In Latin-1, a code unit
 * above 255 is reduced to its low byte, which may look like a token character. False positives are
 * therefore possible, but no token is missed.
 */
const hasLongRunInPieces = (text: string): boolean => {
  for (let start = 0; start < text.length; start += pieceUnits - longToken) {
    const end = Math.min(text.length, start + pieceUnits);
    piece.write(text.slice(start, end), 'latin1');
    if (hasLongRun(end - start)) return true;
  }
  return false;
};

/** Checks a unit that any long token here would include, then skips past the last gap before it. */
const hasLongRun = (units: number): boolean => {
  let last = -1;
  for (let at = longToken - 1; at < units; at = last + longToken) {
    let before = at;
    while (before > last && isTokenUnit[piece[before] ?? 0] === 1) before--;
    if (before === last) return true;
    last = before;
  }
  return false;
};

/** Checks every twentieth character, and its neighbours only if it belongs to a token. */
const longTokens = (text: string): readonly string[] => {
  const tokens: string[] = [];
  for (let at = longToken - 1; at < text.length; at += longToken) {
    if (!isTokenAt(text, at)) continue;
    let start = at;
    while (start > 0 && isTokenAt(text, start - 1)) start--;
    let end = at + 1;
    while (end < text.length && isTokenAt(text, end)) end++;
    if (end - start >= longToken) tokens.push(text.slice(start, end));
    at = Math.max(at, end - longToken);
  }
  return tokens;
};

const isTokenAt = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit < 128 && isTokenUnit[unit] === 1;
};
