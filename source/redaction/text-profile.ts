/** What one pass over a text finds out: enough to tell which rules cannot find anything in it. */
export type TextProfile = {
  readonly text: string;
  /** The digits of the text with four code units before and 24 after each. Most texts have few. */
  readonly nearDigits: string;
  /** Where a digit stands beside an ASCII letter or a mark that passwords have: few words do. */
  readonly mixed: readonly number[];
  /**
   * The most digits in one row, in which at most two code units, and no ASCII letter, stand between two
   * digits. Rows of fewer than four digits count as none.
   */
  readonly digits: number;
  /** The runs of at least `longToken` characters of the alphabets in which secrets are written. */
  readonly tokens: readonly string[];
};

/** Every secret has a run of this length; words hardly ever do. */
export const longToken = 20;

/** By Latin-1 code: letters, digits and `_-+/=.` are token characters, and nothing beyond ASCII is. */
const isTokenUnit: Uint8Array = Uint8Array.from({ length: 256 }, (_, unit) =>
  /[A-Za-z0-9_\-+/=.]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Profiles a text in time proportional to its length. */
export const profileText = (text: string): TextProfile => {
  const mixed: number[] = [];
  const nearDigits = surroundingsOfDigits(text, mixed);
  const digits = nearDigits.length < 4 ? 0 : mostDigits(nearDigits);
  const mayHaveTokens = text.length >= longToken && mayHaveLongToken(text);
  return { text, nearDigits, mixed, digits, tokens: mayHaveTokens ? longTokens(text) : noTokens };
};

const near = { before: 4, after: 24 } as const;

/** Separates the excerpts: it ends a row of digits, and no value contains it. */
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
  digit.lastIndex = from;
  return digit.exec(text)?.index ?? -1;
};

const noTokens: readonly string[] = [];

/** No value has fewer digits in a row. */
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

/** Scanning bytes is several times as fast as scanning the code units of a string. */
const piece = Buffer.alloc(pieceUnits);

/**
 * Whether the text may have a long token; false is certain. In Latin-1 a code unit beyond it becomes its
 * low byte, which may look like a token character, so a token may be reported that is none, but none
 * is missed.
 */
const mayHaveLongToken = (text: string): boolean => {
  for (let start = 0; start < text.length; start += pieceUnits - longToken) {
    const end = Math.min(text.length, start + pieceUnits);
    piece.write(text.length <= pieceUnits ? text : text.slice(start, end), 'latin1');
    if (hasLongRun(end - start)) return true;
  }
  return false;
};

/** Looks at a unit that any long token here would include, and skips past the last gap before it. */
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

/** Looks at every twentieth character, and around it only where it belongs to a token. */
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
