import type { Rule } from './finding.ts';
import { cardRule } from './rules/card.ts';
import { privateKeyRule, tokenRule, urlPasswordRule } from './rules/credentials.ts';
import { emailRule } from './rules/email.ts';
import { ibanRule } from './rules/iban.ts';
import { ipRule } from './rules/ip-address.ts';
import { nationalIdRule } from './rules/national-id.ts';
import { ownRule, type OwnRule } from './rules/own-rule.ts';
import { phoneRule } from './rules/phone.ts';
import { loadSecretlint } from './rules/secretlint.ts';

/** The rules that always hold, and the ones of the configuration, which go first. */
export const loadRules = async (own: readonly OwnRule[] = []): Promise<readonly Rule[]> => [
  ...own.map(ownRule),
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
