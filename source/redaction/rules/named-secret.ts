import type { Finding, RedactionRule } from './redaction-rule.ts';
import { isSecretValue } from './secret-value.ts';
import { secretKind, type SecretKind } from './secret-name.ts';

/**
 * Values that a name announces: `password: …`, `API_KEY=…`, `"client_secret": "…"`, `--token …`,
 * `AccountKey=…;`, `Cookie: …`, `Authorization: …`, `the password is …`, in text, code, shell, headers, XML
 * and JSON, also where quotation marks are escaped.
 */
export const namedSecretRule: RedactionRule = {
  mayHold: ({ text, mixed }) =>
    hasNamedSeparator(text) ||
    hasNamedWord(text, mixed) ||
    (hasPasswordFlag(text) && commandWithPassword.test(text)),
  find: (text, { mixed }) => [
    ...afterSeparators(text),
    ...afterWords(text, mixed),
    ...(hasPasswordFlag(text) ? commandPasswords(text) : []),
  ],
};

/** What stands between a name and its value, in Latin and in East Asian scripts. */
const separators = ['=', ':', '：', '＝'] as const;

const hasNamedSeparator = (text: string): boolean => {
  for (const separator of separators) {
    for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, at + 1)) {
      if (kindBefore(text, at) !== null) return true;
    }
  }
  return false;
};

/** By Latin-1 code, the characters that `pattern` matches. */
const table = (pattern: RegExp): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, unit) => (pattern.test(String.fromCharCode(unit)) ? 1 : 0));

const nameUnits = table(/[\w.\-\u00C0-\u00FF]/);

/** Letters of any script, digits and the marks within names. */
const isNameUnit = (unit: number): boolean =>
  unit < 256 ? nameUnits[unit] === 1 : unit < 0x2000 || (unit > 0x3040 && unit < 0xe000);

/** What may stand between a name and its separator: `["KEY"] =`, `\"key\" :`, `**Password**:`. */
const betweenUnits = table(/[ "'\\\]*`)]/);

const isBetween = (unit: number): boolean => unit < 256 && betweenUnits[unit] === 1;

/** The kind of secret that the name before a position announces. */
const kindBefore = (text: string, position: number): SecretKind | null => {
  let end = position;
  while (end > 0 && position - end < 8 && isBetween(text.charCodeAt(end - 1))) end--;
  let start = end;
  while (start > 0 && end - start < 64 && isNameUnit(text.charCodeAt(start - 1))) start--;
  if (end - start < 2) return null;
  // 密码是：…
  if (end - start > 2 && isCjkLink(text.charCodeAt(end - 1))) end--;
  const name = text.slice(start, end);
  const kind = secretKind(name);
  if (kind !== null) return kind;
  // Names of several words, and pairs such as {"name": "DB_PASSWORD", "value": "…"}.
  if (/(?:^|[-_])key$|^(?:passe|secret|phrase|signature)$/i.test(name)) {
    const before = /[A-Za-z]{2,20}(?: de)? $/.exec(text.slice(Math.max(0, start - 24), start));
    return before === null ? null : secretKind(before[0] + name);
  }
  if (/^(?:is|ist|lautet|est|es|é|è|är|now)$/i.test(name) && end === position) {
    return text[start - 1] === ' ' ? kindBefore(text, start - 1) : null;
  }
  return /^value$/i.test(name) ? kindOfPair(text, start) : null;
};

const pairName = /["' ]([\w.-]{2,64})(?:\\{0,7}["'])?(?:,|\r?\n)?\s{0,12}(?:\\{0,7}["'])?$/;

const kindOfPair = (text: string, valueName: number): SecretKind | null => {
  const name = pairName.exec(text.slice(Math.max(0, valueName - 90), valueName))?.[1];
  return name === undefined ? null : secretKind(name);
};

const afterSeparators = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  let end = 0;
  for (const { index: at } of text.matchAll(/[=:：＝]/g)) {
    if (at < end) continue;
    const kind = kindBefore(text, at);
    if (kind === null) continue;
    for (const finding of valuesAt(text, at + 1, kind)) {
      findings.push(finding);
      end = finding.end;
    }
  }
  return findings;
};

/** From a separator to the value: `=> "`, `:= `, ` \"`, ` **`, `: b'`. */
const opening = /[=>]?[ \t]{0,40}\*{0,2}[ \t]{0,4}(?:[bfru]?(?<quote>\\{0,15}["'`]))?/y;

/** The scheme of an Authorization header. */
const scheme = /(?:[A-Za-z][A-Za-z0-9-]{2,20}[ \t]{1,4})?/y;

const valuesAt = (text: string, from: number, kind: SecretKind): readonly Finding[] => {
  // Comparisons, `Token::new`, and assignments of nothing.
  if (text[from] === ':' || text.startsWith('==', from) || text[from] === '/') return [];
  if (text[from] === '=' && text[from - 1] === '=') return [];
  opening.lastIndex = from;
  const opened = opening.exec(text);
  if (opened === null) return [];
  const quote = opened.groups?.['quote'] ?? '';
  let start = from + opened[0].length;
  if (kind === 'cookie') return cookieValues(text, start, quote);
  if (kind === 'authorization') {
    scheme.lastIndex = start;
    start += scheme.exec(text)?.[0].length ?? 0;
  }
  const value = quotedValue(text, start, quote) ?? bareValue(text, start);
  const isQuoted = quote !== '' && text.startsWith(quote, start + value.length);
  const context = {
    kind,
    isQuoted,
    isAssigned:
      text[from - 1] === '=' &&
      /--[\w-]+=$|\b[A-Z][A-Z\d_]{2,60}=$/.test(text.slice(Math.max(0, from - 64), start)),
    after: text.slice(start + value.length, start + value.length + 24),
  };
  return isSecretValue(value, context)
    ? [{ rule: 'secret', start, end: start + value.length, value }]
    : [];
};

const maximumLength = 4096;

/** The text up to the quotation mark that closes it, in one line; null if there is none. */
const quotedValue = (text: string, start: number, quote: string): string | null => {
  if (quote === '') return null;
  const close = text.slice(start, start + maximumLength).indexOf(quote);
  if (close === -1) return null;
  const value = text.slice(start, start + close);
  return /[\n\r]/.test(value) ? null : value;
};

/** Up to white space, quotation marks and the punctuation and characters of Chinese and Japanese. */
const bareRun = /[^\s"'`<>|\u3000-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\uFF00-\uFFEF]{1,4096}/y;

/** Where the next part of a query, a connection string or a list begins, and escaped line ends. */
const nextPart = /&(?=[\w.-]+=)|;(?=$|[\w.-]+(?: [\w.-]+){0,3}=)|,(?=[\w.-]+[=:])|\\[nrt]/;

const bareValue = (text: string, start: number): string => {
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

const cookieValues = (text: string, from: number, quote: string): readonly Finding[] => {
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

/** Words between a name and its value: `the password is …`, `das Passwort lautet …`. */
const links: ReadonlySet<string> = new Set(
  'is ist lautet est es é è är это was to now still'.split(' '),
);

/** `是` and its like directly before a value. */
const isCjkLink = (unit: number): boolean =>
  unit === 0x662f ||
  unit === 0x4e3a ||
  unit === 0x70ba ||
  unit === 0x306f ||
  unit === 0xb294 ||
  unit === 0xc740;

const hasNamedWord = (text: string, mixed: readonly number[]): boolean => {
  let last = -1;
  for (const position of mixed) {
    const start = wordStart(text, position);
    if (start !== last && kindBeforeWord(text, start) !== null) return true;
    last = start;
  }
  return false;
};

const breakUnits = table(/[\0- "'`<>(|]/);

const isWordBreak = (unit: number): boolean =>
  unit < 256
    ? breakUnits[unit] === 1
    : (unit >= 0x3000 && unit <= 0x30ff) ||
      (unit >= 0x3400 && unit <= 0x9fff) ||
      (unit >= 0xac00 && unit <= 0xd7af) ||
      unit >= 0xff00;

/** The beginning of the word around a position, at most 64 code units before it. */
const wordStart = (text: string, position: number): number => {
  let start = position;
  while (start > 0 && position - start < 64 && !isWordBreak(text.charCodeAt(start - 1))) start--;
  return start;
};

/** The kind of secret that stands before a word without a separator between them. */
const kindBeforeWord = (text: string, start: number): SecretKind | null => {
  let at = start;
  // An opening quotation mark, which may be escaped.
  while (at > 0 && start - at < 8 && isQuoteOrEscape(text.charCodeAt(at - 1))) at--;
  const unit = text.charCodeAt(at - 1);
  if (isCjkLink(unit)) return kindBefore(text, at - 1);
  if (unit === 62) return kindBefore(text, at - 1);
  if (unit === 40) return kindOfSetter(text, at - 1);
  // `Password:` alone in the line before.
  if (unit === 10 && at === start && text[at - 2] === ':') return kindBefore(text, at - 2);
  if (unit !== 32) return null;
  const end = at - 1;
  at = end;
  while (at > 0 && end - at < 42 && isNameUnit(text.charCodeAt(at - 1))) at--;
  const word = text.slice(at, end);
  if (word.length < 1) return null;
  // `Password - …`, `密码 …`.
  if (word === '-') return text[at - 1] === ' ' ? kindBefore(text, at - 1) : null;
  if (/[^\0-\x7F]/.test(word) && secretKind(word) !== null) return secretKind(word);
  if (text.charCodeAt(at) === 45) return secretKind(word.replace(/^--?/, ''));
  if (links.has(word)) return kindBeforeLink(text, at);
  const isDeclared =
    word === 'password'
      ? /\b(?:login|user) \S+ $/
      : /^[A-Z][A-Z\d_]+$/.test(word)
        ? /\bENV $/
        : null;
  return isDeclared?.test(text.slice(Math.max(0, at - 72), at)) === true ? secretKind(word) : null;
};

const isQuoteOrEscape = (unit: number): boolean =>
  unit === 34 || unit === 39 || unit === 92 || unit === 96 || unit === 0x201c || unit === 0x300c;

/** `setPassword("…")`. */
const kindOfSetter = (text: string, open: number): SecretKind | null => {
  const setter = /\bset(\w{2,40})$/.exec(text.slice(Math.max(0, open - 48), open))?.[1];
  return setter === undefined ? null : secretKind(setter);
};

/** The kind that a name before `is` announces. `contract GameToken is ERC20` is code. */
const kindBeforeLink = (text: string, link: number): SecretKind | null => {
  const before = /([^\s"'`]+) (?:now |set |still )?$/.exec(
    text.slice(Math.max(0, link - 48), link),
  );
  if (before === null || /[a-z][A-Z]/.test(before[1] ?? '')) return null;
  return kindBefore(text, link - (before[0].length - (before[1] ?? '').length));
};

/** Values with a digit in them that follow a name without a separator. */
const afterWords = (text: string, mixed: readonly number[]): readonly Finding[] => {
  const findings: Finding[] = [];
  let last = -1;
  for (const position of mixed) {
    const start = wordStart(text, position);
    const kind = start === last ? null : kindBeforeWord(text, start);
    last = start;
    if (kind === null) continue;
    const value = bareValue(text, start);
    const end = start + value.length;
    const after = text.slice(end, end + 24);
    if (isSecretValue(value, { kind, isQuoted: false, isAssigned: false, after })) {
      findings.push({ rule: 'secret', start, end, value });
    }
  }
  return findings;
};

/** Whether there is a flag that may take a password: -a, -b, -p, -u or a long one. */
const hasPasswordFlag = (text: string): boolean => {
  for (let at = text.indexOf('-', 1); at !== -1; at = text.indexOf('-', at + 2)) {
    if (text.charCodeAt(at - 1) !== 32) continue;
    const unit = text.charCodeAt(at + 1);
    if (unit === 117 || unit === 112 || unit === 98 || unit === 97 || unit === 45) return true;
  }
  return false;
};

/** Programs that take a password as an argument: `curl -u user:…`, `mysql -p…`, `sshpass -p …`. */
const commandWithPassword = /\b(?:curl|wget|mysql\w*|mariadb\w*|sshpass|redis-cli)\b/;
const commandPassword =
  /\b(?:curl\b[^\n|]{0,300}?\s(?:-u|--user)[ =]?["']?[^\s:"'$]{1,100}:|(?:mysql\w*|mariadb\w*)\b[^\n|]{0,200}?\s-p["']?(?=[^\s"'])|sshpass\s{1,4}-p\s?["']?|redis-cli\b[^\n|]{0,200}?\s-a\s{1,4}["']?)/g;
const commandCookie = /\bcurl\b[^\n|]{0,300}?\s(?:-b|--cookie)[ =]?(["']?)/g;

const commandPasswords = (text: string): readonly Finding[] => {
  if (!commandWithPassword.test(text)) return [];
  const findings: Finding[] = [];
  for (const { 0: found, index } of text.matchAll(commandPassword)) {
    const start = index + found.length;
    const value = bareValue(text, start);
    const end = start + value.length;
    // What is written into a command as a password is one, however weak.
    if (value.length < 3 || /^[$<{*%]/.test(value) || /^(?:password|pass)$/i.test(value)) continue;
    findings.push({ rule: 'secret', start, end, value });
  }
  for (const { 0: found, 1: quote = '', index } of text.matchAll(commandCookie)) {
    findings.push(...cookieValues(text, index + found.length, quote));
  }
  return findings;
};
