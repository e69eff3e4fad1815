import { cardRule } from './card.ts';
import { privateKeyRule, tokenRule, urlPasswordRule } from './credentials.ts';
import { emailRule } from './email.ts';
import { ibanRule } from './iban.ts';
import { ipRule } from './ip-address.ts';
import { namedSecretRule } from './named-secret.ts';
import { nationalIdRule } from './national-id.ts';
import { loadPhoneRule } from './phone.ts';
import type { Finding, RedactionRule } from './redaction-rule.ts';
import { loadSecretlint } from './secretlint.ts';
import type { PhoneCountry } from './phone-countries.ts';

/** A rule from the configuration file. */
export type CustomRule = {
  /** The name in placeholders and counts. */
  readonly name: string;
  /** The source of a JavaScript regular expression. */
  readonly pattern: string;
  /** Flags of the regular expression; `g` is implied. */
  readonly flags?: string;
};

/**
 * Loads all rules in the order in which they apply: those of the configuration, then the built-in
 * ones. `phoneCountries` replaces the built-in countries of national phone numbers. Throws the error of
 * `RegExp` if a custom pattern is invalid.
 */
export const loadRules = async (
  custom: readonly CustomRule[] = [],
  phoneCountries: readonly PhoneCountry[] | null = null,
): Promise<readonly RedactionRule[]> => [
  ...custom.map(customRule),
  privateKeyRule,
  urlPasswordRule,
  tokenRule,
  await loadSecretlint(),
  // Its hundreds of expressions are built only where traffic comes in.
  (await import('./issued-secret.ts')).issuedSecretRule,
  namedSecretRule,
  emailRule,
  ibanRule,
  cardRule,
  nationalIdRule,
  await loadPhoneRule(phoneCountries),
  ipRule,
];

const customRule = ({ name, pattern, flags = '' }: CustomRule): RedactionRule => {
  const single = new RegExp(pattern, flags.replace(/[gy]/g, ''));
  const all = new RegExp(pattern, `${single.flags}g`);
  return {
    mayHold: ({ text }) => single.test(text),
    find: (text) => {
      const findings: Finding[] = [];
      for (const { 0: value, index } of text.matchAll(all)) {
        if (value === '') continue;
        findings.push({ rule: name, start: index, end: index + value.length, value });
      }
      return findings;
    },
  };
};
