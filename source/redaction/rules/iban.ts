import type { Finding, RedactionRule } from './redaction-rule.ts';

/** Lengths by country, from SWIFT's IBAN registry (ISO 13616). */
const lengths: ReadonlyMap<string, number> = new Map(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24
   DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27
   GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20
   LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28
   PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28
   TL23 TN24 TR26 UA29 VA22 VG24 XK20`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const start = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00A0-]?[A-Za-z0-9]{4})/g;

const hint = /[A-Za-z]{2}\d{2}[ \u00A0-]?[A-Za-z0-9]{4}/;

/** Finds international bank account numbers with valid check digits, unseparated or in groups. */
export const ibanRule: RedactionRule = {
  mayHold: ({ digits, nearDigits }) => digits >= 5 && hint.test(nearDigits),
  find: (text) => {
    const findings: Finding[] = [];
    for (const { 0: head, index } of text.matchAll(start)) {
      const length = lengths.get(head.slice(0, 2).toUpperCase());
      if (length === undefined) continue;
      const account = readAccount(text, index, length);
      if (account === null || !passesMod97(account.value)) continue;
      findings.push({ rule: 'iban', start: index, end: account.end, value: account.value });
    }
    return findings;
  },
};

/**
 * Reads `length` letters and digits: unseparated, or in groups of four with one separator between
 * them, as printed IBANs have. Groups of other lengths may belong to a UUID. Null if there are too
 * few characters.
 */
const readAccount = (
  text: string,
  from: number,
  length: number,
): { readonly value: string; readonly end: number } | null => {
  const isGrouped = isSeparator(text[from + 4]);
  let value = '';
  let at = from;
  while (value.length < length) {
    if (isGrouped && value.length > 0 && value.length % 4 === 0) {
      if (!isSeparator(text[at])) return null;
      at++;
    }
    const unit = text[at] ?? '';
    if (!/[A-Za-z0-9]/.test(unit)) return null;
    value += unit.toUpperCase();
    at++;
  }
  return /[A-Za-z0-9]/.test(text[at] ?? '') ? null : { value, end: at };
};

const isSeparator = (unit: string | undefined): boolean => /^[ \u00A0-]$/.test(unit ?? '');

/** Checks the digits of ISO 7064, MOD 97-10. */
const passesMod97 = (iban: string): boolean => {
  let rest = 0;
  for (const unit of iban.slice(4) + iban.slice(0, 4)) {
    const number = parseInt(unit, 36);
    rest = (rest * (number > 9 ? 100 : 10) + number) % 97;
  }
  return rest === 1;
};
