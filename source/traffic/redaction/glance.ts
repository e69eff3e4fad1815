/** What one look at a text tells: enough to know which rules cannot find anything in it. */
export type Glance = {
  readonly text: string;
  /** Whether there is a digit at all. */
  readonly hasDigit: boolean;
  /** 0 or the most digits, at least four, that follow each other with at most two units between, none of them letters. */
  readonly digits: number;
  /** The runs of at least `longToken` characters that secrets are written in. */
  readonly tokens: readonly string[];
};

/** A secret has a run of so many characters; words hardly ever have. */
export const longToken = 20;

/** Letters, digits and `_-+/=.`. */
const isTokenUnit: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) =>
  /[A-Za-z0-9_\-+/=.]/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Looks at a text once, in time that grows with its length alone. */
export const glanceAt = (text: string): Glance => {
  const hasDigit = /[0-9]/.test(text);
  const digits = hasDigit ? mostDigits(text) : 0;
  return { text, hasDigit, digits, tokens: longTokens(text) };
};

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
