import type { SecretKind } from './secret-name.ts';

/** Where a value stands. */
export type ValueContext = {
  readonly kind: SecretKind;
  readonly isQuoted: boolean;
  /** A shell assigns it, `DB_PASSWORD=…`, or a flag does, `--password=…`. */
  readonly isAssigned: boolean;
  /** The text after the value. */
  readonly after: string;
};

/** Placeholders: templates, variables, masks, and words that ask for a value. */
const standIn =
  /^\$(?!2[abxy]?\$|argon|[156y]\$|7\$)|\$\{|\{\{|\$\(|<[\w -]*>?|^%\w+%$|^[*x•.…#_-]+$|\*{3}|x{4}|\.\.\.|…|^\[|^\{|\byour[-_ ]?|^(?:change|replace|insert|enter|put|add|fill|my|the|some|an?)[-_ ]?(?:me|it|in|your|this|api|key|token|password|secret|here)\b|redacted|placeholder|\bexample\b|^process\.env|^![A-Za-z_]+$|\uE000/i;

/** Types, states and other words in the position of a value: `password: string`, `token: expired`. */
const plainWord =
  /^(?:str(?:ing)?|int(?:eger)?|number|bool(?:ean)?|null|none|nil|undefined|true|false|any|object|array|optional|required|mandatory|text|hidden|bytes?|(?:var)?char|varchar|unknown|void|never|incorrect|invalid|expired|missing|wrong|empty|protected|forgotten|encrypted|hashed|disabled|enabled|changed|reset|default|sensitive|secret|token|key|header|query|cookie|bearer|basic|oauth2?|password|data|value|input|output|field|form|login|user(?:name)?|admin|yes|no|not|must|should|can(?:not)?|please|the|this|that|your|case|minimum|maximum|min|max|length|type|name|self|this|await|new|noun|verb|field|env|config|function|lambda|async|return|secrets?|hash|base64|base64url|base32|hex|utf-?8|utf-?16|ascii|sha-?\d+|md5|aes-?\d+\w*|[hre]s\d{3}|rsa-?\d*|ed25519|x509|pbkdf2|bcrypt|argon2\w*|http2?|uuid(?:v?\d)?|jwt|letter\d?)$/i;

/** A name in place of a value: `settings.API_KEY`, `form.password.value`. */
const dotted = /^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/;
const namesSecret = /passw|pwd|secret|token|api_?key|credential|_key/i;

const holder =
  /^(?:os|process|env|environ|self|this|config|cfg|conf|settings?|args?|argv|req|request|res|response|form|opts?|options|params?|props|state|ctx|context|user|data|body|input|credentials?|creds?|secrets?|vars?|local|data|event|payload|session|auth|account|client|app|module|values?|row|obj|object|exports?|imports?|module)\b/i;

const codeName =
  /^(?:[A-Z][a-z]{2,}|[A-Z]{1,6}(?![a-z])|[a-z]{3,})*\d{1,4}(?:[A-Z][a-z]{2,}|[A-Z]{2,5}(?![a-z]))+$/;

const hasDigit = /\d/;
const hasLetter = /[A-Za-z]/;

/** Whether a value that a name announces is a secret, and not a type, a variable, a stand-in or prose. */
export const isSecretValue = (value: string, context: ValueContext): boolean => {
  const { kind, isQuoted, after } = context;
  if (value.length < 4 || standIn.test(value) || plainWord.test(value)) return false;
  if (/\s/.test(value)) return isPassphrase(value, kind, isQuoted);
  if (dotted.test(value) && !isQuoted && (holder.test(value) || namesSecret.test(value)))
    return false;
  // A call, an index, or the end of an expression: it is code.
  if (!isQuoted && /^(?:\?\.)?[([]/.test(after)) return false;
  // A variable that is named after what it holds.
  if (
    !isQuoted &&
    /^[A-Za-z_]\w*$/.test(value) &&
    namesSecret.test(value) &&
    !/\d{2}/.test(value)
  ) {
    return false;
  }
  // A type or a constant: `X509Credential`, `GTE0PRE`.
  if (kind === 'token' && !isQuoted && !context.isAssigned && codeName.test(value)) return false;
  if (!isQuoted && /^[A-Za-z_][\w.]*(?:token|secret|key|credential|password)s?$/i.test(value))
    return false;
  // Part of a regular expression, a name in a registry, or an example.
  if (/^\/\^|\[(?:a-z|A-Z|0-9|\^)|\\[dws]|^urn:|^[a-z]{2,8}_123(?:4(?:56?)?)?$/.test(value))
    return false;
  if (/^https?:\/\//.test(value) || /^\.{0,2}\/(?:[\w.-]+\/)*[\w.-]*$/.test(value)) return false;
  return kind === 'password' ? isPassword(value, context) : isRandom(value, kind);
};

/** Several words are a secret only as a passphrase: lower-case words in quotes, such as those of BIP 39. */
const isPassphrase = (value: string, kind: SecretKind, isQuoted: boolean): boolean =>
  kind === 'password' &&
  isQuoted &&
  value.length < 40 &&
  /^\S+ \S+$/.test(value) &&
  isMixedWord(value);

const isMixedWord = (value: string): boolean =>
  /[A-Za-z]\d|\d[A-Za-z]/.test(value) || /[^\w\s][A-Za-z\d]/.test(value);

const isPassword = (value: string, { isQuoted, isAssigned, after }: ValueContext): boolean => {
  // `8-20 characters`, `6-digit`.
  if (/^\d{1,2}[-–](?:\d{1,3}|digit|char\w*|letters?)$/i.test(value)) return false;
  if (isQuoted) return !namesSecret.test(value) || hasDigit.test(value) || /\W/.test(value);
  if (isAssigned || hasDigit.test(value)) return true;
  if (/[^A-Za-z\-_./:]/.test(value.replace(/[^\0-\x7F]/g, ''))) return value.length >= 6;
  if (/^[A-Za-z]+(?:[-_.][A-Za-z]+){2,}$/.test(value)) return value.length >= 14;
  if (isMixedCase(value)) return true;
  // One plain word: only where nothing but the end of the line or of the pair follows.
  return /^[a-z]{6,}$/.test(value) && /^(?:[.;,)}\]]?\s*$|[.;,]?[\r\n;&])/.test(after);
};

const isRandom = (value: string, kind: SecretKind): boolean => {
  const hasBoth = hasDigit.test(value) && hasLetter.test(value);
  const minimum = kind === 'key' || kind === 'authorization' ? 6 : kind === 'token' ? 7 : 6;
  if (hasBoth) return value.length >= minimum && !/^\d+(?:[.:-]\d+)*[a-z]{1,3}$/i.test(value);
  if (/^\d+$/.test(value)) return kind === 'key' && value.length >= 16;
  // Base64 without a digit, and long words of random letters.
  return value.length >= (kind === 'authorization' ? 8 : 12) && isMixedCase(value);
};

/** Small and capital letters in no order, unlike a name in camel case. */
const isMixedCase = (value: string): boolean =>
  /[a-z]/.test(value) &&
  /[A-Z]/.test(value.slice(1)) &&
  !/^(?:[A-Z]?[a-z]{2,}){1,6}[A-Z]{0,4}$/.test(value) &&
  !/^[A-Z]{2,5}(?:[A-Z][a-z]{2,}){1,4}$/.test(value) &&
  !/[_.]/.test(value);
