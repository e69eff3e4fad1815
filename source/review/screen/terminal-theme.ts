import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import type { ColourDepth, ThemeName } from '../view/theme.ts';

/** A theme, and the colours that the terminal can show. */
export type Appearance = { readonly name: ThemeName; readonly depth: ColourDepth };

/** The known properties of a terminal. */
export type TerminalFacts = {
  /** The bits of its colours, as Node's `getColorDepth` returns them: 1, 4, 8 or 24. */
  readonly colourBits: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** Asks a terminal for the colour of its background. */
export const backgroundQuery = '\u001B]11;?\u001B\\';

/**
 * Returns the initial theme, and whether to ask the terminal for its background. While the background is unknown,
 * nothing is shaded, because text on the wrong shade is unreadable. NO_COLOR applies unless the user chooses a
 * theme.
 */
export const firstTheme = (
  choice: ReviewTheme,
  { colourBits, environment }: TerminalFacts,
): Appearance & { readonly asks: boolean } => {
  const depth: ColourDepth = colourBits >= 24 ? 'any' : 256;
  const settled = (name: ThemeName) => ({ name, depth, asks: false });
  const hasShades = colourBits >= 8;
  if (choice !== 'auto') {
    return settled((choice === 'dark' || choice === 'light') && !hasShades ? 'basic' : choice);
  }
  const { COLORFGBG, NO_COLOR = '' } = environment;
  if (NO_COLOR !== '' || colourBits < 4) return settled('none');
  if (!hasShades) return settled('basic');
  return { name: backgroundOf(COLORFGBG) ?? 'basic', depth, asks: true };
};

/** Reads COLORFGBG, such as `15;0` or `0;default;15`: its last number is the background's in the palette. */
const backgroundOf = (colours: string | undefined): 'dark' | 'light' | null => {
  const number = /;(\d{1,2})$/.exec(colours ?? '')?.[1];
  if (number === undefined) return null;
  return Number(number) === 7 || Number(number) > 8 ? 'light' : 'dark';
};

/** Reads a terminal's reply to `backgroundQuery`; null for anything else. */
export const backgroundReply = (sequence: string): 'dark' | 'light' | null => {
  const found = /^\u001B\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(sequence);
  if (found === null) return null;
  const [red = 0, green = 0, blue = 0] = found
    .slice(1)
    .map((digits) => Number.parseInt(digits, 16) / (16 ** digits.length - 1));
  // The luminance of ITU-R BT.709; halfway is grey.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 ? 'light' : 'dark';
};
