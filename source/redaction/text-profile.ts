/** What one look at a text tells: enough to know which rules cannot find anything in it. */
export type TextProfile = {
  readonly text: string;
  /** What stands around digits, which is little of most texts: four units before them and 24 behind. */
  readonly nearDigits: string;
  /** 0 or the most digits, at least four, that follow each other with at most two units between, none of them letters. */
  readonly digits: number;
  /** The runs of at least `longToken` characters that secrets are written in. */
  readonly tokens: readonly string[];
};

/** A secret has a run of so many characters; words hardly ever have. */
export const longToken = 20;

/** Letters, digits and `_-+/=.`; by their Latin-1 code, where what is beyond ASCII is none. */
const isTokenUnit: Uint8Array = Uint8Array.from({ length: 256 }, (_, unit) =>
  /[A-Za-z0-9_\-+/=.]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Looks at a text once, in time that grows with its length alone. */
export const profileText = (text: string): TextProfile => {
  const nearDigits = around(text);
  const digits = nearDigits.length < 4 ? 0 : mostDigits(nearDigits);
  const mayHaveTokens = text.length >= longToken && mayHaveLongToken(text);
  return { text, nearDigits, digits, tokens: mayHaveTokens ? longTokens(text) : noTokens };
};

const near = { before: 4, behind: 24 } as const;

/** Between pieces of a text: it ends a row of digits, and is in no value. */
const gap = '\n\n\n\n';

const around = (text: string): string => {
  let pieces = '';
  for (let at = nextDigit(text, 0); at !== -1;) {
    const start = Math.max(0, at - near.before);
    let end = at + 1;
    for (let last = at; end < text.length && end - last <= near.behind; end++) {
      const unit = text.charCodeAt(end);
      if (unit <= 57 && unit >= 48) last = end;
    }
    const piece = text.slice(start, end);
    pieces = pieces === '' ? piece : pieces + gap + piece;
    at = nextDigit(text, end);
  }
  return pieces;
};

const digit = /[0-9]/g;

const nextDigit = (text: string, from: number): number => {
  digit.lastIndex = from;
  return digit.exec(text)?.index ?? -1;
};

const noTokens: readonly string[] = [];

/** Four digits in such a row: fewer are in no value. */
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

/** Texts are looked at in pieces of so many units. */
const pieceUnits = 64 * 1024;

/** Bytes are looked at several times as fast as the units of a text. */
const piece = Buffer.alloc(pieceUnits);

/**
 * Whether there may be a long token; false is certain. As Latin-1 a unit beyond it is one of its two bytes,
 * which may look like a token's: then there is one too many, and none is missed.
 */
const mayHaveLongToken = (text: string): boolean => {
  for (let start = 0; start < text.length; start += pieceUnits - longToken) {
    const end = Math.min(text.length, start + pieceUnits);
    piece.write(text.length <= pieceUnits ? text : text.slice(start, end), 'latin1');
    if (hasLongRun(end - start)) return true;
  }
  return false;
};

/** Looks at a unit that a long token would have, and jumps behind the last one before it that is of none. */
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

/** Looks at every twentieth character, and goes on from there only where it is of a token. */
const longTokens = (text: string): readonly string[] => {
  const tokens: string[] = [];
  for (let at = longToken - 1; at < text.length; at += longToken) {
    if (!isToken(text, at)) continue;
    let start = at;
    while (start > 0 && isToken(text, start - 1)) start--;
    let end = at + 1;
    while (end < text.length && isToken(text, end)) end++;
    if (end - start >= longToken) tokens.push(text.slice(start, end));
    at = Math.max(at, end - longToken);
  }
  return tokens;
};

const isToken = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit < 128 && isTokenUnit[unit] === 1;
};
