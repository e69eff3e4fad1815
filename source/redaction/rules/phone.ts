import { type Finding, type RedactionRule, textBefore } from './redaction-rule.ts';

const candidate =
  /(?<![\w.+\-/$€£¥#%&=@\\]|\d:)(?:\+|\()?\d(?:[ \u00A0().\-/\u2010-\u2013]{0,2}\d){6,17}(?![\w%]|[.,:/-]\d)/g;

/**
 * Words that mark the following number as a phone number, and words that mark it as something else.
 */
const phoneWords =
  /(?:phone|mobile|fax|whats ?app|hotline|(?:\b|_)(?:cell|tel(?:efon|éfono)?|call(?: us| me)?|sms|dial|handy)|电话|電話|手机|手機|联系方式|致电|拨打|热线|热線)(?:[ _-]?(?:number|no|nummer|is|at|on|号码|号|號碼|是|为))*[\s.:：=()"']{0,4}$/i;
const otherWords =
  /(?:order|invoice|ticket|case|ref(?:erence)?|sku|isbn|issn|part|item|serial|tracking|article|account|id|订单|訂單|单号|單號|编号|編號|运单|流水|快递)(?: ?(?:number|no|nr|id|号|號|号码|是|为))*[\s.:：#=()"']{0,4}$/i;

/** With a country code: +49 30 123456, +14155550123, 0086-138-0013-8000. */
const international =
  /^(?:\+[1-9]\d{9,14}|\+[1-9]\d{0,3}[ ().\-/\u00A0\u2010-\u2013].*|00[1-9]\d{0,2}[ ().\-/].*)$/;

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
 * Finds phone numbers: international ones, national ones by their separators, any form after a word
 * such as `phone`, and Chinese mobile numbers in Chinese text. Excludes numbers after a word such
 * as `order`, and ambiguous bare digits.
 */
export const phoneRule: RedactionRule = {
  // Bare digits count only because of the text around them.
  mayHold: ({ digits, text }) => digits >= 7 && digits < text.length,
  find: (text) => {
    const findings: Finding[] = [];
    candidate.lastIndex = 0;
    for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
      const { 0: row, index } = match;
      // Adjacent numbers look like one. Take the longest prefix that is a phone number.
      const found = beginnings(row).find((one) => isPhoneAt(text, index, one));
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
  },
};

/** The most groups in a phone number of any country. */
const maximumGroups = 8;

/** Returns the whole sequence and its prefixes up to each space, longest first. */
const beginnings = (row: string): readonly string[] => [
  row,
  ...Array.from(row.matchAll(/(?<=\d)[ \u00A0]/g), ({ index }) => row.slice(0, index)).reverse(),
];

const isPhoneAt = (text: string, start: number, found: string): boolean => {
  const digits = found.replace(/\D/g, '');
  const end = start + found.length;
  return (
    digits.length >= 7 &&
    digits.length <= 16 &&
    isPhone(found, digits, textBefore(text, start, 32), text.slice(end, end + 2))
  );
};

const isPhone = (found: string, digits: string, before: string, after: string): boolean => {
  if (isDate(found) || /[ .\-/]{2}/.test(found) || isUnbalanced(found)) return false;
  // Groups within a longer sequence of groups are part of something else.
  if (/\d[ \u00A0]$/.test(before) && /^[\d \u00A0]+$/.test(found)) return false;
  if (phoneWords.test(before)) return digits.length <= 15;
  if (otherWords.test(before)) return false;
  if (international.test(found)) return digits.length >= 8;
  if (found.startsWith('+')) return false;
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
  return groups.every((group, index) => index === 0 || group === (groups[index - 1] ?? 0) + 1);
};
