// What a terminal would obey, hide or reorder: controls, format characters, line separators, lone
// surrogates, default ignorables (zero-width, variation selectors, tags, fillers), noncharacters.
const suspect =
  /[\0-\x09\x0B-\x1F\x7F-\x9F\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

// Whole emoji come first, so that the joiners and selectors inside them stay. The set of sequences is
// closed (RGI): nothing can be smuggled in one.
const emojiOrSuspect =
  /(\p{RGI_Emoji})|[[\0-\x1F\x7F-\x9F\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]--\n]/gv;

/**
 * Text from outside as it may go to a terminal: what a terminal would obey, hide or reorder is
 * replaced by a visible stand-in (`␛`, `␀`, `␍`, `<U+202E>`), a tab by four spaces. Nothing is
 * deleted, line feeds stay, and so do joiners and selectors inside an emoji. The result never
 * changes again when it is put in once more.
 */
export const harmless = (text: string): string =>
  suspect.test(text)
    ? text.replace(emojiOrSuspect, (found: string, emoji: string | undefined) =>
        emoji === undefined ? standIn(found) : found,
      )
    : text;

/** Like `harmless`, for what must stay on one line: a line feed becomes `␊`. */
export const harmlessLine = (text: string): string => harmless(text).replaceAll('\n', '␊');

const standIn = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x09) return '    ';
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
};
