import type { Finding } from './redaction-rule.ts';
import { isSecretValue } from './secret-value.ts';

/** Returns, by Latin-1 code, 1 for each character that `pattern` matches. */
export const characterTable = (pattern: RegExp): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, unit) => (pattern.test(String.fromCharCode(unit)) ? 1 : 0));

const maximumLength = 4096;

/** The text up to the quotation mark that closes it, in one line; null if there is none. */
export const quotedValue = (text: string, start: number, quote: string): string | null => {
  if (quote === '') return null;
  const close = text.slice(start, start + maximumLength).indexOf(quote);
  if (close === -1) return null;
  const value = text.slice(start, start + close);
  return /[\n\r]/.test(value) ? null : value;
};

/** Matches up to white space, a quotation mark, or Chinese or Japanese punctuation or characters. */
const bareRun = /[^\s"'`<>|\u3000-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\uFF00-\uFFEF]{1,4096}/y;

/** The start of the next part of a query, connection string or list, or an escaped line end. */
const nextPart = /&(?=[\w.-]+=)|;(?=$|[\w.-]+(?: [\w.-]+){0,3}=)|,(?=[\w.-]+[=:])|\\[nrt]/;

export const bareValue = (text: string, start: number): string => {
  bareRun.lastIndex = start;
  const run = bareRun.exec(text)?.[0] ?? '';
  const part = nextPart.exec(run);
  // A connection string has names of several words: `Password=…;User ID=…`.
  const value = part === null ? run : run.slice(0, part.index);
  const semicolon = value.endsWith(';') ? value.slice(0, -1) : value;
  return isCall(semicolon) ? '' : semicolon.replace(/[.,;:!?)\]}*_\\]+$/, '');
};

/** `getToken(`, `os.environ[`, `crypto.randomBytes(16)`. */
const isCall = (run: string): boolean => /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*[([]/.test(run);

const cookiePair = /([\w!#$%&'*+.^`|~-]{1,64})=([^\s;"'`,\\<>]{1,4096})/y;

/** Attributes of Set-Cookie. */
const cookieAttribute = /^(?:path|domain|expires|max-age|samesite|priority|version)$/i;

export const cookieValues = (text: string, from: number, quote: string): readonly Finding[] => {
  const findings: Finding[] = [];
  for (let at = from; ;) {
    cookiePair.lastIndex = at;
    const pair = cookiePair.exec(text);
    if (pair === null) return findings;
    const [whole, name = '', value = ''] = pair;
    const start = at + whole.length - value.length;
    const context = {
      kind: 'cookie',
      isQuoted: quote !== '',
      isAssigned: false,
      after: '',
    } as const;
    if (!cookieAttribute.test(name) && isSecretValue(value, context)) {
      findings.push({ rule: 'secret', start, end: start + value.length, value });
    }
    const next = /^;[ \t]{0,4}(?:(?:HttpOnly|Secure|Partitioned);?[ \t]{0,4})?/i.exec(
      text.slice(at + whole.length, at + whole.length + 30),
    );
    if (next === null) return findings;
    at += whole.length + next[0].length;
  }
};
