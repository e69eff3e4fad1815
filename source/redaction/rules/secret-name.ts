/**
 * What the name of a field, a variable, a header or a flag says about its value. A `password` may be
 * any text. A `key` is an API key or the like. A `token` may also be a word of a text, so its value must look
 * random. `cookie` and `authorization` are headers with a syntax of their own.
 */
export type SecretKind = 'password' | 'key' | 'token' | 'cookie' | 'authorization';

/** Suffixes of a name that announces a secret: DB_PASSWORD_PROD, apiKey2, client_secret_value. */
const ending =
  '(?:-(?:\\d+|value|string|prod|production|dev|test|staging|live|new|old|current|confirm|confirmation|base|base64|b64|plain|raw|default|admin|root|user))?$';

const passwordName = new RegExp(
  `(?:passw(?:or)?d|passphrase|passcode|pwd|(?:smtp|imap|db|mail|mysql|postgres|pg|redis|mongo|mqtt|ldap|ftp|ssh|sudo|become|vpn|wifi|proxy|admin|user|root|auth|login|account|service)-?pass|passwort|kennwort|contrase[nñ]a|(?:^|-)senha|wachtwoord|parola|şifre|sifre|heslo|salasana|adgangskode|passord|jelszó|lozinka|κωδικός|סיסמה|mật khẩu|has[łl]o|lösenord|(?:^|-)mot de passe|parol|пароль|密码|密碼|口令|パスワード|비밀번호|暗証番号)${ending}`,
);

const keyName = new RegExp(
  `(?:(?:api|access|secret|account|private|encryption|decryption|signing|shared|subscription|master|service|auth|consumer|client|app|application|licen[cs]e|webhook|deploy|admin|function|storage|jwt|hmac|cipher|aes|session|security|recovery|product|activation|ssh|project|integration|ingest|write|read)[ -]?key|(?:client|webhook|app|jwt|consumer|shared|signing|oauth|api|session|cookie|totp|hmac|bot)[ -]?secret|(?:api|zugangs|zugriffs|geheim|privat)-?schlüssel|api-?sleutel|ключ (?:api|доступа)|api-?ключ|api ?キー|シークレットキー|秘密鍵|アクセスキー|api ?키|비밀키|shared-?access-?signature|密钥|密鑰|秘钥)${ending}`,
);

const tokenName = new RegExp(
  `(?:token|(?:^|-)(?:pass|pw)|(?:^|-)secret|secret-?key|credential|(?:^|-)sig|(?:amz|goog)-signature|(?:^|-)(?:sessid|phpsessid|jsessionid)|令牌|トークン|토큰)${ending}`,
);

/** Tokens that are not secrets: those of a text, a tokenizer or a list of pages. */
const harmlessToken =
  /(?:^|[- ])(?:max|min|next|previous|prev|page|nextpage|continuation|continue|cursor|sync|eos|bos|pad|unk|sep|cls|mask|stop|special|start|end|first|last|input|output|prompt|completion|cached|reasoning|total|per|current|each|new|one|single|added|word|sub|text|design|image|audio|thinking)-?token(?:-|$)/;

/** A substring of every name that announces a secret. Tested first, because most names lack it. */
const anyTelling =
  /pass|pwd|pw$|key|secret|schlüssel|sleutel|ключ|キー|鍵|키|token|credential|sig|sess|cookie|authorization|wort|kennw|contrase|senha|wacht|parol|[şs]ifre|heslo|salasana|adgangsk|jelsz|lozinka|κωδικ|סיסמ|khẩu|has[łl]o|lösen|парол|密|口令|秘|暗|令牌|パス|トークン|비밀|토큰/i;

const kinds = new Map<string, SecretKind | null>();

/** The size of the cache for recurring names. Anything longer is not a name. */
const cache = { names: 4000, nameLength: 64 } as const;

/**
 * Returns the kind of secret that a name stands for; null if it stands for none. Names in capitals, in camel
 * case and with any of `_-. ` between their words are equivalent.
 */
export const secretKind = (name: string): SecretKind | null => {
  if (name.length > cache.nameLength || name.length < 2 || !anyTelling.test(name)) return null;
  const cached = kinds.get(name);
  if (cached !== undefined) return cached;
  const kind = kindOf(name.replace(/(?<=[a-z\d])(?=[A-Z])|[_.-]+/g, '-').toLowerCase());
  if (kinds.size < cache.names) kinds.set(name, kind);
  return kind;
};

const kindOf = (name: string): SecretKind | null => {
  if (/(?:^|-)authorization$/.test(name)) return 'authorization';
  if (/(?:^|-)cookie$/.test(name)) return 'cookie';
  if (passwordName.test(name)) return 'password';
  if (keyName.test(name)) return 'key';
  return tokenName.test(name) && !harmlessToken.test(name) ? 'token' : null;
};
