/** The script of most of a text. */
export type Script =
  | 'arabic'
  | 'chinese'
  | 'cyrillic'
  | 'devanagari'
  | 'greek'
  | 'hebrew'
  | 'japanese'
  | 'korean'
  | 'latin'
  | 'thai';

// The last number is a weight: a Han character or a syllable carries about as much as three
// letters.
const scripts: readonly (readonly [Script, RegExp, number])[] = [
  ['latin', /\p{Script=Latin}/gu, 1],
  ['chinese', /\p{Script=Han}/gu, 3],
  ['japanese', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 3],
  ['korean', /\p{Script=Hangul}/gu, 3],
  ['cyrillic', /\p{Script=Cyrillic}/gu, 1],
  ['arabic', /\p{Script=Arabic}/gu, 1],
  ['hebrew', /\p{Script=Hebrew}/gu, 1],
  ['greek', /\p{Script=Greek}/gu, 1],
  ['devanagari', /\p{Script=Devanagari}/gu, 1],
  ['thai', /\p{Script=Thai}/gu, 1],
];

const minimumLetters = 30;
const minimumShare = 0.6;
const examinedCharacters = 20_000;

/**
 * Guesses the language of prose from its script alone: it can distinguish Chinese from English, but
 * not English from French. Code, links and everything after 20,000 characters are ignored. Null if
 * fewer than 30 letters are left (a Han character counts as three), if no script has 60 % of them,
 * or if the text is JSON or HTML.
 */
export const scriptOf = (text: string): Script | null => {
  const prose = text
    .slice(0, examinedCharacters)
    .replaceAll(/```[^]*?(?:```|$)/g, ' ')
    .replaceAll(/`[^`\n]*`/g, ' ')
    .replaceAll(/https?:\/\/[!-~]+/g, ' ')
    .trim();
  if (/^[[{<]/.test(prose)) return null;
  const weights = new Map<Script, number>();
  let total = 0;
  for (const [script, pattern, weight] of scripts) {
    const found = (prose.match(pattern)?.length ?? 0) * weight;
    weights.set(script, found);
    total += found;
  }
  if (total < minimumLetters) return null;
  const kana = weights.get('japanese') ?? 0;
  const han = weights.get('chinese') ?? 0;
  // Japanese uses Han characters as well; Chinese uses no kana.
  if (kana > 0.1 * (kana + han)) {
    weights.set('japanese', kana + han);
    weights.set('chinese', 0);
  }
  for (const [script, weight] of weights) if (weight >= minimumShare * total) return script;
  return null;
};

/**
 * Returns whether two answers are clearly written in different scripts; false if either is unclear.
 */
export const languageDiffers = (baseline: string, candidate: string): boolean => {
  const first = scriptOf(baseline);
  const second = scriptOf(candidate);
  return first !== null && second !== null && first !== second;
};
