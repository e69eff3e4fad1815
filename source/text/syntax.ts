import { entryOf } from './json.ts';

/** The role of a span of text in Markdown or in code. */
export type Syntax =
  'heading' | 'strong' | 'bullet' | 'code' | 'fence' | 'keyword' | 'string' | 'number' | 'comment';

/** A span of a line with its role; `start` and `end` in code units. */
export type SyntaxSpan = { readonly start: number; readonly end: number; readonly syntax: Syntax };

// Answers are hostile, and highlighters on npm do not bound their time. Readers need strings, comments, numbers and
// keywords, which are nearly the same in all languages.
const keywords = new Set(
  'abstract and as assert async await bool boolean break case catch char class const constructor continue def default defer del delete do done double elif else elsif end enum esac except export extends extern false fi final finally float fn for from func function global go goto if impl implements import in instanceof int interface is lambda let local long loop match mod module mut namespace new nil none null nonlocal not nullptr of or package pass print private protected pub public raise readonly require rescue return self short static str string struct super switch synchronized template then this throw throws trait true try type typeof undefined union unless unsafe unsigned until use using val var virtual void volatile when where while with yield'.split(
    ' ',
  ),
);
const queryKeywords = new Set(
  'add all alter and as asc between by case check column commit constraint create cross default delete desc distinct drop else end exists foreign from full group having in index inner insert into is join key left like limit not null offset on or order outer primary references returning right rollback select set table then union unique update using values view when where with'.split(
    ' ',
  ),
);

/** Languages that share the syntax of comments and strings. */
type Family = {
  /** Finds the next token. No two kinds of token begin alike, so the time is linear. */
  readonly tokens: RegExp;
  readonly isKeyword: (word: string) => boolean;
};

const double = String.raw`"(?:[^"\\]|\\.)*"?`;
const single = String.raw`'(?:[^'\\]|\\.)*'`;
const number = String.raw`\b\d[\w.]*`;
const word = String.raw`[A-Za-z_$][\w$]*`;

const family = (
  comment: string,
  strings: readonly string[],
  isKeyword: Family['isKeyword'] = (text) => keywords.has(text),
): Family => {
  const parts = [
    `(?<comment>${comment})`,
    `(?<string>${strings.join('|')})`,
    `(?<number>${number})`,
    `(?<word>${word})`,
  ];
  return { tokens: new RegExp(parts.join('|'), 'g'), isKeyword };
};

/** Matches no text. */
const noComment = '(?!)';

const families = {
  slashes: family(String.raw`\/\/.*|\/\*`, [double, single, '`']),
  hashes: family(String.raw`(?<![^\s;(])#.*`, ['"""', "'''", double, single]),
  dashes: family(String.raw`--.*|\/\*`, [double, single], (text) =>
    queryKeywords.has(text.toLowerCase()),
  ),
  markup: family('<!--', [double, single], () => false),
  json: family(String.raw`\/\/.*`, [double]),
  unknown: family(noComment, [double, single]),
} as const satisfies Record<string, Family>;

const languages: Readonly<Record<keyof typeof families, string>> = {
  slashes:
    'c c# c++ cc cpp cs csharp css dart go golang groovy h hpp java javascript js jsx kotlin kt less objc php proto rs rust scala scss solidity swift ts tsx typescript zig',
  hashes:
    'bash conf console dockerfile elixir ex fish hcl ini julia make makefile nix perl pl powershell ps1 py py3 python python3 r rb ruby sh shell tcl terraform tf toml yaml yml zsh',
  dashes: 'elm haskell hs lua mysql plpgsql postgres postgresql psql sql sqlite',
  markup: 'html svelte svg vue xhtml xml',
  json: 'json json5 jsonc jsonl',
  unknown: '',
};

/** Returns the family of the language that a fence names; null for an unknown one, such as `text`. */
const familyOf = (language: string): Family | null => {
  if (language === '') return families.unknown;
  for (const [name, members] of Object.entries(languages)) {
    if (members.split(' ').includes(language.toLowerCase())) {
      return families[name as keyof typeof families];
    }
  }
  return null;
};

/** The end markers of tokens that may span several lines. */
const ends: Readonly<Record<string, string>> = {
  '/*': '*/',
  '<!--': '-->',
  '`': '`',
  '"""': '"""',
  "'''": "'''",
};

/** Longer lines have no spans. */
const longestLine = 2000;

const heading = /^ {0,3}#{1,6}(?:\s|$)/;
const bullet = /^\s*(?:[-*+•>]|\d{1,3}[.)])(?=\s)/;
const inline = /(?<ticks>`+)[^`]+\k<ticks>|\*\*(?=\S)[^*]+\*\*/g;
const fence = /^\s*(?<marks>`{3,}|~{3,})\s*(?<language>[\w+#-]*)/;

/**
 * Returns the mark of the fence that a line opens, such as three backticks; null if it opens none. A line of at
 * least as many of these characters closes the fence.
 */
export const openedFence = (line: string): string | null =>
  fence.exec(line)?.groups?.['marks'] ?? null;

/** Whether a line closes the fence with this mark. */
export const closesFence = (line: string, mark: string): boolean => {
  const text = line.trim();
  return text.startsWith(mark) && text === mark.charAt(0).repeat(text.length);
};

/** Reads a text line by line and returns the spans of each line. */
export class SyntaxReader {
  /** The open fence; null outside of code. A text that is all JSON has no fence to close. */
  #code: { readonly mark: string | null; readonly family: Family | null } | null;
  /** The token that is open after the last line: its end marker and role. */
  #open: { readonly end: string; readonly syntax: Syntax } | null = null;

  constructor(text: 'markdown' | 'json') {
    this.#code = text === 'json' ? { mark: null, family: families.json } : null;
  }

  /** Returns the spans of the next line, in order. `isWhole`: false for the continuation of a line. */
  read(line: string, isWhole: boolean): readonly SyntaxSpan[] {
    if (this.#code === null) {
      const opened = isWhole ? openedFence(line) : null;
      if (opened === null) return line.length > longestLine ? [] : markdownSpans(line, isWhole);
      const language = fence.exec(line)?.groups?.['language'] ?? '';
      this.#code = { mark: opened, family: familyOf(language) };
      return [{ start: 0, end: line.length, syntax: 'fence' }];
    }
    const { family: known, mark } = this.#code;
    if (mark !== null && closesFence(line, mark)) {
      this.#code = null;
      this.#open = null;
      return [{ start: 0, end: line.length, syntax: 'fence' }];
    }
    return known === null || line.length > longestLine ? [] : this.#codeSpans(line, known);
  }

  #codeSpans(line: string, { isKeyword, tokens }: Family): readonly SyntaxSpan[] {
    const spans: SyntaxSpan[] = [];
    let at = 0;
    const close = (start: number, from: number): void => {
      if (this.#open === null) return;
      const { end, syntax } = this.#open;
      const found = line.indexOf(end, from);
      at = found < 0 ? line.length : found + end.length;
      if (found >= 0) this.#open = null;
      if (at > start) spans.push({ start, end: at, syntax });
    };
    close(0, 0);
    tokens.lastIndex = at;
    for (let found = tokens.exec(line); found !== null; found = tokens.exec(line)) {
      const [text] = found;
      const start = found.index;
      const part = found.groups ?? {};
      at = start + text.length;
      const end = entryOf(ends, text);
      if (end !== undefined) {
        this.#open = { end, syntax: part['comment'] === undefined ? 'string' : 'comment' };
        close(start, at);
      } else if (part['comment'] !== undefined) spans.push({ start, end: at, syntax: 'comment' });
      else if (part['string'] !== undefined) {
        // Only values are highlighted, not the keys of objects.
        const isKey = tokens === families.json.tokens && /^\s*:/.test(line.slice(at, at + 20));
        if (!isKey) spans.push({ start, end: at, syntax: 'string' });
      } else if (part['number'] !== undefined) spans.push({ start, end: at, syntax: 'number' });
      else if (isKeyword(text)) spans.push({ start, end: at, syntax: 'keyword' });
      tokens.lastIndex = at;
    }
    return spans;
  }
}

const markdownSpans = (line: string, isWhole: boolean): readonly SyntaxSpan[] => {
  if (isWhole && heading.test(line)) return [{ start: 0, end: line.length, syntax: 'heading' }];
  const spans: SyntaxSpan[] = [];
  const marker = isWhole ? bullet.exec(line)?.[0] : undefined;
  if (marker !== undefined) {
    spans.push({
      start: marker.length - marker.trim().length,
      end: marker.length,
      syntax: 'bullet',
    });
  }
  if (!/[`*]/.test(line)) return spans;
  for (const { 0: text, index } of line.slice(marker?.length ?? 0).matchAll(inline)) {
    const start = (marker?.length ?? 0) + index;
    spans.push({
      start,
      end: start + text.length,
      syntax: text.startsWith('`') ? 'code' : 'strong',
    });
  }
  return spans;
};
