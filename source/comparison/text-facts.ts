import { canonicalNumber } from './json/json-equality.ts';

/** Something in a text that is right or wrong whatever the words around it are. */
export type Fact = {
  readonly kind: 'link' | 'date' | 'number' | 'name';
  readonly text: string;
  /** The place in the text, in code units. */
  readonly start: number;
  readonly end: number;
  /** The same for facts that say the same: `20 November` and `November 20th`. */
  readonly key: string;
};

const months = [
  ['jan', 'january'],
  ['feb', 'february'],
  ['mar', 'march'],
  ['apr', 'april'],
  ['may'],
  ['jun', 'june'],
  ['jul', 'july'],
  ['aug', 'august'],
  ['sep', 'sept', 'september'],
  ['oct', 'october'],
  ['nov', 'november'],
  ['dec', 'december'],
];
const monthNumbers = new Map(
  months.flatMap((names, index) => names.map((name) => [name, index + 1] as const)),
);
const month = `(?:${[...monthNumbers.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((name) => name.charAt(0).toUpperCase() + name.slice(1))
  .join('|')})`;

const nameWord = String.raw`(?:(?:Mr|Mrs|Ms|Dr|Prof)\.|\p{Lu}[\p{L}\p{N}'’\-]*)`;

// Each alternative names its parts; links come first, because they contain numbers.
const factPatterns = new RegExp(
  [
    String.raw`(?<link>(?:https?:\/\/|www\.)[^\s<>"'()，。）】」]+[^\s<>"'()，。）】」.,;:!?]|[\w.+\-]+@[\w\-]+\.[\w.\-]*\w)`,
    String.raw`(?<code>\x60[^\x60\n]+\x60|《[^》\n]+》|「[^」\n]+」)`,
    `(?<![\\p{L}\\d])(?:${[
      String.raw`(?<isoYear>\d{4})-(?<isoMonth>\d{2})-(?<isoDay>\d{2})(?!\d)`,
      String.raw`(?<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?<month>${month})\b(?:\.?,?\s+(?<year>\d{4})(?!\d))?`,
      String.raw`(?<month2>${month})\.?\s+(?<day2>\d{1,2})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?<year2>\d{4})(?!\d))?`,
    ].join('|')})`,
    String.raw`(?:(?<year3>\d{4})\s*年\s*)?(?<month3>\d{1,2})\s*月\s*(?<day3>\d{1,2})\s*[日号]`,
    String.raw`(?<number>(?:(?<![^\s(=:])[-−]|(?<![\p{Script=Latin}\d_]))(?:[$€£¥₹]\s?)?(?<digits>\d+(?:[.,:]\d+)*)(?:\s?[%‰€£¥₹°])?(?!\d))`,
    `(?<name>${nameWord}(?: +${nameWord})*)`,
  ].join('|'),
  'gu',
);

/** What every fact has one of. Most lines have none, and to compile all patterns takes 10 ms. */
const factMark = /[\p{Lu}\d@\x60《「]|www\.|:\/\//u;

/** A number at the start of a line that only counts: `1.`, `2)`. */
const ordinal = /(?:^|\n)\s*(?:[#>*-]+ *)?(?:\*\*)?$/;

/**
 * Finds the links, dates, numbers and names of a prose text. Names are capitalised words that do not
 * begin a sentence, code in backticks and titles in 《》 or 「」. Numbers that only count the lines of
 * a list are left out.
 */
export const factsIn = (text: string): readonly Fact[] => {
  if (!factMark.test(text)) return [];
  const facts: Fact[] = [];
  for (const match of text.matchAll(factPatterns)) {
    const { groups = {}, index } = match;
    const whole = { text: match[0], start: index, end: index + match[0].length };
    const date = dateKey(groups);
    if (groups['link'] !== undefined) {
      facts.push({ kind: 'link', ...whole, key: match[0].toLowerCase().replace(/\/$/, '') });
    } else if (groups['code'] !== undefined) {
      facts.push({ kind: 'name', ...whole, key: match[0].slice(1, -1).toLowerCase() });
    } else if (date !== null) facts.push({ kind: 'date', ...whole, key: date });
    else if (groups['number'] !== undefined) {
      const counts =
        /^[.)、] ?/.test(text.slice(whole.end, whole.end + 2)) &&
        ordinal.test(text.slice(Math.max(0, index - 20), index));
      if (!counts) facts.push({ kind: 'number', ...whole, key: numberKey(match[0]) });
    } else {
      const name = nameIn(match[0], text.slice(Math.max(0, index - 4), index));
      if (name !== null) {
        const start = index + name.offset;
        const end = start + name.text.length;
        facts.push({ kind: 'name', text: name.text, start, end, key: name.text.toLowerCase() });
      }
    }
  }
  return facts;
};

const dateKey = (groups: Readonly<Record<string, string | undefined>>): string | null => {
  const name = groups['month'] ?? groups['month2'];
  const monthNumber =
    name === undefined
      ? Number(groups['isoMonth'] ?? groups['month3'])
      : (monthNumbers.get(name.toLowerCase()) ?? Number.NaN);
  const day = groups['day'] ?? groups['day2'] ?? groups['day3'] ?? groups['isoDay'];
  if (day === undefined || Number.isNaN(monthNumber)) return null;
  const year = groups['isoYear'] ?? groups['year'] ?? groups['year2'] ?? groups['year3'];
  return `${monthNumber}-${Number(day)}${year === undefined ? '' : `-${year}`}`;
};

/** The number with its sign, and the sign of a currency apart: `-$1,000.50` gives `-100050e-2 $`. */
const numberKey = (text: string): string => {
  const sign = /^[-−]/.test(text) ? '-' : '';
  const currency = /[$€£¥₹]/.exec(text)?.[0];
  const digits = text.replaceAll(/[^\d.,:]/g, '').replaceAll(/,(?=\d{3}(?!\d))/g, '');
  const number = canonicalNumber(digits.replace(/^0+(?=\d)/, ''));
  const share = /[%‰]/.exec(text)?.[0] ?? '';
  return `${sign}${number}${share}${currency === undefined ? '' : ` ${currency}`}`;
};

/** The key of a number without its currency. */
export const amountOf = ({ key }: Pick<Fact, 'key'>): string => key.split(' ', 1)[0] ?? key;

const nameIn = (
  match: string,
  before: string,
): { readonly text: string; readonly offset: number } | null => {
  const words = [...match.matchAll(/[^ ]+/g)];
  const begins = /(?:^|\d\)|[.!?:;…。！？：；\n"“”'‘(（*#_>|\-–—•·])\s*$/u.test(before);
  const proper = words.slice(begins ? 1 : 0);
  const first = proper.findIndex(([word]) => /^\p{Lu}/u.test(word) && !/^I(?:$|['’])/.test(word));
  if (first === -1) return null;
  let last = first;
  while (/^\p{Lu}/u.test(proper[last + 1]?.[0] ?? '')) last++;
  const from = proper[first]?.index ?? 0;
  const end = proper[last];
  if (end === undefined) return null;
  const text = match.slice(from, end.index + end[0].length).replace(/['’]s?$/, '');
  return text.length < 2 ? null : { text, offset: from };
};

const smallNumbers = [
  ['zero', '零'],
  ['one', '一'],
  ['two', '二', '两'],
  ['three', '三'],
  ['four', '四'],
  ['five', '五'],
  ['six', '六'],
  ['seven', '七'],
  ['eight', '八'],
  ['nine', '九'],
  ['ten', '十'],
  ['eleven', '十一'],
  ['twelve', '十二'],
];

/** The facts of one text, to ask whether another text's fact is among them. */
export class KnownFacts {
  readonly #keys = new Set<string>();
  readonly #words: ReadonlySet<string>;
  readonly #text: string;
  /** Where most words are capitalised, as in German or in titles, a capital says nothing. */
  readonly hasNames: boolean;

  constructor(text: string) {
    this.#text = text.toLowerCase();
    this.#words = new Set(this.#text.match(/[\p{L}\p{N}]+/gu) ?? []);
    const facts = factsIn(text);
    for (const { key, kind } of facts) {
      this.#keys.add(key);
      // A date without its year is the same date, whatever the year.
      if (kind === 'date') this.#keys.add(`${/^\d+-\d+/.exec(key)?.[0] ?? key}-*`);
      // A number without a currency may be in any.
      if (kind === 'number' && key.includes(' ')) this.#keys.add(`${amountOf({ key })} *`);
    }
    for (const [number, names] of smallNumbers.entries()) {
      const isKnown = names.some((name) =>
        /^[a-z]/.test(name) ? this.#words.has(name) : text.includes(name),
      );
      if (isKnown) this.#keys.add(canonicalNumber(String(number)));
    }
    const words = text.match(/\p{L}+/gu)?.length ?? 0;
    const names = facts.filter(({ kind }) => kind === 'name');
    const nameWords = names.reduce((sum, { text: name }) => sum + name.split(' ').length, 0);
    this.hasNames = nameWords <= 0.25 * words;
  }

  has({ key, kind }: Fact): boolean {
    if (this.#keys.has(key)) return true;
    if (kind === 'date') {
      const parts = key.split('-');
      return this.#keys.has(parts.length === 2 ? `${key}-*` : parts.slice(0, 2).join('-'));
    }
    if (kind === 'number') {
      const [number = key, currency] = key.split(' ');
      return this.#keys.has(currency === undefined ? `${number} *` : number);
    }
    if (kind !== 'name') return false;
    const words = key.match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.length === 0
      ? this.#text.includes(key)
      : words.every((word) => this.#words.has(word) || this.#text.includes(word));
  }
}
