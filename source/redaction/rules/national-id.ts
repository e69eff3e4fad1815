import type { Finding, RedactionRule } from './redaction-rule.ts';

type NationalId = {
  readonly rule: string;
  readonly pattern: RegExp;
  /** The minimum length of its longest sequence of digits; see `TextProfile.digits`. */
  readonly digits: number;
  /** A part of the pattern that is quicker to find in `TextProfile.nearDigits` than the whole pattern in the text. */
  readonly hint?: RegExp;
  /** Accepts the letters and digits of the id, in capitals. */
  readonly isValid: (id: string) => boolean;
};

const edge = { before: '(?<![\\w.+-])', after: '(?![\\w]|[-.]\\d)' };
const pattern = (inner: string): RegExp => new RegExp(`${edge.before}${inner}${edge.after}`, 'g');

const weighted = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);

const isDay = (year: number, month: number, day: number): boolean =>
  year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;

const allEqual = (id: string): boolean => /^(.)\1+$/.test(id);

/**
 * Checks a resident identity number (GB 11643): a date of birth and a check digit of ISO 7064, MOD
 * 11-2.
 */
const isChinese = (id: string): boolean =>
  isDay(Number(id.slice(6, 10)), Number(id.slice(10, 12)), Number(id.slice(12, 14))) &&
  '10X98765432'[weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] ===
    id[17];

/** Checks a Cadastro de Pessoas Físicas: two check digits, modulo 11. */
const isBrazilian = (id: string): boolean => {
  const check = (length: number): number => {
    const weights = Array.from({ length }, (_, index) => length + 1 - index);
    const rest = (weighted(id, weights) * 10) % 11;
    return rest === 10 ? 0 : rest;
  };
  return !allEqual(id) && check(9) === Number(id[9]) && check(10) === Number(id[10]);
};

/** Checks a DNI or NIE: a check letter, modulo 23. */
const isSpanish = (id: string): boolean => {
  const number = Number(
    id.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))),
  );
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === id.at(-1);
};

/**
 * Checks a numéro de sécurité sociale: a key of 97 minus the number modulo 97. Corsica counts as 19
 * and 18.
 */
const isFrench = (id: string): boolean => {
  const number = BigInt(id.slice(0, 13).replace('2A', '19').replace('2B', '18'));
  return 97n - (number % 97n) === BigInt(id.slice(13));
};

const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Checks a codice fiscale: a check letter (decree of 23 December 1976). */
const isItalian = (id: string): boolean => {
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    const unit = id.charAt(index);
    const value = /\d/.test(unit) ? Number(unit) : unit.charCodeAt(0) - 65;
    sum += index % 2 === 0 ? (oddValues[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
};

const verhoeffPermutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** Multiplies in the dihedral group of order ten. */
const dihedral = (a: number, b: number): number =>
  a < 5
    ? b < 5
      ? (a + b) % 5
      : 5 + ((a + b) % 5)
    : b < 5
      ? 5 + ((((a - b) % 5) + 5) % 5)
      : (((a - b) % 5) + 5) % 5;

/** Checks an Aadhaar number: Verhoeff's check digit. */
const isIndian = (id: string): boolean => {
  let check = 0;
  for (let index = 0; index < id.length; index++) {
    let digit = Number(id[id.length - 1 - index]);
    for (let turn = 0; turn < index % 8; turn++) digit = verhoeffPermutation[digit] ?? 0;
    check = dihedral(check, digit);
  }
  return check === 0 && !allEqual(id);
};

/** Checks a resident registration number: a date of birth, then a digit for sex and century. */
const isKorean = (id: string): boolean =>
  isDay(2000, Number(id.slice(2, 4)), Number(id.slice(4, 6)));

/** The digits of a codice fiscale are not adjacent, so they cannot be counted. */
const taxCode = /\d\d[A-EHLMPRST]\d\d[A-Z]\d\d\d[A-Z]/;

const ids: readonly NationalId[] = [
  {
    rule: 'us-ssn',
    pattern: pattern('(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}'),
    isValid: () => true,
    digits: 9,
  },
  {
    rule: 'us-ssn',
    pattern:
      /(?<=(?:\bSSN|social security(?: number| no\.?)?)(?: is| ?[:#=])? ?["']?)(?!000|666|9)\d{3}[ -]?(?!00)\d{2}[ -]?(?!0000)\d{4}(?!\w)/gi,
    isValid: () => true,
    digits: 9,
  },
  { rule: 'cn-id', pattern: pattern('[1-9]\\d{16}[\\dXx]'), isValid: isChinese, digits: 17 },
  {
    rule: 'br-cpf',
    pattern: pattern('\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}'),
    isValid: isBrazilian,
    digits: 11,
  },
  {
    rule: 'es-id',
    pattern: pattern('(?:\\d{8}|[XYZ]-?\\d{7})-?[A-Z]'),
    isValid: isSpanish,
    digits: 7,
    hint: /\d{7}-?[A-Z]/,
  },
  {
    rule: 'fr-nir',
    pattern: pattern(
      '[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}',
    ),
    isValid: isFrench,
    digits: 13,
  },
  {
    rule: 'it-cf',
    pattern: pattern('[A-Z]{6}\\d{2}[A-EHLMPRST]\\d{2}[A-Z]\\d{3}[A-Z]'),
    isValid: isItalian,
    digits: 0,
    hint: taxCode,
  },
  {
    rule: 'in-aadhaar',
    pattern: pattern('[2-9]\\d{3}([ -])\\d{4}\\1\\d{4}'),
    isValid: isIndian,
    digits: 12,
  },
  {
    rule: 'kr-rrn',
    pattern: pattern('\\d{6}-[1-8]\\d{6}'),
    isValid: isKorean,
    digits: 13,
    hint: /\d{6}-[1-8]\d{6}/,
  },
  {
    rule: 'uk-nino',
    pattern: pattern(
      '(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]( ?)\\d{2}\\1\\d{2}\\1\\d{2}\\1[A-D]',
    ),
    isValid: () => true,
    digits: 6,
    hint: /\d{2} ?\d{2} ?\d{2} ?[A-D]/,
  },
];

/** The minimum number of digits in an id without letters and separators. */
const minimumBareDigits = 13;

/**
 * The minimum number of digits in an id with separators, and in one that ends in a capital letter.
 */
const minimumDigits = 9;
const minimumBeforeCapital = 6;
const beforeCapital = /\d[ -]?[A-Z]/;

/** Finds national identification numbers by their form and, where they exist, check digits. */
export const nationalIdRule: RedactionRule = {
  mayHold: ({ digits, nearDigits, text }) =>
    digits >= minimumBareDigits ||
    (digits >= minimumDigits && digits < text.length) ||
    (digits >= minimumBeforeCapital && beforeCapital.test(nearDigits)) ||
    taxCode.test(nearDigits),
  find: (text, profile) => {
    const findings: Finding[] = [];
    for (const { rule, pattern: form, isValid, digits, hint } of ids) {
      if (digits > profile.digits || hint?.test(profile.nearDigits) === false) continue;
      for (const { 0: found, index } of text.matchAll(form)) {
        const value = found.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
        if (isValid(value)) findings.push({ rule, start: index, end: index + found.length, value });
      }
    }
    return findings;
  },
};
