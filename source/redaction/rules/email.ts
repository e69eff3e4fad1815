import { type Finding, type RedactionRule, textBefore } from './redaction-rule.ts';

/** File names that look like an address: icon@2x.png. */
const fileSuffix =
  /\.(?:png|jpe?g|gif|svg|webp|ico|css|scss|less|js|mjs|cjs|jsx|ts|tsx|json|ya?ml|md|txt|html?|xml|py|rb|go|rs|java|sh|zip|tgz)$/i;

const localUnit = /[\w.%+\-'\u00C0-\u024F]/;
const domain =
  /[A-Za-z0-9\u00C0-\u024F](?:[A-Za-z0-9\u00C0-\u024F-]{0,61}[A-Za-z0-9\u00C0-\u024F])?(?:\.[A-Za-z0-9\u00C0-\u024F](?:[A-Za-z0-9\u00C0-\u024F-]{0,61}[A-Za-z0-9\u00C0-\u024F])?){0,8}\.[A-Za-z]{2,24}/y;

/**
 * Finds e-mail addresses (RFC 5321, without quoted local parts). `git@host:path` is a repository.
 */
export const emailRule: RedactionRule = {
  mayHold: ({ text }) => text.includes('@'),
  find: (text) => {
    const findings: Finding[] = [];
    for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
      domain.lastIndex = at + 1;
      const host = domain.exec(text)?.[0];
      if (host === undefined || fileSuffix.test(host) || /^\d+(?:\.\d+)+-/.test(host)) continue;
      const start = startOfLocal(text, at);
      const local = text.slice(start, at);
      const end = at + 1 + host.length;
      if (local === '' || (local === 'git' && text[end] === ':')) continue;
      // Part of a URL with a password, which has its own rule:
      // postgres://app:secret@db.example.com.
      if (/:\/\/[^\s/@:]{0,256}:[^\s/]{0,256}$/.test(textBefore(text, start, 300))) continue;
      findings.push({ rule: 'email', start, end, value: text.slice(start, end).toLowerCase() });
    }
    return findings;
  },
};

const startOfLocal = (text: string, at: number): number => {
  let start = at;
  while (start > 0 && at - start < 64 && localUnit.test(text[start - 1] ?? '')) start--;
  // In source code, the letter after a backslash is an escape: "\nbob@example.com".
  if (text[start - 1] === '\\' && /[nrtbf]/.test(text[start] ?? '')) start++;
  while (start < at && /[.'-]/.test(text[start] ?? '')) start++;
  return start;
};
