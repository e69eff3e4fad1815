import { cardRule } from './card.ts';
import { privateKeyRule, tokenRule, urlPasswordRule } from './credentials.ts';
import { emailRule } from './email.ts';
import { ibanRule } from './iban.ts';
import { ipRule } from './ip-address.ts';
import { nationalIdRule } from './national-id.ts';
import { phoneRule } from './phone.ts';
import type { Finding, RedactionRule } from './redaction-rule.ts';
import { loadSecretlint } from './secretlint.ts';

/** The rules that always hold, and the ones of the configuration, which go first. */
export const loadRules = async (
  own: readonly CustomRule[] = [],
): Promise<readonly RedactionRule[]> => [
  ...own.map(customRule),
  privateKeyRule,
  urlPasswordRule,
  tokenRule,
  await loadSecretlint(),
  emailRule,
  ibanRule,
  cardRule,
  nationalIdRule,
  phoneRule,
  ipRule,
];

/** A rule of the configuration. */
export type CustomRule = {
  /** Stands in the placeholders and the counts. */
  readonly name: string;
  /** A regular expression of JavaScript with its flags; `g` goes without saying. */
  readonly pattern: string;
  readonly flags?: string;
};

/** The rule of a pattern that `new RegExp` takes; throws what that throws. */
export const customRule = ({ name, pattern, flags = '' }: CustomRule): RedactionRule => {
  const given = new RegExp(pattern, flags.replace(/[gy]/g, ''));
  const all = new RegExp(pattern, `${given.flags}g`);
  return {
    mayHold: ({ text }) => given.test(text),
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
