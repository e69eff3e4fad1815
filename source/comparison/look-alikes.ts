// Letters of other scripts that no font tells from Latin ones, with the letter that they look like.
const letters =
  'АAВBЕEКKМMНHОOРPСCТTУYХXаaеeоoрpсcуyхxѕsіiјjԁdһhԛqԝwΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvрp';

const latin = new Map(
  Array.from({ length: letters.length / 2 }, (_, index) => [
    letters.charAt(2 * index),
    letters.charAt(2 * index + 1),
  ]),
);

/** Returns a text as a reader sees it: every space and hyphen in its plain form, without invisible characters. */
const appearance = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replaceAll(/[\u00A0\u1680\u2000-\u200A\u202F\u205F]/g, ' ')
    .replaceAll(/[\u2010\u2011\u2212]/g, '-')
    .replaceAll(/[\p{Script=Cyrillic}\p{Script=Greek}]/gu, (letter) => latin.get(letter) ?? letter);

/** Longer texts are not examined. */
const maximumCharacters = 100_000;

/** The first place where two texts that look alike differ: `U+0020 vs U+00A0`; null if they do not. */
export const lookAlikeReason = (a: string, b: string): string | null => {
  if (!lookAlike(a, b)) return null;
  const [composed, other] = [a.normalize('NFC'), b.normalize('NFC')];
  // Where the texts differ in their Unicode form only, that is the difference.
  const [first, second] =
    composed === other ? [Array.from(a), Array.from(b)] : [Array.from(composed), Array.from(other)];
  let at = 0;
  while (at < first.length && first[at] === second[at]) at++;
  // What only one side has is set against nothing, and not against the character after it.
  const isExtra = (longer: readonly string[], shorter: readonly string[]): boolean =>
    shorter[at] === undefined || longer[at + 1] === shorter[at];
  const [isFirst, isSecond] = [isExtra(first, second), isExtra(second, first)];
  // Both are where two characters have changed places.
  if (isFirst && !isSecond) return `${codePoint(first[at])} vs nothing`;
  if (isSecond && !isFirst) return `nothing vs ${codePoint(second[at])}`;
  return `${codePoint(first[at])} vs ${codePoint(second[at])}`;
};

/** Two texts with the code points spelled out in which they differ; as they are unless they look alike. */
export const spelledOut = (a: string, b: string): readonly [string, string] => {
  if (!lookAlike(a, b)) return [a, b];
  const inBoth = (text: string, other: string): string => {
    const known = new Set(Array.from(other));
    return Array.from(text, (character) =>
      known.has(character) || /^[ -~]$/.test(character) ? character : `<${codePoint(character)}>`,
    ).join('');
  };
  const spelled = [inBoth(a, b), inBoth(b, a)] as const;
  if (spelled[0] !== a || spelled[1] !== b) return spelled;
  // The same characters in other places.
  const all = (text: string): string =>
    Array.from(text, (character) =>
      /^[ -~]$/.test(character) ? character : `<${codePoint(character)}>`,
    ).join('');
  return [all(a), all(b)];
};

const lookAlike = (a: string, b: string): boolean =>
  a !== b &&
  a.length <= maximumCharacters &&
  b.length <= maximumCharacters &&
  appearance(a) === appearance(b);

const codePoint = (character: string | undefined): string =>
  `U+${(character?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
