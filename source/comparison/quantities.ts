import type { Fact } from './text-facts.ts';

/** Units by what they measure, in small letters. Plurals in `s` are known, too. */
const units = {
  length:
    'mm cm m km metre meter kilometre kilometer mi mile ft foot feet inch yard 米 公里 厘米 里',
  mass: 'mg g kg gram kilogram lb pound oz ounce ton tonne 克 公斤 千克 吨',
  volume: 'ml cl l litre liter millilitre milliliter gallon 升 毫升',
  span: 'ms sec second min minute h hr hour day week month year decade night 秒 分钟 小时 天 周 个月 年',
  money: 'usd eur gbp jpy cny inr chf dollar euro yen yuan rupee cent buck 元 美元 欧元 块',
  share: 'percent 成',
  temperature: '°c °f celsius fahrenheit degree 度',
  data: 'kb mb gb tb kib mib gib byte bit',
  clock: "am pm a.m p.m o'clock 点",
  power: 'w kw mw kwh watt kilowatt v volt',
  speed: 'km/h mph m/s kph',
  people: 'people person 人',
} as const;

/** What a number measures; `number` if it has no unit that is known. */
export type Measure = keyof typeof units | 'number';

const measures = new Map<string, Measure>(
  Object.entries(units).flatMap(([measure, words]) =>
    words
      .split(' ')
      .flatMap((word) => [
        [word, measure as Measure] as const,
        [`${word}s`, measure as Measure] as const,
      ]),
  ),
);

const symbols: readonly (readonly [RegExp, Measure])[] = [
  [/[$€£¥₹]/, 'money'],
  [/[%‰]/, 'share'],
  [/°/, 'temperature'],
  [/^\d{1,2}:\d{2}(?::\d{2})?$/, 'clock'],
];

const unitAfter =
  /^\s?(°[CF]|km\/h|m\/s|o'clock|[ap]\.m|[a-zA-Z]{1,12}|\p{Script=Han}{1,2})(?![\p{Script=Latin}\d])/u;

/** A number with its unit: what it measures, and where it ends in the text. */
export type Quantity = { readonly measure: Measure; readonly end: number };

/** Returns what a number in a text measures, by the sign at it or the word after it. */
export const quantityAt = (text: string, { end, text: number }: Fact): Quantity => {
  const sign = symbols.find(([pattern]) => pattern.test(number));
  const match = unitAfter.exec(text.slice(end, end + 16));
  const word = match?.[1]?.toLowerCase() ?? '';
  // Of two Han characters, the first may be the unit.
  const found = [word, word.slice(0, 1)].find(
    (one, index) => measures.has(one) && (index === 0 || /^\p{Script=Han}$/u.test(one)),
  );
  if (sign !== undefined) return { measure: sign[1], end };
  if (match === null || found === undefined) return { measure: 'number', end };
  const length = match[0].length - (word.length - found.length);
  return { measure: measures.get(found) ?? 'number', end: end + length };
};
