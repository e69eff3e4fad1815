import data from '../../../data/issued-secrets.json' with { type: 'json' };
import type { Finding, RedactionRule } from './redaction-rule.ts';

/** A kind of token. Each of its tokens contains `hint`, a short string that is fast to search for. */
type IssuedToken = {
  readonly rule: string;
  readonly hint: RegExp;
  /** Whether the hint contains a character that tokens cannot contain. */
  readonly isWider: boolean;
  readonly pattern: RegExp;
};

const escaped = (text: string): string => text.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&');

/** The minimum length after a prefix, so that ordinary words with the same beginning do not match. */
const hintLength = 8;

type Entry = (typeof data.tokens)[number];

const characters = ({ prefix = '', alphabet = '' }: Entry, least: number, most: number): string =>
  `${escaped(prefix)}[${alphabet}]{${least},${most}}`;

const hintOf = (entry: Entry): string =>
  entry.hint ?? characters(entry, Math.min(hintLength, entry.least ?? 1), hintLength);

const isWiderHint = (hint: string): boolean => /^:|~/.test(hint);

/** The beginning of a word. `_` and `-` after a letter or a digit belong to the word. */
const wordStart = '(?<![A-Za-z0-9]|[A-Za-z0-9][_-])';

/** The tokens of data/issued-secrets.json: a prefix and characters of an alphabet, or a pattern. */
const issued: readonly IssuedToken[] = data.tokens.map((entry) => {
  const pattern = entry.pattern ?? characters(entry, entry.least ?? 1, entry.most ?? 1);
  return {
    rule: `secret-${entry.issuer}`,
    hint: new RegExp(hintOf(entry)),
    isWider: isWiderHint(hintOf(entry)),
    pattern: new RegExp(`${wordStart}${pattern}(?![A-Za-z0-9])`, 'g'),
  };
});

/** Hints that consist of token characters, and hints that contain other characters. */
const [inTokens, inText] = [false, true].map(
  (isWider) =>
    new RegExp(
      data.tokens
        .map(hintOf)
        .filter((hint) => isWiderHint(hint) === isWider)
        .join('|'),
    ),
);

/** Of all tokens, only those of Hugging Face may lack a digit. */
const mayBeRandom = /\d|hf_/;

/** Tokens with a prefix or form defined by their issuers: `dop_v1_…`, `GOCSPX-…`, `pypi-…`, and those of other fixed forms. */
export const issuedSecretRule: RedactionRule = {
  mayHold: ({ text, tokens }) => {
    if (tokens.length === 0) return false;
    for (const token of tokens) {
      if (mayBeRandom.test(token) && inTokens?.test(token) === true) return true;
    }
    return (text.includes(':AA') || text.includes('~')) && inText?.test(text) === true;
  },
  find: (text, { tokens }) => {
    const findings: Finding[] = [];
    for (const { rule, hint, isWider, pattern } of issued) {
      if (isWider ? !hint.test(text) : !tokens.some((token) => hint.test(token))) continue;
      for (const { 0: value, index } of text.matchAll(pattern)) {
        if (!mayBeRandom.test(value) || isName(value)) continue;
        findings.push({ rule, start: index, end: index + value.length, value });
      }
    }
    return findings;
  },
};

/** Words joined by hyphens or underscores, such as `sk-learn-style-pipelines`, and repetitions of one character. */
const isName = (value: string): boolean =>
  (!/\d/.test(value) &&
    /^[\W_]*(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)(?:[\W_]+(?:[a-z]+|[A-Z]+))*$/.test(value)) ||
  /(.)\1{15}/.test(value);
