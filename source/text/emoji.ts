// The emoji that Unicode recommends for interchange (RGI, UTS #51) are six sets. To compile the set of
// joined sequences takes more than 20 ms, so a set is built when the first text needs it.
const unjoined = String.raw`\p{Basic_Emoji}\p{Emoji_Keycap_Sequence}\p{RGI_Emoji_Tag_Sequence}`;
const joined = String.raw`\p{RGI_Emoji_ZWJ_Sequence}`;
const toned = String.raw`\p{RGI_Emoji_Modifier_Sequence}`;
const flags = String.raw`\p{RGI_Emoji_Flag_Sequence}`;

const joiner = '\u200D';

const built = new Map<string, RegExp>();

/** The regular expression of a source, built once. */
const expression = (source: string, mode: 'v' | 'gv'): RegExp => {
  const known = built.get(source);
  if (known !== undefined) return known;
  const made = new RegExp(source, mode);
  built.set(source, made);
  return made;
};

/** Whether a text is exactly one emoji of the recommended set, as `/^\p{RGI_Emoji}$/v` says. */
export const isEmoji = (text: string): boolean => {
  if (!/^\p{Emoji}/u.test(text)) return false;
  const set = text.includes(joiner)
    ? joined
    : /^\p{Regional_Indicator}/u.test(text)
      ? flags
      : /^.\p{Emoji_Modifier}$/u.test(text)
        ? toned
        : unjoined;
  return expression(`^[${set}]$`, 'v').test(text);
};

/**
 * Replaces each match of a character class (in the `v` syntax, brackets included), except inside an emoji
 * that holds a joiner, a selector or a tag. The recommended set is closed, so nothing can be hidden in one.
 */
export const replaceOutsideEmoji = (
  text: string,
  characters: string,
  replacement: (character: string) => string,
): string => {
  // Skin tones and flags hold neither joiner, selector nor tag.
  const emoji = text.includes(joiner) ? unjoined + joined : unjoined;
  return text.replace(
    expression(`([${emoji}])|${characters}`, 'gv'),
    (found: string, whole: string | undefined) =>
      whole === undefined ? replacement(found) : found,
  );
};
