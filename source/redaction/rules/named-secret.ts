import type { Finding, RedactionRule } from './redaction-rule.ts';
import { isSecretValue } from './secret-value.ts';
import { secretKind, type SecretKind } from './secret-name.ts';
import { tableCells, type Table } from './table-cells.ts';
import { bareValue, characterTable, cookieValues, quotedValue } from './value-extent.ts';
import {
  argumentValues,
  commandPasswords,
  commandWithPassword,
  hasPasswordFlag,
} from './argument-secrets.ts';

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

const nameUnits = characterTable(/[\w.\-\u00C0-\u00FF]/);

/** Letters of any script, digits and the marks within names. */
const isNameUnit = (unit: number): boolean =>
  unit < 256 ? nameUnits[unit] === 1 : unit < 0x2000 || (unit > 0x3040 && unit < 0xe000);

/** Characters allowed between a name and its separator: `["KEY"] =`, `\"key\" :`, `**Password**:`. */
const betweenUnits = characterTable(/[ "'\\\]*`)?]/);

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

const breakUnits = characterTable(/[\0- "'`<>(|]/);

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
