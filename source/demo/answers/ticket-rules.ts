import type { Ticket } from './tickets.ts';

/** A word to answer and what in the ticket's text calls for it; the first rule that fits wins. */
export type Rule = readonly [answer: string, pattern: RegExp];

/** A field of the answer with its value as JSON text, so that `1.00` can be told from `1`. */
export type Field = readonly [name: string, json: string];

/** A rule set: what the demo serves as a model where no real model's answer is recorded. */
export type TicketRules = {
  /** What the answer names as its model. */
  readonly model: string;
  readonly answer: (ticket: Ticket) => string;
};

export const firstFit = (rules: readonly Rule[], text: string): string | null =>
  rules.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

/** `zh` for a text with at least one Han character, else `en`. */
export const languageOf = (text: string): string => (/\p{Script=Han}/u.test(text) ? 'zh' : 'en');

export const jsonObject = (fields: readonly Field[]): string =>
  `{\n${fields.map(([name, json]) => `  ${JSON.stringify(name)}: ${json}`).join(',\n')}\n}`;

export const jsonString = (value: string | null): string => JSON.stringify(value);

/** The number of days in `2 weeks`, `3 days`, `a week`, `yesterday`, `三天`, `2周`; null if none. */
export const daysIn = (text: string): number | null => {
  const span =
    /\b(\d+|an?|one|two|couple|three) (?:of )?(day|week|month)s?\b/i.exec(text) ??
    /(\d+|[一两三四五六七八九十])\s*个?(天|周|星期|月)/.exec(text);
  if (span === null) return /\byesterday\b|昨天/i.test(text) ? 1 : null;
  const [, count = '', unit = ''] = span;
  return (numerals[count.toLowerCase()] ?? Number(count)) * (unitDays[unit.toLowerCase()] ?? 1);
};

/* prettier-ignore */
const numerals: Readonly<Record<string, number>> = {
  a: 1, an: 1, one: 1, two: 2, couple: 2, three: 3,
  一: 1, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10,
};

/* prettier-ignore */
const unitDays: Readonly<Record<string, number>> = {
  day: 1, week: 7, month: 30,
  天: 1, 周: 7, 星期: 7, 月: 30,
};
