import type { Finding, RedactionRule } from './redaction-rule.ts';

/**
 * Issuers by prefix, with the lengths of their numbers (ISO/IEC 7812). The check digit alone is not
 * enough: one number in ten passes it, including timestamps in milliseconds and order numbers.
 */
const issuers: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 19] },
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:30[0-5]|309|36|38|39)/, lengths: [14] },
  { prefix: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:62|81)/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:50|5[6-9]|6[0-9])/, lengths: [16, 19] },
];

const candidate = /(?<![\w.+-])\d(?:[ \u00A0-]?\d){12,18}(?![\w]|[.-]\d)/g;

/**
 * Finds payment card numbers of 13 to 19 digits, unseparated or in groups with one kind of
 * separator.
 */
export const cardRule: RedactionRule = {
  mayHold: ({ digits }) => digits >= 13,
  find: (text) => {
    const findings: Finding[] = [];
    for (const { 0: found, index } of text.matchAll(candidate)) {
      const digits = found.replace(/\D/g, '');
      if (!isGrouped(found) || !isIssued(digits) || !passesLuhn(digits)) continue;
      findings.push({ rule: 'card', start: index, end: index + found.length, value: digits });
    }
    return findings;
  },
};

const isGrouped = (found: string): boolean => {
  const separators = new Set(found.replace(/\d/g, ''));
  if (separators.size === 0) return true;
  const lengths = found.split(/\D/).map(({ length }) => length);
  return separators.size === 1 && lengths.every((length) => length >= 2 && length <= 7);
};

const isIssued = (digits: string): boolean =>
  !/^(\d)\1+$/.test(digits) &&
  issuers.some(({ prefix, lengths }) => prefix.test(digits) && lengths.includes(digits.length));

/** Checks the Luhn digit (ISO/IEC 7812-1, annex B). */
const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};
