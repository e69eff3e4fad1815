import type { Finding, RedactionRule } from './redaction-rule.ts';
import { isSecretValue } from './secret-value.ts';
import { secretKind, type SecretKind } from './secret-name.ts';
import { tableCells, type Table } from './table-cells.ts';

/**
 * Finds values after a name: `password: …`, `API_KEY=…`, `"client_secret": "…"`, `--token …`,
 * `AccountKey=…;`, `Cookie: …`, `Authorization: …`, `the password is …`, in text, code, shell, headers, XML
 * and JSON, also with escaped quotation marks.
 */
export const namedSecretRule: RedactionRule = {
  mayHold: ({ text, mixed, tables }) =>
    hasNamedSeparator(text) ||
    hasNamedWord(text, mixed) ||
    (mixed.length > 0 && loginValues(text).length > 0) ||
    argumentValues(text).length > 0 ||
    columnValues(text, tables).length > 0 ||
    (hasPasswordFlag(text) && commandWithPassword.test(text)),
  find: (text, { mixed, tables }) => [
    ...afterSeparators(text),
    ...afterWords(text, mixed),
    ...argumentValues(text),
    ...columnValues(text, tables),
    ...(mixed.length > 0 ? loginValues(text) : []),
    ...(hasPasswordFlag(text) ? commandPasswords(text) : []),
  ],
};

/** The separators between a name and its value, in Latin and East Asian scripts. */
const separators = ['=', ':', '：', '＝', '→'] as const;

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

/** Characters allowed between a name and its separator: `["KEY"] =`, `\"key\" :`, `**Password**:`. */
const betweenUnits = table(/[ "'\\\]*`)?]/);

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
  if (text[position] === '=') {
    const typed = typedName(text, end);
    if (typed !== null) return secretKind(typed);
  }
  if (!tellingWithMore.test(name)) return null;
  // Names of several words, and pairs such as {"name": "DB_PASSWORD", "value": "…"}.
  if (/^(?:api|acc[èe]s|secr[èe]te|priv[ée]e|acceso|acesso|secreta|segreta|privada)$/i.test(name)) {
    return keyInRomance.test(text.slice(Math.max(0, start - 16), start)) ? 'key' : null;
  }
  if (/(?:^|[-_])key$|^(?:passe|secret|phrase|signature)$/i.test(name)) {
    const before = /[A-Za-z]{2,20}(?: de)? $/.exec(text.slice(Math.max(0, start - 24), start));
    return before === null ? null : secretKind(before[0] + name);
  }
  if (/^(?:is|ist|lautet|est|es|é|è|är|to|now)$/i.test(name) && end === position) {
    return text[start - 1] === ' ' ? kindBefore(text, start - 1) : null;
  }
  return /^value$/i.test(name) ? kindOfPair(text, start) : null;
};

/** Names that announce a secret only together with the words before them. Tested first, because most names are not among them. */
const tellingWithMore =
  /^(?:api|acc[èe]s|secr[èe]te|priv[ée]e|acceso|acesso|secreta|segreta|privada|passe|secret|phrase|signature|is|ist|lautet|est|es|é|è|är|to|now|value)$|(?:^|[-_])key$/i;

/** `la clé d'API`, `la clave de acceso`. */
const keyInRomance = /(?:cl[ée]s?|clave|llave|chave|chiave) (?:d['’]|de (?:la )?|di )?$/i;

/** The longest type of a declaration that is read. */
const typeLength = 40;

/** Returns the name in a declaration with a type: `val authToken: String`, `const API_SECRET: &str`. */
const typedName = (text: string, end: number): string | null => {
  const type = text.slice(Math.max(0, end - typeLength), end);
  const colon = type.lastIndexOf(':');
  if (colon === -1 || !/^:\s?[&*]?(?:'\w+ )?[A-Za-z_][\w.<>[\], |]*\??$/.test(type.slice(colon))) {
    return null;
  }
  let nameEnd = end - type.length + colon;
  if (text[nameEnd - 1] === '?') nameEnd--;
  let start = nameEnd;
  while (start > 0 && nameEnd - start < 64 && isNameUnit(text.charCodeAt(start - 1))) start--;
  return text.slice(start, nameEnd);
};

const pairName = /["' ]([\w.-]{2,64})(?:\\{0,7}["'])?(?:,|\r?\n)?\s{0,12}(?:\\{0,7}["'])?$/;

const kindOfPair = (text: string, valueName: number): SecretKind | null => {
  const name = pairName.exec(text.slice(Math.max(0, valueName - 90), valueName))?.[1];
  return name === undefined ? null : secretKind(name);
};

const afterSeparators = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  let end = 0;
  for (const { index: at } of text.matchAll(/[=:：＝→]/g)) {
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
const opening = /[=>]?[ \t]{0,40}\*{0,2}[ \t]{0,4}(?:[bfru@]?(?<quote>\\{0,15}["'`]))?/y;

/** The scheme of an Authorization header. */
const scheme = /(?:[A-Za-z][A-Za-z0-9-]{2,20}[ \t]{1,4})?/y;

const valuesAt = (text: string, from: number, kind: SecretKind): readonly Finding[] => {
  // Comparisons, `Token::new`, and empty assignments.
  if (text[from] === ':' || text.startsWith('==', from) || text[from] === '/') return [];
  // `${DB_PASSWORD:?missing}`.
  if (text[from] === '?' && text[from - 1] === ':') return [];
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

/** Matches up to white space, a quotation mark, or Chinese or Japanese punctuation or characters. */
const bareRun = /[^\s"'`<>|\u3000-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\uFF00-\uFFEF]{1,4096}/y;

/** The start of the next part of a query, connection string or list, or an escaped line end. */
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

/** `是` and similar words directly before a value. */
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
  // `Password:` alone on the line before.
  if (unit === 10 && at === start && text[at - 2] === ':') return kindBefore(text, at - 2);
  if (unit !== 32) return null;
  const end = at - 1;
  at = end;
  while (at > 0 && end - at < 42 && isNameUnit(text.charCodeAt(at - 1))) at--;
  const word = text.slice(at, end);
  if (word.length < 1) return null;
  // `Password - …`, `密码 …`, `密码是 …`, `パスワードは …`.
  if (word === '-') return text[at - 1] === ' ' ? kindBefore(text, at - 1) : null;
  if (/[^\0-\x7F]$/.test(word)) {
    const last = word.charCodeAt(word.length - 1);
    const kind = secretKind(word) ?? (isCjkLink(last) ? kindBefore(text, end - 1) : null);
    if (kind !== null) return kind;
  }
  if (text.charCodeAt(at) === 45) return secretKind(word.replace(/^--?/, ''));
  if (links.has(word)) return kindBeforeLink(text, at);
  const before = text.slice(Math.max(0, at - 72), at);
  if (end + 1 < start) {
    // `WITH PASSWORD '…'`, `the password "…"`, `{:api-key "…"}`.
    const kind = secretKind(word);
    if (kind === 'password' || text[at - 1] === ':') return kind;
  }
  // `the password's …`.
  if (word === 's' && /['’]/.test(text[at - 1] ?? '')) return kindBefore(text, at - 1);
  if (/^by$/i.test(word) && /\bidentified $/i.test(before)) return 'password';
  // `login ci password …`, `user anna / pw …`.
  if (/^(?:password|passwort|kennwort|passwd|pwd|pw|pass)$/i.test(word)) {
    return /(?:\b(?:login|user(?:name)?)[ :=]{1,3}\S+|[/|,;]) $/i.test(before)
      ? 'password'
      : 'token';
  }
  return /^[A-Z][A-Z\d_]+$/.test(word) && /\bENV $/.test(before) ? secretKind(word) : null;
};

const isQuoteOrEscape = (unit: number): boolean =>
  unit === 34 || unit === 39 || unit === 92 || unit === 96 || unit === 0x201c || unit === 0x300c;

/** `setPassword("…")`. */
const kindOfSetter = (text: string, open: number): SecretKind | null => {
  const setter = /\bset(\w{2,40})$/.exec(text.slice(Math.max(0, open - 48), open))?.[1];
  return setter === undefined ? null : secretKind(setter);
};

/** The kind of secret that a name before `is` announces. `contract GameToken is ERC20` is code. */
const kindBeforeLink = (text: string, link: number): SecretKind | null => {
  const before = text.slice(Math.max(0, link - 72), link);
  for (const pattern of beforeLink) {
    const found = pattern.exec(before);
    const name = found?.[1] ?? '';
    if (found === null || /[a-z][A-Z]/.test(name)) continue;
    const kind = kindBefore(text, link - (found[0].length - name.length));
    if (kind !== null) return kind;
  }
  return null;
};

/** `the password now is`, `the API key for the billing service is`. */
const beforeLink = [
  /([^\s"'`]+) (?:(?:has|had) been|was|is|got) (?:re)?(?:set|changed|updated) $/,
  /([^\s"'`]+) (?:now |set |still )?$/,
  /([^\s"'`]+) (?:for|of|on|in|at|to|für|von|de|del|pour|para) (?:[^\s"'`.,;:]+ ){1,3}$/,
] as const;

/** Values that contain a digit and follow a name without a separator. */
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

/** Functions whose arguments are a user and a password. */
const signingIn =
  /(?:credentials?|basic_?auth\w*|plain_?auth|\blogin|\bauth|authenticate|sign_?in)$/i;

/** The beginning of a call with two strings, up to the second one. */
const twoTexts = /\(\s{0,8}(?:@|[bfru])?(["'])([^"'\n]{0,64})\1,\s{0,8}(?:@|[bfru])?["']/y;

/** Characters allowed after the parenthesis of such a call: white space, `@`, a letter before a string, or a quote. */
const afterParenthesis = table(/[\s@bfru"']/);

/** The text between the second and the third string. */
const thirdText = /^[^"'\n]{1,64}["'],\s{0,8}(?=["'])["']/;

/** `setValue("…", forHTTPHeaderField: "X-Api-Key")`. */
const headerField = /\("([^"\n]{4,512})",\s{0,8}forHTTPHeaderField:\s{0,4}"([\w-]{2,64})"/g;

/**
 * Finds values among the arguments of a call: `define('DB_PASSWORD', '…')`, `header("X-Api-Key", "…")`,
 * `NetworkCredential("anna", "…")`, `PlainAuth("", "anna", "…")`.
 */
const argumentValues = (text: string): readonly Finding[] => {
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

/** Finds the cells in columns whose heading announces a secret. */
const columnValues = (text: string, tables: readonly Table[]): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const { name, start, value } of tableCells(text, tables, isSecretName)) {
    const kind = secretKind(name) ?? 'token';
    const context = { kind, isQuoted: true, isAssigned: false, after: '' } as const;
    if (!isSecretValue(value, context)) continue;
    findings.push({ rule: 'secret', start, end: start + value.length, value });
  }
  return findings;
};

const isSecretName = (name: string): boolean => secretKind(name) !== null;

/** `Credentials: anna / …`, `Zugangsdaten: anna | …`, up to the space before the mark. */
const loginBefore =
  /(?:[Cc]redentials?|[Ll]ogin|[Zz]ugangsdaten|[Ii]dentifiants|[Cc]redenciales|账号密码)[ \t]?[:：][ \t]{0,4}[^\s/|:,;]{2,64}$/;

/** The maximum distance between the beginning of such a login and its separator. */
const loginLength = 84;

const loginValues = (text: string): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const mark of ['/', '|']) {
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
      if (text.charCodeAt(at - 1) !== 32 || text.charCodeAt(at + 1) !== 32) continue;
      const before = text.slice(Math.max(0, at - 1 - loginLength), at - 1);
      if (!/[:：]/.test(before) || !loginBefore.test(before)) continue;
      const start = at + 2;
      const value = bareValue(text, start);
      const context = { kind: 'password', isQuoted: false, isAssigned: false, after: '' } as const;
      if (!/[A-Za-z]/.test(value) || !/[\d\W]/.test(value)) continue;
      if (!isSecretValue(value, context)) continue;
      findings.push({ rule: 'secret', start, end: start + value.length, value });
    }
  }
  return findings;
};

const passwordFlagUnits: ReadonlySet<number> = new Set(
  Array.from('abpPuUw-', (letter) => letter.charCodeAt(0)),
);

/** Whether a text has a flag that may take a password: -a, -b, -p, -u, -w or a long one. */
const hasPasswordFlag = (text: string): boolean => {
  for (let at = text.indexOf('-', 1); at !== -1; at = text.indexOf('-', at + 2)) {
    if (text.charCodeAt(at - 1) !== 32) continue;
    const unit = text.charCodeAt(at + 1);
    if (passwordFlagUnits.has(unit)) return true;
  }
  return false;
};

/** Programs that take a password as an argument: `curl -u user:…`, `mysql -p…`, `sshpass -p …`. */
const commandWithPassword =
  /\b(?:curl|wget|mysql\w*|mariadb\w*|sshpass|redis-cli|login|ldap\w+|mongo\w*|sqlcmd|smbclient|lftp|unzip)\b/;
const commandPassword =
  /\b(?:curl\b[^\n|]{0,300}?\s(?:-u|--user)[ =]?["']?[^\s:"'$]{1,100}:|(?:mysql\w*|mariadb\w*)\b[^\n|]{0,200}?\s-p["']?(?=[^\s"'])|sshpass\s{1,4}-p\s?["']?|redis-cli\b[^\n|]{0,200}?\s-a\s{1,4}["']?|ldap\w{3,10}\b[^\n|]{0,200}?\s-w\s{1,4}["']?|(?:docker|podman|helm|registry|az|oc|cf|vault) login\b[^\n|]{0,200}?\s-p\s{1,4}["']?|mongo\w*\b[^\n|]{0,200}?\s-p\s{1,4}["']?|(?:sqlcmd|unzip)\b[^\n|]{0,200}?\s-P\s{1,4}["']?|lftp\b[^\n|]{0,200}?\s-u\s{1,4}["']?[^\s,"']{1,64},|smbclient\b[^\n|]{0,200}?\s-U\s{1,4}["']?[^\s%"']{1,64}%)/g;
const commandCookie = /\bcurl\b[^\n|]{0,300}?\s(?:-b|--cookie)[ =]?(["']?)/g;

const commandPasswords = (text: string): readonly Finding[] => {
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
