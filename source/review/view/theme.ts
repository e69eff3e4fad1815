import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import type { Syntax } from '../../text/syntax.ts';
import type { Paint, Shade, Style, StyledRun } from './styled-text.ts';

/**
 * The colours of the review. `dark` and `light` are for terminals with such a background: shades behind
 * changed rows, and stronger ones behind changed words. `basic`: the 16 colours of the terminal without
 * shades, for any background. `none`: no colours.
 */
export type ThemeName = Exclude<ReviewTheme, 'auto'>;

/** The colours that a terminal can show: 256 from the standard palette, or any. */
export type ColourDepth = 256 | 'any';

/** The escape codes that start and end a style. */
type Codes = readonly [start: string, end: string];

type Theme = {
  readonly styles: Readonly<Record<Style, Codes>>;
  readonly syntax: Readonly<Record<Syntax, Codes>>;
  readonly shades: Readonly<Record<Shade, Codes>>;
};

const nothing: Codes = ['', ''];

/** Returns the codes of several settings, separated by spaces. Ink needs one sequence for each. */
const sgr = (start: string, end: string): Codes => {
  const sequences = (settings: string): string =>
    settings
      .split(' ')
      .map((setting) => `\u001B[${setting}m`)
      .join('');
  return [sequences(start), sequences(end)];
};

const bold = sgr('1', '22');
const shadeOff = '\u001B[49m';
const colour = (code: number): Codes => sgr(String(code), '39');

// A difference is also underlined or marked in the gutter, so that colour is never the only sign.
const none: Theme = {
  styles: {
    plain: nothing,
    dim: nothing,
    bold,
    accent: bold,
    removed: sgr('4', '24'),
    added: sgr('4', '24'),
    removed_line: nothing,
    added_line: nothing,
    removed_here: sgr('4 7', '27 24'),
    added_here: sgr('4 7', '27 24'),
    good: nothing,
    warning: bold,
    error: bold,
    match: sgr('7', '27'),
  },
  syntax: {
    heading: bold,
    strong: bold,
    bullet: nothing,
    code: nothing,
    fence: nothing,
    keyword: nothing,
    string: nothing,
    number: nothing,
    comment: nothing,
  },
  shades: { removed: nothing, added: nothing },
};

// The 16 colours follow the user's palette. Red and green belong to the differences.
const basic: Theme = {
  styles: {
    ...none.styles,
    dim: sgr('2', '22'),
    accent: colour(36),
    removed: sgr('31 4', '24 39'),
    added: sgr('32 4', '24 39'),
    removed_line: colour(31),
    added_line: colour(32),
    removed_here: sgr('31 4 7', '27 24 39'),
    added_here: sgr('32 4 7', '27 24 39'),
    good: colour(32),
    warning: colour(33),
    error: sgr('31 1', '22 39'),
  },
  syntax: {
    heading: bold,
    strong: bold,
    bullet: colour(36),
    code: colour(36),
    fence: sgr('2', '22'),
    keyword: colour(35),
    string: colour(36),
    number: colour(35),
    comment: sgr('2', '22'),
  },
  shades: none.shades,
};

/** The shades of rows, then of words: true colours, and the nearest of the 256. */
const shadeColours = {
  dark: {
    removed: { any: ['63;0;1', '144;16;17'], 256: ['52', '88'] },
    added: { any: ['0;40;0', '0;96;0'], 256: ['22', '28'] },
  },
  light: {
    removed: { any: ['255;224;224', '255;184;184'], 256: ['224', '217'] },
    added: { any: ['208;255;208', '150;236;150'], 256: ['194', '157'] },
  },
} as const;

/** Returns the theme for a background. Shades keep the colour of the text, so code keeps its colours. */
const shaded = (background: 'dark' | 'light', depth: ColourDepth): Theme => {
  const code = (shade: Shade, strength: 0 | 1): string =>
    `48;${depth === 256 ? 5 : 2};${shadeColours[background][shade][depth][strength]}`;
  const words = (shade: Shade): Codes => sgr(`${code(shade, 1)} 4`, '24 49');
  const here = (shade: Shade): Codes => sgr(`${code(shade, 1)} 4 7`, '27 24 49');
  return {
    styles: {
      ...basic.styles,
      removed: words('removed'),
      added: words('added'),
      removed_line: nothing,
      added_line: nothing,
      removed_here: here('removed'),
      added_here: here('added'),
    },
    syntax: basic.syntax,
    shades: {
      removed: sgr(code('removed', 0), '49'),
      added: sgr(code('added', 0), '49'),
    },
  };
};

const themeOf = (name: ThemeName, depth: ColourDepth): Theme => {
  switch (name) {
    case 'none':
      return none;
    case 'basic':
      return basic;
    default:
      return shaded(name, depth);
  }
};

/** Returns the painter of a theme. */
export const painter = (name: ThemeName, depth: ColourDepth = 'any'): Paint => {
  const { shades, styles, syntax } = themeOf(name, depth);
  return (runs) => {
    let painted = '';
    // Every code costs Ink time, so runs on one shade share its codes, and runs of one style are one.
    let shade: Shade | undefined;
    for (const run of joinAlike(runs)) {
      if (run.shade !== shade) {
        painted += run.shade === undefined ? shades[shade ?? 'added'][1] : shades[run.shade][0];
        shade = run.shade;
      }
      const [start, end] = styles[run.style];
      const [colourOn, colourOff] = run.syntax === undefined ? nothing : syntax[run.syntax];
      // The style comes last, so its colour wins over that of the syntax.
      painted += `${colourOn}${start}${run.text}`;
      painted +=
        shade !== undefined && end.endsWith(shadeOff)
          ? `${end.slice(0, -shadeOff.length)}${colourOff}${shades[shade][0]}`
          : `${end}${colourOff}`;
    }
    return shade === undefined ? painted : `${painted}${shades[shade][1]}`;
  };
};

/** Joins neighbours that look the same, and leaves out empty runs. */
const joinAlike = (runs: readonly StyledRun[]): readonly StyledRun[] => {
  const joined: StyledRun[] = [];
  for (const run of runs) {
    if (run.text === '') continue;
    const last = joined.at(-1);
    const isAlike =
      last?.style === run.style && last.shade === run.shade && last.syntax === run.syntax;
    if (isAlike) joined[joined.length - 1] = { ...last, text: last.text + run.text };
    else joined.push(run);
  }
  return joined;
};
