import { replaceOutsideEmoji } from './emoji.ts';

// Characters that a terminal obeys, hides or uses to reorder text: controls, format characters, line
// separators, lone surrogates, default ignorables (zero-width characters, variation selectors, tags,
// fillers) and noncharacters.
const suspect =
  /[\0-\x09\x0B-\x1F\x7F-\x9F\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

const suspectButLineFeed = String.raw`[[\0-\x1F\x7F-\x9F\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]--\n]`;

/**
 * Makes text from outside safe to print: characters that a terminal would obey, hide or reorder are replaced
 * with visible ones (`␛`, `␀`, `␍`, `<U+202E>`), tabs with four spaces. Nothing is deleted. Line feeds, and
 * joiners and selectors inside an emoji, are kept. Applying it twice changes nothing more.
 */
export const printable = (text: string): string =>
  suspect.test(text) ? replaceOutsideEmoji(text, suspectButLineFeed, visibleForm) : text;

/** Like `printable`, for text that must stay on one line: line feeds become `␊`. */
export const printableLine = (text: string): string => printable(text).replaceAll('\n', '␊');

const visibleForm = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x09) return '    ';
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
};
