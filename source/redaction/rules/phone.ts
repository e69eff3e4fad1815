import type { CountryCode, Metadata } from 'libphonenumber-js/core';
import type { TextProfile } from '../text-profile.ts';
import { usualCountries, type PhoneCountry } from './phone-countries.ts';
import { type Finding, type RedactionRule, textBefore } from './redaction-rule.ts';
import { tableCells, type Table } from './table-cells.ts';

const candidate =
  /(?<![\w.+\-/$€£¥#%&@\\]|\d:)(?:\(?\+|\()?\d(?:[ \u00A0().\-/\u2010-\u2013]{0,2}\d){6,17}(?![\w%]|[.,:/-]\d)/g;

/** Words directly before a phone number, and words directly before something else. */
const phoneWords =
  /(?:phone|mobile|fax|whats ?app|hotline|(?:\b|_)(?:cell|tel(?:efon|éfono)?|call(?: us| me)?|sms|dial|handy)|电话|電話|手机|手機|联系方式|致电|拨打|热线|热線)(?:[ _-]?(?:number|no|nummer|is|at|on|号码|号|號碼|是|为))*[\s.:：=()"']{0,4}$/i;
const otherWords =
  /(?:order|invoice|ticket|case|ref(?:erence)?|sku|isbn|issn|part|item|serial|tracking|article|account|id|订单|訂單|单号|單號|编号|編號|运单|流水|快递)(?: ?(?:number|no|nr|id|号|號|号码|是|为))*[\s.:：#=()"']{0,4}$/i;

/**
 * Words farther before a number that classify it. The last of them decides; `number` alone decides only if
 * there is no other word.
 */
const numberWords =
  /(?<phone>phone|mobile|\bmobil|\bmóvil|\bcell|celular|cellulare|\bt[eé]l[eé]?f?|rückruf|telefon|\bhandy|\bfax|whats ?app|hotline|\bcalls?\b|\bring\b|\bdial\b|\btext (?:me|us)\b|sms(?![a-z])|\breach\b|\bcontact|\brufen?\b|anruf|erreich|appel|joign|joindre|llám|llam[ae]|chiam|\bbel(?:len)?\b|zadzwo|\bara\b|ligue|\bring\b|\bM:|\bT:|\bP:|电话|電話|手机|手機|联系|聯繫|致电|拨打|热线|打给|打|携帯|連絡|전화|연락|휴대|핸드폰|тел|звон|моб)|(?<number>\b(?:my|your|his|her|their|our|new|old|home|work|direct|private|emergency|contact|mein\w*|ihr\w*|deine?|mon|votre|son|mi|su|tu|meu|seu|mio|suo|mijn|jouw|mój|mitt|numer\w*) (?:(?:new|old|home|work|office|direct|private|personal|current) )?(?:number|nummer|num[ée]ro|numero|número|numer)\b|号码|號碼|мой номер)|(?<other>order|invoice|ticket|\bcase\b|\bref\b|reference|sku\b|isbn|issn|\bpart\b|\bitem|serial|track|article|artikel|account|\bids?\b|awb\b|way ?bill|parcel|fedex|\bups\b|\bdhl\b|usps|\bdpd\b|shipment|package|container|flight|\bupc\b|\bean\b|gtin|barcode|model|batch|\blot\b|policy|claim|\bpo\b|contract|vertrag|bestell|sendung|rechnung|commande|facture|pedido|factura|ordine|fattura|version|build|random|prime|vat\b|\btax|licen[cs]e|registration|regist|sort code|routing|iban|swift|\bbic\b|card|price|total|amount|sum|page|row|line|error|code|zip|postal|pin\b|year|population|订单|訂單|单号|單號|编号|編號|运单|流水|快递|价格|金额|版本|页|注文|会員|주문|송장|заказ)/giu;

/** With a country code: +49 30 123456, +14155550123, 0086-138-0013-8000. */
const international =
  /^(?:\+[1-9]\d{9,14}|\(?\+[1-9]\d{0,3}[ ().\-/\u00A0\u2010-\u2013].*|00[1-9]\d{0,2}[ ().\-/].*)$/;

/** National formats. Every run of separators is replaced by one hyphen before matching. */
const national: readonly RegExp[] = [
  // North America: 415-555-0123, (415) 555-0123, 1-800-555-0123.
  /^(?:1-)?(?:[2-9]\d{2}-|\([2-9]\d{2}\)-?)[2-9]\d{2}-\d{4}$/,
  // France: 01 23 45 67 89.
  /^0[1-9](?:-\d{2}){4}$/,
  // With an area code that begins with 0: 030 1234567, 020 7946 0958, 03-1234-5678, 010-8888-8888.
  /^\(?0\d{1,4}\)?-\d{3,8}(?:-\d{3,5}){0,2}$/,
  // With an area code in parentheses: (11) 91234-5678.
  /^\(\d{2,5}\)-?\d{3,5}-\d{3,5}$/,
  // Chinese mobile numbers: 138-0013-8000, 138 0013 8000.
  /^1[3-9]\d-\d{4}-\d{4}$/,
];

const chineseMobile = /^1[3-9]\d{9}$/;
const cjk = /[\u3400-\u9FFF]/;

/**
 * Loads the rule for phone numbers. It finds international numbers, national numbers by their separators or by
 * libphonenumber's metadata, any form after a word such as `phone`, and Chinese mobile numbers in Chinese text.
 * It skips numbers after a word such as `order`, and bare digits that could be anything.
 */
export const loadPhoneRule = async (
  countries: readonly PhoneCountry[] | null = null,
): Promise<RedactionRule> => {
  const [{ Metadata, parsePhoneNumberFromString }, { default: metadata }] = await Promise.all([
    import('libphonenumber-js/core'),
    import('libphonenumber-js/min/metadata'),
  ]);
  const byLength = countriesByLength(new Metadata(metadata), countries ?? usualCountries);
  const spelling = (found: string): Spelling => {
    let best = 'unknown' as Spelling;
    const digits = found.replace(/\D/g, '');
    for (const defaultCountry of byLength.get(digits.length) ?? []) {
      const number = parsePhoneNumberFromString(
        found,
        { defaultCountry, extract: false },
        metadata,
      );
      if (number?.isValid() !== true) continue;
      const usual = number.formatNational();
      if (groupsOf(usual) === groupsOf(found)) return 'usual';
      const hasTrunkPrefix = /^\(?0/.test(found) && usual.replace(/\D/g, '') === digits;
      if (best !== 'dialled') best = hasTrunkPrefix ? 'dialled' : 'possible';
    }
    return best;
  };
  const remembering = remembered(spelling);
  return { mayHold, find: (text, { tables }) => findPhones(text, tables, remembering) };
};

/**
 * The form of a number: the usual one of a country, otherwise grouped but with the 0 that is dialled
 * before an area code, only possible in some country, or not even that.
 */
type Spelling = 'usual' | 'dialled' | 'possible' | 'unknown';

/** The countries in which a number may have this many digits, with or without the national prefix. */
const countriesByLength = (
  metadata: Metadata,
  countries: readonly CountryCode[],
): ReadonlyMap<number, readonly CountryCode[]> => {
  const byLength = new Map<number, CountryCode[]>();
  for (const country of countries) {
    metadata.selectNumberingPlan(country);
    const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
    for (const length of new Set(lengths.flatMap((one) => [one, one + 1, one + 2]))) {
      const others = byLength.get(length);
      if (others === undefined) byLength.set(length, [country]);
      else others.push(country);
    }
  }
  return byLength;
};

const memory = { spellings: 2000 } as const;

/** Caches rejected spellings, because the same digits recur in other captures and passes. */
const remembered = (spelling: (found: string) => Spelling): ((found: string) => Spelling) => {
  const known = new Map<string, Spelling>();
  return (found) => {
    const before = known.get(found);
    if (before !== undefined) return before;
    const now = spelling(found);
    if (known.size >= memory.spellings) known.clear();
    known.set(found, now);
    return now;
  };
};

const groupsOf = (number: string): string => number.replace(/\D+/g, ' ').trim();

/** Digits without surrounding text are never reported. */
const mayHold = ({ digits, text }: TextProfile): boolean => digits >= 7 && digits < text.length;

/** The heading of a column of phone numbers. */
const phoneHeading =
  /^(?:\w+[ _-])?(?:(?:tele|cell|mobile|smart)?[ _-]?phones?|mobile|tel|telefon|tel[eé]fono|t[eé]l[eé]phone|cell|celular|handy|fax|whats ?app|msisdn|sms|电话|電話|手机|手機|联系电话|手机号码?|電話番号)(?:[ _-]?(?:number|no|nr|nummer|#|\d))?\.?$/i;

const isPhoneHeading = (name: string): boolean => phoneHeading.test(name);

const writtenAsPhone = /^\(?\+?\(?\d[\d ().\-/\u00A0\u2010-\u2013]{5,22}$/;

const phonesInTables = (text: string, tables: readonly Table[]): readonly Finding[] =>
  tableCells(text, tables, isPhoneHeading).flatMap(({ start, value }) => {
    const digits = value.replace(/\D/g, '');
    const isPhone =
      writtenAsPhone.test(value) && digits.length >= 7 && digits.length <= 15 && !isDate(value);
    return isPhone ? [{ rule: 'phone', start, end: start + value.length, value: digits }] : [];
  });

const findPhones = (
  text: string,
  tables: readonly Table[],
  spelling: (found: string) => Spelling,
): readonly Finding[] => {
  const findings: Finding[] = [...phonesInTables(text, tables)];
  candidate.lastIndex = 0;
  for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
    const { 0: row, index } = match;
    // Adjacent numbers look like one. Take the longest beginning that is a phone number.
    const found = beginnings(row).find((one) => isPhoneAt(text, index, one, spelling));
    if (found === undefined) {
      const groups = row.split(/[ \u00A0]/);
      const isTable = groups.length > maximumGroups;
      candidate.lastIndex = index + (isTable ? row : (groups[0] ?? row)).length;
      continue;
    }
    const end = index + found.length;
    candidate.lastIndex = end;
    findings.push({ rule: 'phone', start: index, end, value: found.replace(/\D/g, '') });
  }
  return findings;
};

/** The most groups in a phone number of any country. */
const maximumGroups = 8;

/** Returns the whole sequence and its prefixes up to each space, longest first. */
const beginnings = (row: string): readonly string[] => [
  row,
  ...Array.from(row.matchAll(/(?<=\d)[ \u00A0]/g), ({ index }) => row.slice(0, index)).reverse(),
];

const isPhoneAt = (
  text: string,
  start: number,
  found: string,
  spelling: (found: string) => Spelling,
): boolean => {
  const digits = found.replace(/\D/g, '');
  const end = start + found.length;
  if (digits.length < 7 || digits.length > 16 || isDate(found) || isUnbalanced(found)) return false;
  if (/[ .\-/]{2}/.test(found)) return false;
  const before = textBefore(text, start, 32);
  // Groups within a longer sequence of groups are part of something else.
  if (/\d[ \u00A0]$/.test(before) && /^[\d \u00A0]+$/.test(found)) return false;
  if (phoneWords.test(before)) return digits.length <= 15;
  if (otherWords.test(before)) return false;
  const calling = calledBefore(text, start);
  if (calling === 'other' && !found.includes('+')) return false;
  if (international.test(found)) return digits.length >= 8;
  if (found.includes('+')) return false;
  return (
    isNational(found, digits, before, text.slice(end, end + 2)) ||
    isWrittenAsPhone(found, digits, calling ?? calledAfter(text, end), spelling)
  );
};

/** The distance before a number, on its line, within which a word may classify it. */
const callingLength = 48;

type Calling = 'phone' | 'other' | null;

/** Returns the class that the nearest deciding word before a number gives it. */
const calledBefore = (text: string, start: number): Calling => {
  const line = textBefore(text, start, callingLength).replace(
    /^[^]*[\n\r\t|]|^[^]*[.!?;。！？；] (?=[^]{12})/,
    '',
  );
  let calling: Calling = null;
  for (const { groups } of line.matchAll(numberWords)) {
    if (groups?.['phone'] !== undefined) calling = 'phone';
    else if (groups?.['other'] !== undefined) calling = 'other';
    else calling ??= 'phone';
  }
  return calling;
};

/** `… is my number`, `… (mobile)`, `…, text me`. */
const calledAfter = (text: string, end: number): Calling =>
  /^[^\n\d]{0,12}(?:\b(?:phone|mobile|cell|(?:call|text|ring|called|texted|rang) (?:me|us)|(?:my|your|his|her|their|our) (?:mobile |phone |cell )?number)\b|打给我|找我|回电)/i.test(
    text.slice(end, end + 32),
  )
    ? 'phone'
    : null;

/** National numbers in the form of some country; after a word such as `phone`, in any grouping. */
const isWrittenAsPhone = (
  found: string,
  digits: string,
  calling: Calling,
  spelling: (found: string) => Spelling,
): boolean => {
  if (digits.length > 12 || isCounting(found) || isMade(found, digits)) return false;
  if (calling === 'phone') {
    // Verbs such as `reach` also precede amounts.
    if (
      digits === found &&
      !found.startsWith('0') &&
      (digits.length < 8 || digits.endsWith('000'))
    ) {
      return false;
    }
    return spelling(found) !== 'unknown';
  }
  // Bytes. French numbers have their own form.
  if (/^\d\d(?: \d\d)+$/.test(found)) return false;
  // Without such a word: only with a 0 or parentheses before the rest, or in four groups or more.
  if (!/^(?:\(?0|\(|8[ -]\(?\d{3}\)?[ -])\d*.*\D\d|^\d{3}(?:[ .-]\d\d){3}$/.test(found))
    return false;
  const how = spelling(found);
  return how === 'usual' || how === 'dialled';
};

/** Decimal numbers, bytes, coordinates of a drawing, and rows of one digit. */
const isMade = (found: string, digits: string): boolean =>
  /^\d+\.\d+$/.test(found) ||
  /^(\d)\1+$/.test(digits) ||
  (found.match(/(?<!\d)\d(?!\d)/g)?.length ?? 0) > 1;

/** National forms that do not depend on the countries. */
const isNational = (found: string, digits: string, before: string, after: string): boolean => {
  if (chineseMobile.test(found)) {
    return (
      cjk.test(before.slice(-2).replace(/[\s:：,，]/g, before.slice(-3, -2))) || cjk.test(after)
    );
  }
  if (!/[ ().\-/]/.test(found)) return false;
  const plain = found.replace(/[ .\-/\u00A0\u2010-\u2013]+/g, '-');
  if (!national.some((form) => form.test(plain)) || digits.length < 9 || digits.length > 12) {
    return false;
  }
  const bare = /^[\d \u00A0]+$/.test(found);
  // Tables contain digit groups spaced like American numbers, and lists count 01 02 03.
  return !bare || (found.startsWith('0') && !isCounting(found)) || isChineseMobile(plain);
};

const isChineseMobile = (plain: string): boolean => /^1[3-9]\d-\d{4}-\d{4}$/.test(plain);

const isUnbalanced = (found: string): boolean =>
  found.split('(').length !== found.split(')').length || /\(.*\(/.test(found);

/** Recognizes dates: 2024-05-01 12, 01/05/2024, 20240501-123456. */
const isDate = (found: string): boolean =>
  /^(?:(?:19|20)\d\d([-./ ]?)(?:0?[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)|[0-3]?\d([-./])[0-3]?\d\2(?:19|20)\d\d(?!\d))/.test(
    found,
  );

const isCounting = (found: string): boolean => {
  const groups = found.split(' ').map(Number);
  return (
    groups.length > 1 &&
    groups.every((group, index) => index === 0 || group === (groups[index - 1] ?? 0) + 1)
  );
};
