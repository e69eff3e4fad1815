import { type Finding, type RedactionRule, textBefore } from './redaction-rule.ts';

const patterns: readonly { readonly rule: string; readonly pattern: RegExp }[] = [
  {
    rule: 'bearer-token',
    pattern: /(?<=\b(?:Bearer|Basic)[ \t]{1,4})[A-Za-z0-9._~+/-]{20,4096}={0,2}/gi,
  },
  {
    rule: 'jwt',
    pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{4,16384}\.[\w-]{4,4096}/g,
  },
  // Keys of model providers, which applications send and people paste.
  {
    rule: 'api-key',
    pattern: /(?<![A-Za-z0-9_-])sk-(?:[a-z]{2,10}-(?:v\d-)?)?[A-Za-z0-9_-]{20,200}(?![\w-])/g,
  },
  {
    rule: 'api-key',
    pattern:
      /(?<![A-Za-z0-9_-])(?:AIza[\w-]{35}|xai-[A-Za-z0-9]{40,100}|pplx-[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37})(?![\w-])/g,
  },
];

const hint = /(?<![A-Za-z0-9_-])(?:sk-|AIza|xai-|pplx-|r8_)|(?<![\w-])eyJ/;

/** Bearer and basic tokens, JSON Web Tokens, and keys of model providers of any length. */
export const tokenRule: RedactionRule = {
  mayHold: ({ text, tokens }) =>
    tokens.length > 0 &&
    (tokens.some((token) => hint.test(token)) ||
      /\b(?:bearer|basic)[ \t]{1,4}[A-Za-z0-9._~+/-]{20}/i.test(text)),
  find: (text) => {
    const findings: Finding[] = [];
    for (const { rule, pattern } of patterns) {
      for (const { 0: value, index } of text.matchAll(pattern)) {
        // Keys contain digits; long words and names such as `sk-learn-style-pipelines` do not.
        if (!/\d/.test(value)) continue;
        findings.push({ rule, start: index, end: index + value.length, value });
      }
    }
    return findings;
  },
};

const maximumKeyLength = 32 * 1024;

/**
 * Finds private keys in PEM format, with line feeds or with `\n` in their place. A truncated key
 * extends to its last valid character.
 */
export const privateKeyRule: RedactionRule = {
  mayHold: ({ text }) => text.includes('PRIVATE KEY'),
  find: (text) => {
    const findings: Finding[] = [];
    const open = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
    for (let head = open.exec(text); head !== null; head = open.exec(text)) {
      const start = head.index;
      const rest = text.slice(open.lastIndex, open.lastIndex + maximumKeyLength);
      const end = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/.exec(rest);
      const body = /^(?:[A-Za-z0-9+/=\s,:;().-]|\\[nr])*/.exec(rest)?.[0].length ?? 0;
      const length = end === null ? body : end.index + end[0].length;
      if (length === 0) continue;
      open.lastIndex += length;
      const value = text.slice(start, open.lastIndex);
      findings.push({ rule: 'private-key', start, end: open.lastIndex, value });
    }
    return findings;
  },
};

/** User and password before the host. In database URLs people often leave `#` and `?` unescaped. */
const webAuthority = /^([^\s:@/?#"'<>]{0,256}):([^\s/?#"'<>]{1,256})@(?=[\w[])/;
const databaseAuthority = /^([^\s:@/"'<>]{0,256}):([^\s/"'<>]{1,256})@(?=[\w[])/;

/**
 * Finds passwords in URLs, `scheme://user:password@host`. Obvious dummies such as `password` are
 * kept.
 */
export const urlPasswordRule: RedactionRule = {
  mayHold: ({ text }) => text.includes('@') && text.includes('://'),
  find: (text) => {
    const findings: Finding[] = [];
    for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
      const pattern = /(?:https?|ftps?|wss?)$/i.test(textBefore(text, at, 6))
        ? webAuthority
        : databaseAuthority;
      const authority = pattern.exec(text.slice(at + 3, at + 3 + 515));
      const [, user = '', password = ''] = authority ?? [];
      if (
        password === '' ||
        /^(?:\$?\{.*\}|\[.*\]|<.*>|\*+|x+|password|pass|pwd)$/i.test(password)
      ) {
        continue;
      }
      const start = at + 3 + user.length + 1;
      findings.push({ rule: 'url-password', start, end: start + password.length, value: password });
    }
    return findings;
  },
};
