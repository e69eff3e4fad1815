import { isIPv6 } from 'node:net';
import { type Finding, type RedactionRule, textBefore } from './redaction-rule.ts';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const v4 = new RegExp(`(?<![\\w.-])${octet}(?:\\.${octet}){3}(?![\\w]|-\\w|\\.\\d)`, 'g');
const v6 = /(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/g;

/** Words before version and section numbers, which look like addresses. */
const versionBefore =
  /(?:\bv|\bver(?:sion|sions)?|版本|\brelease|\bbuild|\brev(?:ision)?|\bfirmware|\bsection|\bchapter|§|\bstep|\btable|\bfigure|[=~^<>]=|[~^@]|[A-Za-z][\w.]{0,30}\/)["'`(:\s]{0,3}(?:is\s|号)?$/i;

/** Addresses that identify nobody: loopback, the unspecified address, network masks. */
const impersonal = /^(?:127\.|0\.0\.0\.0$|255\.|1\.2\.3\.4$)/;

/**
 * Finds IPv4 and IPv6 addresses, including private ones, but not loopback, network masks or version
 * numbers.
 */
export const ipRule: RedactionRule = {
  mayHold: ({ digits, nearDigits, text }) =>
    (digits >= 4 && /\d\.\d{1,3}\.\d{1,3}\.\d/.test(nearDigits)) || mayHoldV6(text),
  find: (text) => [...findV4(text), ...findV6(text)],
};

/** Returns whether two colons are close enough to belong to one address. */
const mayHoldV6 = (text: string): boolean => {
  let last = text.indexOf(':');
  while (last !== -1) {
    const next = text.indexOf(':', last + 1);
    if (next !== -1 && next - last <= 5 && /^[0-9A-Fa-f]*$/.test(text.slice(last + 1, next))) {
      return true;
    }
    last = next;
  }
  return false;
};

const findV4 = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const { 0: address, index } of text.matchAll(v4)) {
    if (impersonal.test(address) || versionBefore.test(textBefore(text, index, 40))) continue;
    findings.push({ rule: 'ip', start: index, end: index + address.length, value: address });
  }
  return findings;
};

const findV6 = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const { 0: found, index } of text.matchAll(v6)) {
    // In a sentence, a colon may follow an address.
    const address = /[^:]:$/.test(found) ? found.slice(0, -1) : found;
    const groups = address.split(':').filter((group) => group !== '');
    // Source code contains a::b and ::after. An address worth redacting has more groups.
    if (groups.length < 3 && !/^(?:f[cd][0-9a-f]{2}|fe80|2[0-9a-f]{3}|3fff):/i.test(address))
      continue;
    if (!isIPv6(address)) continue;
    const value = address.toLowerCase();
    findings.push({ rule: 'ip', start: index, end: index + address.length, value });
  }
  return findings;
};
