import {
  alphanumeric,
  Chance,
  digits,
  hexadecimal,
  letters,
  lower,
  type Part,
  type Planted,
  upper,
} from './chance.ts';

type Maker = (chance: Chance) => string;

const words = [
  'river',
  'tiger',
  'copper',
  'winter',
  'orange',
  'falcon',
  'maple',
  'rocket',
] as const;

/** Passwords as people and generators choose them. */
const passwords: Readonly<Record<Part, readonly [Maker, ...Maker[]]>> = {
  tuned: [
    (chance) => `${chance.pick(words)}${chance.whole(2, 99)}`,
    (chance) => `${chance.pick(words)}-${chance.pick(words)}-${chance.whole(10, 99)}`,
    (chance) => chance.some(`${alphanumeric}!#%*_`, 14),
    (chance) => `S${chance.some(lower, 5)}!${chance.whole(1980, 2025)}`,
    (chance) => chance.some(alphanumeric, 20),
    (chance) => `${chance.pick(words)}@${chance.some(digits, 3)}`,
    (chance) => `pA${chance.some(alphanumeric, 9)}$${chance.whole(1, 9)}`,
  ],
  'held-out': [
    (chance) => `${chance.pick(words).replace('o', '0').replace('e', '3')}${chance.whole(10, 99)}!`,
    (chance) => `${chance.some(upper, 2)}${chance.some(digits, 4)}${chance.some(lower, 3)}`,
    (chance) => chance.some(hexadecimal, 24),
    (chance) => `${chance.some(letters, 6)}+${chance.some(alphanumeric, 8)}/${chance.whole(0, 9)}=`,
    (chance) => `My${chance.pick(words)}Is${chance.whole(1, 9)}`,
  ],
};

/** Keys that no prefix gives away. */
const keys: Readonly<Record<Part, readonly [Maker, ...Maker[]]>> = {
  tuned: [
    (chance) => chance.some(hexadecimal, 32),
    (chance) => chance.some(alphanumeric, 40),
    (chance) => `${chance.some(`${alphanumeric}+/`, 43)}=`,
    (chance) => chance.some(`${alphanumeric}-_`, 24),
  ],
  'held-out': [
    (chance) => chance.some(hexadecimal, 40),
    (chance) => chance.some(lower + digits, 28),
    (chance) => [8, 4, 4, 4, 12].map((length) => chance.some(hexadecimal, length)).join('-'),
    (chance) => chance.some(alphanumeric, 16),
  ],
};

/** Where a password stands. */
const passwordForms: Readonly<Record<Part, readonly ((value: string) => string)[]>> = {
  tuned: [
    (value) => `password: ${value}`,
    (value) => `My login is anna, password: ${value}. Can you check why it fails?`,
    (value) => `The password is: ${value}`,
    (value) => `the password is "${value}"`,
    (value) => `passwd=${value}`,
    (value) => `{"user": "anna", "password": "${value}"}`,
    (value) => `I sent {\\"username\\":\\"anna\\",\\"password\\":\\"${value}\\"} and got a 401`,
    (value) => `export DB_PASSWORD=${value}`,
    (value) => `export PGPASSWORD='${value}' && psql -h db`,
    (value) => `mysqldump --user=root --password=${value} shop`,
    (value) => `mysql -u root -p'${value}' shop`,
    (value) => `curl -u anna:${value} https://api.example.com/v1/me`,
    (value) =>
      `Server=tcp:sql.example.net;Database=shop;User ID=app;Password=${value};Encrypt=True;`,
    (value) => `postgres://app:${value.replace(/[@/]/g, '')}@db.example.com:5432/shop`,
    (value) => `mongodb+srv://app:${value.replace(/[@/]/g, '')}@cluster0.example.net/?w=majority`,
    (value) => `spring.datasource.password=${value}`,
    (value) => `<password>${value}</password>`,
    (value) => `const password = '${value}';`,
    (value) => `密码：${value}`,
    (value) => `登录密码是${value}，请帮我看看`,
    (value) => `Passwort: ${value}`,
    (value) => `contraseña: ${value}`,
    (value) => `db:\n  user: app\n  password: ${value}\n  host: db`,
  ],
  'held-out': [
    (value) => `username: anna\npassword:    ${value}\nplease reset`,
    (value) => `Login anna / Password = ${value} (staging only)`,
    (value) => `{"connection":{"host":"db","passwd":"${value}","port":5432}}`,
    (value) => `log line: "{\\"event\\":\\"login\\",\\"pwd\\": \\"${value}\\"}"`,
    (value) => `ENV MYSQL_ROOT_PASSWORD=${value}`,
    (value) => `set SMTP_PASS=${value}`,
    (value) => `$env:ADMIN_PASSWORD = "${value}"`,
    (value) => `docker login registry.example.com -u ci --password ${value}`,
    (value) => `sshpass -p '${value}' ssh root@host`,
    (value) => `DRIVER={ODBC Driver 18};SERVER=db;UID=app;PWD=${value};`,
    (value) => `jdbc:mysql://db:3306/shop?user=app&password=${value.replace(/[&+/=]/g, '')}`,
    (value) => `amqp://guest:${value.replace(/[@/]/g, '')}@rabbit:5672/`,
    (value) => `redis.auth.password: "${value}"`,
    (value) => `<add key="DbPassword" value="${value}" />`,
    (value) => `db_password: '${value}'`,
    (value) => `user.setPassword("${value}");`,
    (value) => `Mot de passe : ${value}`,
    (value) => `WLAN-Kennwort: ${value}`,
    (value) => `senha: ${value}`,
    (value) => `пароль: ${value}`,
    (value) => `パスワード：${value}`,
    (value) => `passphrase = "${value}"`,
    (value) => `The wifi password is \`${value}\`.`,
    (value) => `| user | password: ${value} |`,
    (value) => `[{"name":"DB_PASSWORD","value":"${value}"}]`,
  ],
};

/** Where a key, a token or a secret stands. */
const keyForms: Readonly<Record<Part, readonly ((value: string) => string)[]>> = {
  tuned: [
    (value) => `api_key: ${value}`,
    (value) => `export API_KEY=${value}`,
    (value) => `API_KEY="${value}" npm start`,
    (value) => `x-api-key: ${value}`,
    (value) => `curl -H "X-API-Key: ${value}" https://api.example.com`,
    (value) => `curl -H 'Authorization: Bearer ${value}' https://api.example.com`,
    (value) => `{"headers":{"x-api-key":"${value}"}}`,
    (value) => `{"client_id":"web","client_secret":"${value}"}`,
    (value) => `client_secret=${value}&grant_type=client_credentials`,
    (value) =>
      `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${value};EndpointSuffix=core.windows.net`,
    (value) => `token = "${value}"`,
    (value) => `secret: ${value}`,
    (value) => `"token":"${value}"`,
    (value) => `My token is: ${value}`,
    (value) => `--token=${value}`,
    (value) => `--api-key ${value} --verbose`,
    (value) => `{"body":"{\\"access_token\\":\\"${value}\\",\\"expires_in\\":3600}"}`,
    (value) => `GET /v1/items?api_key=${value}&page=2 HTTP/1.1`,
    (value) => `Cookie: session=${value}; theme=dark`,
    (value) => `Set-Cookie: sid=${value}; Path=/; HttpOnly`,
    (value) => `Proxy-Authorization: Basic ${btoa(`anna:${value.slice(0, 9)}`)}`,
    (value) => `Authorization: Basic ${btoa(`anna:${value.slice(0, 12)}`)}`,
    (value) => `JWT_SECRET=${value}`,
  ],
  'held-out': [
    (value) => `apiKey: '${value}',`,
    (value) => `const client = new Client({ apiKey: "${value}" });`,
    (value) => `STRIPE_WEBHOOK_SECRET=${value}`,
    (value) => `api-key: ${value}\r\nhost: search.example.net`,
    (value) => `Ocp-Apim-Subscription-Key: ${value}`,
    (value) => `X-Auth-Token: ${value}`,
    (value) => `authorization: token ${value}`,
    (value) => `requests.get(url, headers={'Authorization': 'Token ${value}'})`,
    (value) => `Endpoint=sb://bus.example.net/;SharedAccessKeyName=root;SharedAccessKey=${value}`,
    (value) => `refresh_token=${value}`,
    (value) => `The API key is ${value}, it worked yesterday`,
    (value) => `secret_key => "${value}"`,
    (value) => `AWS_SECRET_ACCESS_KEY=${value}`,
    (value) => `{"auth":{"type":"header","key":"X-Api-Key","value":"${value}"}}`,
    (value) => `{"text":"set {\\\\\\"apiKey\\\\\\": \\\\\\"${value}\\\\\\"} first"}`,
    (value) => `https://api.example.com/hook?access_token=${value}`,
    (value) => `signing_key: ${value}`,
    (value) => `ENCRYPTION_KEY: "${value}"`,
    (value) => `my api key = ${value}`,
    (value) => `密钥：${value}`,
    (value) => `curl -b "connect.sid=${value}" https://shop.example.com`,
    (value) => `{"cookie":"session_id=${value}"}`,
    (value) => `machine api.example.com login anna password ${value}`,
    (value) => `os.environ["OPENWEATHER_API_KEY"] = "${value}"`,
    (value) => `auth_token ${':'} ${value}`,
  ],
};

/** Tokens with a prefix of their issuer, spelled from the issuer's documentation. */
const issued: Readonly<Record<Part, Readonly<Record<string, Maker>>>> = {
  tuned: {
    'google oauth access': (chance) => `ya29.a0${chance.some(`${alphanumeric}-_`, 120)}`,
    'google oauth refresh': (chance) => `1//0${chance.some(`${alphanumeric}-_`, 60)}`,
    'google client secret': (chance) => `GOCSPX-${chance.some(`${alphanumeric}-_`, 28)}`,
    'google api': (chance) => `AIza${chance.some(`${alphanumeric}-_`, 35)}`,
    pypi: (chance) => `pypi-AgEIcHlwaS5vcmc${chance.some(`${alphanumeric}-_`, 130)}`,
    'digitalocean pat': (chance) => `dop_v1_${chance.some(hexadecimal, 64)}`,
    'digitalocean oauth': (chance) => `doo_v1_${chance.some(hexadecimal, 64)}`,
    'twilio key': (chance) => `SK${chance.some(hexadecimal, 32)}`,
    'twilio account': (chance) => `AC${chance.some(hexadecimal, 32)}`,
    mailgun: (chance) => `key-${chance.some(hexadecimal, 32)}`,
    telegram: (chance) => `${chance.fill('N#########')}:AA${chance.some(`${alphanumeric}-_`, 33)}`,
    'discord bot': (chance) =>
      `M${chance.some(alphanumeric, 23)}.${chance.some(alphanumeric, 6)}.${chance.some(`${alphanumeric}-_`, 38)}`,
    'discord webhook': (chance) =>
      `https://discord.com/api/webhooks/${chance.fill('N#################')}/${chance.some(`${alphanumeric}-_`, 68)}`,
    'slack bot': (chance) =>
      `xoxb-${chance.fill('N###########')}-${chance.fill('N############')}-${chance.some(alphanumeric, 24)}`,
    'slack webhook': (chance) =>
      `https://hooks.slack.com/services/T${chance.some(upper + digits, 8)}/B${chance.some(upper + digits, 10)}/${chance.some(alphanumeric, 24)}`,
    'github pat': (chance) => `ghp_${chance.some(alphanumeric, 36)}`,
    'github fine-grained': (chance) =>
      `github_pat_${chance.some(alphanumeric, 22)}_${chance.some(alphanumeric, 59)}`,
    gitlab: (chance) => `glpat-${chance.some(`${alphanumeric}-_`, 20)}`,
    npm: (chance) => `npm_${chance.some(alphanumeric, 36)}`,
    'stripe live': (chance) => `sk_live_${chance.some(alphanumeric, 24)}`,
    'stripe restricted': (chance) => `rk_live_${chance.some(alphanumeric, 24)}`,
    aws: (chance) => `AKIA${chance.some(`${upper}234567`, 16)}`,
    huggingface: (chance) => `hf_${chance.some(letters, 34)}`,
    sendgrid: (chance) =>
      `SG.${chance.some(`${alphanumeric}-_`, 22)}.${chance.some(`${alphanumeric}-_`, 43)}`,
    openai: (chance) =>
      `sk-proj-${chance.some(`${alphanumeric}-_`, 74)}T3BlbkFJ${chance.some(alphanumeric, 20)}`,
    openrouter: (chance) => `sk-or-v1-${chance.some(hexadecimal, 64)}`,
    jwt: (chance) =>
      `eyJhbGciOiJIUzI1NiJ9.eyJ${chance.some(alphanumeric, 40)}.${chance.some(`${alphanumeric}-_`, 43)}`,
    'azure sas': (chance) =>
      `sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2026-01-01&sig=${chance.some(alphanumeric, 40)}%3D`,
    'private key': (chance) =>
      `-----BEGIN PRIVATE KEY-----\n${chance.some(alphanumeric, 64)}\n${chance.some(alphanumeric, 40)}\n-----END PRIVATE KEY-----`,
  },
  'held-out': {
    'digitalocean refresh': (chance) => `dor_v1_${chance.some(hexadecimal, 64)}`,
    databricks: (chance) => `dapi${chance.some(hexadecimal, 32)}`,
    linear: (chance) => `lin_api_${chance.some(alphanumeric, 40)}`,
    notion: (chance) => `ntn_${chance.some(digits, 11)}${chance.some(alphanumeric, 35)}`,
    'notion legacy': (chance) => `secret_${chance.some(alphanumeric, 43)}`,
    'sentry organization': (chance) =>
      `sntrys_eyJpYXQiO${chance.some(alphanumeric, 90)}_${chance.some(alphanumeric, 43)}`,
    'sentry user': (chance) => `sntryu_${chance.some(hexadecimal, 64)}`,
    doppler: (chance) => `dp.pt.${chance.some(alphanumeric, 43)}`,
    vault: (chance) => `hvs.${chance.some(`${alphanumeric}-_`, 95)}`,
    supabase: (chance) => `sbp_${chance.some(hexadecimal, 40)}`,
    grafana: (chance) => `glsa_${chance.some(alphanumeric, 32)}_${chance.some(hexadecimal, 8)}`,
    'new relic': (chance) => `NRAK-${chance.some(upper + digits, 27)}`,
    age: (chance) => `AGE-SECRET-KEY-1${chance.some('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`,
    shopify: (chance) => `shpat_${chance.some(hexadecimal, 32)}`,
    heroku: (chance) => `HRKU-AA${chance.some(`${alphanumeric}-_`, 58)}`,
    postman: (chance) => `PMAK-${chance.some(hexadecimal, 24)}-${chance.some(hexadecimal, 34)}`,
    pulumi: (chance) => `pul-${chance.some(hexadecimal, 40)}`,
    rubygems: (chance) => `rubygems_${chance.some(hexadecimal, 48)}`,
    airtable: (chance) => `pat${chance.some(alphanumeric, 14)}.${chance.some(hexadecimal, 64)}`,
    brevo: (chance) => `xkeysib-${chance.some(hexadecimal, 64)}-${chance.some(alphanumeric, 16)}`,
    mailchimp: (chance) => `${chance.some(hexadecimal, 32)}-us${chance.whole(1, 21)}`,
    atlassian: (chance) => `ATATT3xFfGF0${chance.some(`${alphanumeric}-_`, 180)}`,
    'azure client secret': (chance) =>
      `${chance.some(alphanumeric, 3)}8Q~${chance.some(`${alphanumeric}-_.`, 34)}`,
    planetscale: (chance) => `pscale_tkn_${chance.some(`${alphanumeric}-_`, 43)}`,
    docker: (chance) => `dckr_pat_${chance.some(`${alphanumeric}-_`, 27)}`,
    groq: (chance) => `gsk_${chance.some(alphanumeric, 52)}`,
    replicate: (chance) => `r8_${chance.some(alphanumeric, 37)}`,
    facebook: (chance) => `EAAC${chance.some(alphanumeric, 150)}`,
    'teams webhook': (chance) =>
      `https://acme.webhook.office.com/webhookb2/${chance.some(hexadecimal, 8)}-aaaa-bbbb-cccc-${chance.some(hexadecimal, 12)}@${chance.some(hexadecimal, 8)}-aaaa-bbbb-cccc-${chance.some(hexadecimal, 12)}/IncomingWebhook/${chance.some(hexadecimal, 32)}/${chance.some(hexadecimal, 8)}-aaaa-bbbb-cccc-${chance.some(hexadecimal, 12)}`,
    '1password': (chance) => `ops_eyJ${chance.some(alphanumeric, 260)}`,
    square: (chance) => `sq0atp-${chance.some(`${alphanumeric}-_`, 22)}`,
    contentful: (chance) => `CFPAT-${chance.some(`${alphanumeric}-_`, 43)}`,
    figma: (chance) => `figd_${chance.some(`${alphanumeric}-_`, 40)}`,
    flyio: (chance) => `fo1_${chance.some(`${alphanumeric}-_`, 43)}`,
    dynatrace: (chance) =>
      `dt0c01.${chance.some(upper + digits, 24)}.${chance.some(upper + digits, 64)}`,
    langfuse: (chance) =>
      `sk-lf-${[8, 4, 4, 4, 12].map((length) => chance.some(hexadecimal, length)).join('-')}`,
    langsmith: (chance) =>
      `lsv2_pt_${chance.some(hexadecimal, 32)}_${chance.some(hexadecimal, 10)}`,
    aliyun: (chance) => `LTAI${chance.some(alphanumeric, 20)}`,
    tencent: (chance) => `AKID${chance.some(alphanumeric, 32)}`,
  },
};

const issuedForms: Readonly<
  Record<Part, readonly [(value: string) => string, ...((value: string) => string)[]]>
> = {
  tuned: [
    (value) => value,
    (value) => `Why does ${value} not work?`,
    (value) => `{"note": "we use ${value}"}`,
    (value) => `这个${value}不能用`,
    (value) => `bot = Bot("${value}")`,
  ],
  'held-out': [
    (value) => `Use this one: ${value}.`,
    (value) => `(${value})`,
    (value) => `- \`${value}\`\n- nothing else`,
    (value) => `{"a":"{\\"b\\":\\"${value.replaceAll('\n', '\\\\n')}\\"}"}`,
  ],
};

/** The part of a token that must not remain: of a URL, its secret end. */
const secretOf = (kind: string, token: string): string =>
  kind.endsWith('webhook')
    ? token.slice(token.lastIndexOf('/') + 1)
    : kind === 'azure sas'
      ? token.slice(token.indexOf('sig=') + 4)
      : kind === 'private key'
        ? (token.split('\n')[1] ?? '')
        : token;

/** Texts with a secret in each, about 400 for each part. */
export const plantedSecrets = (part: Part, seed: number): readonly Planted[] => {
  const chance = new Chance(seed);
  const planted: Planted[] = [];
  for (let round = 0; round < 6; round++) {
    for (const form of passwordForms[part]) {
      const made = chance.pick(passwords[part])(chance);
      // A form may leave characters out that it cannot hold.
      const text = form(made);
      const value = text.includes(made)
        ? made
        : ([/[@/]/g, /[&+/=]/g]
            .map((left) => made.replace(left, ''))
            .find((one) => text.includes(one)) ?? made);
      planted.push({ kind: `password in: ${form('VALUE')}`, text, value });
    }
    for (const form of keyForms[part]) {
      const made = chance.pick(keys[part])(chance);
      const text = form(made);
      const value = text.includes(made) ? made : (/Basic (\S+)/.exec(text)?.[1] ?? made);
      planted.push({ kind: `key in: ${form('VALUE')}`, text, value });
    }
    for (const [kind, make] of Object.entries(issued[part])) {
      if (part === 'held-out' && round >= 4) break;
      const token = make(chance);
      planted.push({
        kind,
        text: chance.pick(issuedForms[part])(token),
        value: secretOf(kind, token),
      });
    }
  }
  return planted;
};
