import type { Finding } from './redaction-rule.ts';
import { isSecretValue } from './secret-value.ts';
import { secretKind, type SecretKind } from './secret-name.ts';
import { bareValue, characterTable, cookieValues, quotedValue } from './value-extent.ts';

/** Functions whose arguments are a user and a password. */
const signingIn =
  /(?:credentials?|basic_?auth\w*|plain_?auth|\blogin|\bauth|authenticate|sign_?in)$/i;

/** The beginning of a call with two strings, up to the second one. */
const twoTexts = /\(\s{0,8}(?:@|[bfru])?(["'])([^"'\n]{0,64})\1,\s{0,8}(?:@|[bfru])?["']/y;

/** Characters allowed after the parenthesis of such a call: white space, `@`, a letter before a string, or a quote. */
const afterParenthesis = characterTable(/[\s@bfru"']/);

/** The text between the second and the third string. */
const thirdText = /^[^"'\n]{1,64}["'],\s{0,8}(?=["'])["']/;

/** `setValue("…", forHTTPHeaderField: "X-Api-Key")`. */
const headerField = /\("([^"\n]{4,512})",\s{0,8}forHTTPHeaderField:\s{0,4}"([\w-]{2,64})"/g;

/**
 * Finds values among the arguments of a call: `define('DB_PASSWORD', '…')`, `header("X-Api-Key", "…")`,
 * `NetworkCredential("anna", "…")`, `PlainAuth("", "anna", "…")`.
 */
export const argumentValues = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  if (!text.includes('(')) return findings;
  const add = (start: number, value: string | null, kind: SecretKind): void => {
    if (value === null || (kind === 'password' && !/[\d\W]/.test(value))) return;
    const context = { kind, isQuoted: true, isAssigned: false, after: '' } as const;
    if (!isSecretValue(value, context)) return;
    findings.push({ rule: 'secret', start, end: start + value.length, value });
  };
  for (let index = text.indexOf('('), next = 0; index !== -1; index = text.indexOf('(', next)) {
    next = index + 1;
    const unit = text.charCodeAt(next);
    // Most parentheses are followed by a name.
    if (unit < 256 && afterParenthesis[unit] !== 1) continue;
    twoTexts.lastIndex = index;
    const call = twoTexts.exec(text);
    if (call === null) continue;
    const { 0: opened, 2: first = '' } = call;
    const second = index + opened.length;
    next = second;
    const kind = secretKind(first);
    if (kind !== null) {
      add(second, quotedValue(text, second, opened.slice(-1)), kind);
    } else if (signingIn.test(text.slice(Math.max(0, index - 32), index))) {
      const third = first === '' ? thirdText.exec(text.slice(second, second + 96))?.[0] : '';
      const start = second + (third?.length ?? 0);
      add(start, quotedValue(text, start, text[start - 1] ?? ''), 'password');
    }
  }
  if (!text.includes('HTTPHeaderField')) return findings;
  for (const { 1: value = '', 2: name = '', index } of text.matchAll(headerField)) {
    const kind = secretKind(name);
    if (kind !== null) add(index + 2, value, kind);
  }
  return findings;
};

const passwordFlagUnits: ReadonlySet<number> = new Set(
  Array.from('abpPuUw-', (letter) => letter.charCodeAt(0)),
);

/** Whether a text has a flag that may take a password: -a, -b, -p, -u, -w or a long one. */
export const hasPasswordFlag = (text: string): boolean => {
  for (let at = text.indexOf('-', 1); at !== -1; at = text.indexOf('-', at + 2)) {
    if (text.charCodeAt(at - 1) !== 32) continue;
    const unit = text.charCodeAt(at + 1);
    if (passwordFlagUnits.has(unit)) return true;
  }
  return false;
};

/** Programs that take a password as an argument: `curl -u user:…`, `mysql -p…`, `sshpass -p …`. */
export const commandWithPassword =
  /\b(?:curl|wget|mysql\w*|mariadb\w*|sshpass|redis-cli|login|ldap\w+|mongo\w*|sqlcmd|smbclient|lftp|unzip)\b/;
const commandPassword =
  /\b(?:curl\b[^\n|]{0,300}?\s(?:-u|--user)[ =]?["']?[^\s:"'$]{1,100}:|(?:mysql\w*|mariadb\w*)\b[^\n|]{0,200}?\s-p["']?(?=[^\s"'])|sshpass\s{1,4}-p\s?["']?|redis-cli\b[^\n|]{0,200}?\s-a\s{1,4}["']?|ldap\w{3,10}\b[^\n|]{0,200}?\s-w\s{1,4}["']?|(?:docker|podman|helm|registry|az|oc|cf|vault) login\b[^\n|]{0,200}?\s-p\s{1,4}["']?|mongo\w*\b[^\n|]{0,200}?\s-p\s{1,4}["']?|(?:sqlcmd|unzip)\b[^\n|]{0,200}?\s-P\s{1,4}["']?|lftp\b[^\n|]{0,200}?\s-u\s{1,4}["']?[^\s,"']{1,64},|smbclient\b[^\n|]{0,200}?\s-U\s{1,4}["']?[^\s%"']{1,64}%)/g;
const commandCookie = /\bcurl\b[^\n|]{0,300}?\s(?:-b|--cookie)[ =]?(["']?)/g;

export const commandPasswords = (text: string): readonly Finding[] => {
  if (!commandWithPassword.test(text)) return [];
  const findings: Finding[] = [];
  for (const { 0: found, index } of text.matchAll(commandPassword)) {
    const start = index + found.length;
    const quote = /["']$/.exec(found)?.[0] ?? '';
    const value = quotedValue(text, start, quote) ?? bareValue(text, start);
    const end = start + value.length;
    // Even a weak password of a command is a secret.
    if (value.length < 3 || /^[$<{*%]/.test(value) || /^(?:password|pass)$/i.test(value)) continue;
    findings.push({ rule: 'secret', start, end, value });
  }
  for (const { 0: found, 1: quote = '', index } of text.matchAll(commandCookie)) {
    findings.push(...cookieValues(text, index + found.length, quote));
  }
  return findings;
};
