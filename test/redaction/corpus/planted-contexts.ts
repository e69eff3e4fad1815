import { alphanumeric, type Chance, digits, hexadecimal, upper } from './chance.ts';

/** Makes a value. */
export type Maker = (chance: Chance) => string;

export const uuid: Maker = (dice) =>
  [8, 4, 4, 4, 12].map((count) => dice.some(hexadecimal, count)).join('-');

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Puts a value into a text. */
export type Context = (dice: Chance, value: string) => string;

const service: Maker = (d) =>
  d.pick(['billing', 'ledger', 'search', 'mailer', 'inventory', 'warehouse', 'crm', 'reports']);
const host: Maker = (d) =>
  `${service(d)}${d.whole(0, 8)}.${d.pick(['internal', 'corp.example', 'acme.io', 'svc.cluster.local'])}`;
const user: Maker = (d) =>
  d.pick(['admin', 'deploy', 'svc_app', 'm.keller', 'root', 'reporting', 'li.wei']);
const stamp: Maker = (d) =>
  `2026-0${1 + d.whole(0, 8)}-${10 + d.whole(0, 17)}T${10 + d.whole(0, 12)}:${10 + d.whole(0, 48)}:${10 + d.whole(0, 48)}`;

/** Contexts of values, by their kind, and benign texts. */
export type Family = {
  readonly token: Record<string, Context>;
  readonly plain: Record<string, Context>;
  readonly password: Record<string, Context>;
  readonly phone: Record<string, Context>;
  readonly benign: Record<string, Maker>;
};

/** Contexts that were invented before the rules were looked at, and by which they were then mended. */
export const firstFamily: Family = {
  token: {
    shellExport: (d, v) =>
      `Then I ran\nexport ${service(d).toUpperCase()}_CREDENTIAL=${v}\nand it failed.`,
    prose: (d, v) =>
      `Our ${service(d)} job stopped. The key we use there is ${v}, could you check?`,
    chinese: (_, v) => `我们用的令牌是${v}，昨天开始报错，请帮忙看看。`,
    curlHeader: (d, v) => `curl -sS https://${host(d)}/v2/items -H "X-Custom: ${v}" -d '{}'`,
    json: (d, v) => JSON.stringify({ service: service(d), value: v, retries: d.whole(0, 4) }),
    tableRow: (d, v) => `| ${service(d)} | ${v} | ${d.whole(0, 89)} |`,
    log: (d, v) =>
      `${stamp(d)}Z WARN [${service(d)}] rejected credential ${v} from 10.0.0.${d.whole(0, 254)}`,
    query: (d, v) => `GET https://${host(d)}/hook?x=${v}&page=2`,
    python: (d, v) => `client = Client("${service(d)}", "${v}", timeout=${d.whole(0, 59)})`,
    yamlList: (d, v) => `args:\n  - --endpoint\n  - https://${host(d)}\n  - ${v}\n`,
  },
  plain: {
    envFile: (d, v) =>
      `# ${service(d)}\nPORT=8080\n${service(d).toUpperCase()}_API_KEY=${v}\nDEBUG=false\n`,
    envQuoted: (d, v) => `${service(d).toUpperCase()}_SECRET="${v}"\nREGION=eu-west-1`,
    yaml: (d, v) => `${service(d)}:\n  url: https://${host(d)}\n  apiToken: ${v}\n  timeout: 30s`,
    json: (d, v) =>
      JSON.stringify({ endpoint: host(d), client_secret: v, scopes: ['read'] }, null, 2),
    jsonNested: (_, v) => `{"auth": {"type": "key", "accessKey": "${v}"}}`,
    bearer: (d, v) => `curl https://${host(d)}/api/v1/jobs -H 'Authorization: Bearer ${v}'`,
    customHeader: (d, v) =>
      `POST /run HTTP/1.1\nHost: ${host(d)}\nX-Api-Key: ${v}\nContent-Type: application/json`,
    queryKey: (d, v) => `https://${host(d)}/geocode?address=Bonn&api_key=${v}&lang=de`,
    accessToken: (d, v) => `callback was https://${host(d)}/cb#access_token=${v}&expires_in=3600`,
    cookie: (_, v) => `Cookie: theme=dark; sessionid=${v}; lang=en`,
    typescript: (_, v) =>
      `const apiKey = '${v}';\nawait fetch(url, { headers: { authorization: apiKey } });`,
    python: (_, v) => `AUTH_TOKEN = "${v}"\nsession.headers.update({"x-auth": AUTH_TOKEN})`,
    go: (_, v) => `cfg := Config{\n\tEndpoint: "https://api",\n\tAPIKey:   "${v}",\n}`,
    java: (_, v) => `private static final String SECRET_KEY = "${v}";`,
    ruby: (_, v) => `config.secret_token = '${v}'`,
    properties: (_, v) =>
      `spring.app.name=orders\nspring.security.oauth2.client.client-secret=${v}\n`,
    azureStorage: (_, v) =>
      `DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=${v};EndpointSuffix=core.windows.net`,
    prose: (d, v) => `The API key for ${service(d)} is ${v}. Please do not share it.`,
    proseToken: (_, v) => `here is my access token: ${v} - why do I get a 403?`,
    chinese: (_, v) => `接口密钥：${v}，请帮我测试一下。`,
    log: (d, v) => `${stamp(d)} DEBUG auth: token=${v} user=${user(d)} status=401`,
    flag: (d, v) => `deployctl push --project ${service(d)} --token ${v} --wait`,
    terraform: (_, v) => `variable "x" {}\nprovider "acme" {\n  api_token = "${v}"\n}`,
    npmrc: (_, v) => `//registry.example.org/:_authToken=${v}`,
    markdownTable: (d, v) => `| name | api key |\n| --- | --- |\n| ${service(d)} | ${v} |`,
    aws: (_, v) => `[default]\naws_secret_access_key = ${v}\nregion = us-east-1`,
  },
  password: {
    urlUserinfo: (d, v) =>
      `DATABASE_URL=postgres://${user(d)}:${encodeURIComponent(v)}@${host(d)}:5432/orders`,
    redis: (d, v) => `redis-cli -u redis://:${encodeURIComponent(v)}@${host(d)}:6379/0 ping`,
    adoNet: (d, v) =>
      `Server=${host(d)};Database=orders;User Id=${user(d)};Password=${v};Encrypt=true`,
    libpq: (d, v) => `host=${host(d)} user=${user(d)} password='${v}' dbname=app`,
    mysqlFlag: (d, v) => `mysqldump -h ${host(d)} -u ${user(d)} -p'${v}' shop > dump.sql`,
    curlUser: (d, v) => `curl -u '${user(d)}:${v}' https://${host(d)}/rest/api/2/issue`,
    json: (d, v) => JSON.stringify({ username: user(d), password: v }),
    yaml: (d, v) => `smtp:\n  user: ${user(d)}\n  password: ${v.includes('#') ? `"${v}"` : v}\n`,
    env: (d, v) => `SMTP_HOST=${host(d)}\nSMTP_PASS=${v}\n`,
    prose: (d, v) =>
      `Hi, I cannot log in any more. My user name is ${user(d)} and my password is ${v} - can you reset it?`,
    proseColon: (_, v) => `login details below\nPassword: ${v}\nthanks!`,
    german: (_, v) => `Mein Passwort lautet ${v}, aber es wird nicht angenommen.`,
    spanish: (_, v) => `mi contraseña es ${v} y no puedo entrar`,
    chinese: (_, v) => `我的密码是 ${v} ，登录不了。`,
    chineseColon: (d, v) => `账号：${user(d)}\n密码：${v}`,
    python: (d, v) => `conn = connect(host="${host(d)}", user="${user(d)}", password="${v}")`,
    php: (_, v) => `define('DB_PASSWORD', '${v}');`,
    csharp: (d, v) => `var credential = new NetworkCredential("${user(d)}", "${v}");`,
    sql: (_, v) => `CREATE USER reporting WITH PASSWORD '${v}';`,
    sqlIdentified: (_, v) => `CREATE USER 'app'@'%' IDENTIFIED BY '${v}';`,
    netrc: (d, v) => `machine ${host(d)} login ${user(d)} password ${v}`,
    xml: (_, v) =>
      `<server><id>nexus</id><username>ci</username><password>${v.replaceAll('&', '&amp;')}</password></server>`,
    wifi: (_, v) => `WLAN for guests: SSID Lobby, passphrase: ${v}`,
    basicHeader: (d, v) => `Authorization: Basic ${base64(`${user(d)}:${v}`)}`,
    sshpass: (d, v) => `sshpass -p '${v}' ssh ${user(d)}@${host(d)}`,
  },
  phone: {
    prose: (_, v) => `You can reach me at ${v} after five.`,
    label: (_, v) => `Name: Kim\nPhone: ${v}\nCity: unknown`,
    json: (_, v) => JSON.stringify({ customer: 'K. Aydin', phone: v, vip: false }),
    chinese: (_, v) => `我的电话是${v}，请下午联系。`,
    csv: (d, v) => `id,name,phone\n${d.whole(0, 899)},Ito,${v}\n`,
    whatsapp: (_, v) => `pls whatsapp ${v} thx`,
    signature: (_, v) => `Best regards\nAnna\nTel. ${v} | anna's desk`,
    german: (_, v) => `Rückruf bitte unter ${v}, danke!`,
    french: (_, v) => `Merci de me rappeler au ${v} demain matin.`,
    log: (d, v) => `${stamp(d)} sms queued to=${v} template=otp`,
  },
  benign: {
    sku: (d) =>
      `Article ${d.some(upper, 3)}-${d.some(digits, 4)}-${d.some(upper, 2)} is out of stock.`,
    awb: (d) => `Shipment AWB ${d.some(digits, 3)}-${d.some(digits, 8)} left Frankfurt.`,
    tracking: (d) =>
      `Tracking number 1Z${d.some(upper + digits, 6)}${d.some(digits, 10)} says delivered.`,
    version: (d) =>
      `Upgraded from ${d.whole(0, 8)}.${d.whole(0, 29)}.${d.whole(0, 98)}-rc.${d.whole(0, 8)} to ${d.whole(0, 8)}.${d.whole(0, 29)}.${d.whole(0, 98)}.`,
    longVersion: (d) =>
      `Driver version 10.0.${d.some(digits, 5)}.${d.some(digits, 4)} build ${d.some(digits, 7)}`,
    order: (d) =>
      `Where is my order ${d.some('123456789', 8)}? I paid on ${10 + d.whole(0, 17)}.0${1 + d.whole(0, 8)}.2026.`,
    price: (d) =>
      `Total: ${d.whole(0, 8) + 1},${d.some(digits, 3)},${d.some(digits, 3)}.${d.some(digits, 2)} USD for ${d.whole(0, 499)} pieces`,
    dates: (d) =>
      `Open from 2026-0${1 + d.whole(0, 8)}-1${d.whole(0, 8)} to 2027-0${1 + d.whole(0, 8)}-2${d.whole(0, 7)}, daily 09:00-17:30.`,
    table: (d) =>
      Array.from(
        { length: 4 },
        () =>
          `${d.some(digits, 4)}  ${d.some(digits, 5)}  ${d.some(digits, 3)}  ${d.some(digits, 6)}`,
      ).join('\n'),
    tableBars: (d) =>
      `| ${d.some(digits, 3)} | ${d.some(digits, 3)} | ${d.some(digits, 4)} | ${d.some(digits, 2)}.${d.some(digits, 2)} |`,
    commit: (d) => `Bisected to commit ${d.some(hexadecimal, 40)} on main.`,
    shortCommit: (d) => `git show ${d.some(hexadecimal, 7)} --stat`,
    digest: (d) => `image: registry.example.org/app@sha256:${d.some(hexadecimal, 64)}`,
    uuidId: (d) => `{"request_id": "${uuid(d)}", "status": "ok"}`,
    traceparent: (d) => `traceparent: 00-${d.some(hexadecimal, 32)}-${d.some(hexadecimal, 16)}-01`,
    epoch: (d) => `{"ts": 17${d.some(digits, 8)}, "ms": 17${d.some(digits, 11)}}`,
    coordinates: (d) =>
      `Located at 5${d.whole(0, 8)}.${d.some(digits, 6)}, 1${d.whole(0, 8)}.${d.some(digits, 6)}`,
    isbn: (d) =>
      `See ISBN 978-3-${d.some(digits, 2)}-${d.some(digits, 6)}-${d.whole(0, 8)}, chapter 4.`,
    tokenCount: (d) =>
      `max_tokens: ${d.some('123456789', 4)}, total tokens ${d.some('123456789', 5)}, prompt_tokens=${d.whole(0, 8999)}`,
    passwordTalk: (d) =>
      `The password must be at least ${8 + d.whole(0, 7)} characters long and contain a digit.`,
    passwordField: () => `<input type="password" name="password" required placeholder="Password">`,
    passwordVariable: () =>
      `const password = process.env.DB_PASSWORD;\nif (!password) throw new Error('password is missing');`,
    keyVariable: () => `api_key = os.environ["ACME_API_KEY"]\nclient = Acme(api_key=api_key)`,
    placeholderKey: () => `export OPENAI_API_KEY=<your key here>\nexport OTHER=YOUR_API_KEY`,
    secretName: (d) => `secretKeyRef:\n  name: ${service(d)}-credentials\n  key: database-url`,
    tokenType: () => `{"token_type": "Bearer", "expires_in": 3600, "scope": "read write"}`,
    lexer: () =>
      `function nextToken(token: Token): Token { return tokens[token.index + 1] ?? END; }`,
    chinesePassword: () => `忘记密码怎么办？密码不能少于八位，请使用新密码登录。`,
    mac: (d) =>
      Array.from({ length: 6 }, () => d.some(hexadecimal, 2)).join(':') + ' joined the network',
    invoice: (d) => `Invoice no. 2026-${d.some(digits, 6)}, customer no. ${d.some('123456789', 7)}`,
    part: (d) =>
      `Replace part ${d.some(digits, 2)} ${d.some(digits, 2)} ${d.some(digits, 1)} ${d.some(digits, 3)} ${d.some(digits, 3)} (BMW).`,
    numbersInProse: (d) =>
      `In 2024 we sold ${d.some('123456789', 5)} units, in 2025 ${d.some('123456789', 5)}, a rise of ${d.whole(0, 89)}%.`,
    chineseNumbers: (d) => `订单号${d.some('123456789', 12)}已发货，金额${d.whole(0, 899)}.50元。`,
    camelCase: () =>
      `import { AuthenticationTokenProviderFactoryBean } from './authenticationTokenProviderFactoryBean';`,
    url: (d) =>
      `https://docs.example.org/en/latest/guides/authentication-and-secrets#rotate-api-keys-${d.whole(0, 89)}`,
    cssColor: (d) =>
      `color: #${d.some(hexadecimal, 6)}; box-shadow: 0 1px 2px rgba(${d.whole(0, 254)}, ${d.whole(0, 254)}, 0, 0.3)`,
    base64Image: (d) =>
      `<img src="data:image/png;base64,iVBORw0KGgo${d.some(alphanumeric + '+/', 120)}==">`,
    lockfile: (d) => `"integrity": "sha512-${d.some(alphanumeric + '+/', 86)}=="`,
    range: (d) =>
      `pages ${100 + d.whole(0, 98)}-${200 + d.whole(0, 98)}, lines ${1000 + d.whole(0, 899)}-${2000 + d.whole(0, 899)}`,
  },
};

/** Other contexts of the same origin. They were measured before their own kinds were mended. */
export const secondFamily: Family = {
  token: {
    powershell: (_, v) => `$env:KEY_FOR_BOT = "${v}"; ./start.ps1`,
    dockerfile: (_, v) => `FROM node:22\nENV SOMETHING ${v}\nRUN npm ci`,
    stackTrace: (_, v) =>
      `Error: 401 Incorrect key provided: ${v}.\n    at Client.request (client.js:88:13)`,
    japanese: (_, v) => `設定したキーは「${v}」です。動きません。`,
    rust: (_, v) => `let client = Api::new("${v}".to_string())?;`,
    tsv: (d, v) => `${d.whole(0, 899)}\t${service(d)}\t${v}\tactive`,
    gitRemote: (_, v) => `git clone https://${v}@git.example.com/acme/site.git`,
    xmlAttribute: (_, v) => `<add key="bot" value="${v}" />`,
    escapedJson: (_, v) => `{"body":"{\\"k\\":\\"${v}\\"}"}`,
    markdownCode: (_, v) => `Use \`${v}\` in the form, then press **Save**.`,
  },
  plain: {
    compose: (d, v) =>
      `services:\n  app:\n    environment:\n      - ${service(d).toUpperCase()}_TOKEN=${v}\n      - TZ=UTC`,
    k8sEnv: (_, v) =>
      `env:\n- name: PAYMENT_API_KEY\n  value: "${v}"\n- name: LOG_LEVEL\n  value: info`,
    toml: (_, v) => `[upstream]\nsecret_key = "${v}"\npool = 4`,
    ini: (_, v) => `[remote]\ntype = s3\nsecret_access_key=${v}`,
    powershell: (_, v) =>
      `$apiKey = '${v}'\nInvoke-RestMethod -Headers @{ 'x-api-key' = $apiKey } $uri`,
    rust: (_, v) => `const API_SECRET: &str = "${v}";`,
    kotlin: (_, v) => `val authToken: String = "${v}"`,
    swift: (_, v) => `request.setValue("${v}", forHTTPHeaderField: "X-API-Key")`,
    phpArray: (_, v) => `return ['api_key' => '${v}', 'debug' => false];`,
    escapedJson: (_, v) => `{"payload":"{\\"apiKey\\":\\"${v}\\",\\"n\\":1}"}`,
    camelHeader: (_, v) => `headers: { 'Ocp-Apim-Subscription-Key': '${v}' }`,
    signature: (d, v) =>
      `https://blob.example.net/c/f.csv?sv=2024-11-04&sr=b&sig=${encodeURIComponent(v)}&se=2026-1${d.whole(0, 2)}-01`,
    privateToken: (d, v) =>
      `curl --header "PRIVATE-TOKEN: ${v}" https://${host(d)}/api/v4/projects`,
    webhookSecret: (_, v) => `webhook signing secret → ${v}`,
    proseEquals: (_, v) => `I set the token to ${v} in the settings but nothing changed.`,
    prosePossessive: (d, v) => `${service(d)}'s secret key is "${v}", rotate it.`,
    french: (_, v) => `La clé d'API est ${v}, elle ne marche plus.`,
    germanKey: (_, v) => `Der API-Schlüssel: ${v} (bitte vertraulich)`,
    chineseToken: (_, v) => `访问令牌为 ${v}，有效期一年`,
    japanese: (_, v) => `APIキーは ${v} です`,
    logJson: (_, v) => `{"level":"debug","msg":"refresh","refresh_token":"${v}","ms":12}`,
    setCookie: (_, v) => `< Set-Cookie: auth_token=${v}; Path=/; HttpOnly`,
    cliEquals: (_, v) => `helm upgrade app ./chart --set image.tag=v2 --set auth.apiKey=${v}`,
    csv: (d, v) => `user,api_token\n${user(d)},${v}\n`,
    makefile: (_, v) => `DEPLOY_KEY ?= ${v}\ndeploy:\n\t./ship.sh`,
    elixir: (_, v) => `config :app, MyApp.Endpoint, secret_key_base: "${v}"`,
  },
  password: {
    mongo: (d, v) =>
      `mongodb+srv://${user(d)}:${encodeURIComponent(v)}@cluster0.ab1cd.mongodb.net/?retryWrites=true`,
    amqp: (d, v) => `broker_url = 'amqp://${user(d)}:${encodeURIComponent(v)}@${host(d)}//'`,
    jdbc: (d, v) =>
      `jdbc:mysql://${host(d)}:3306/app?user=${user(d)}&password=${encodeURIComponent(v)}&useSSL=true`,
    odbc: (d, v) =>
      `Driver={ODBC Driver 18 for SQL Server};Server=${host(d)};UID=${user(d)};PWD=${v};`,
    pgpassword: (d, v) => `PGPASSWORD='${v}' psql -h ${host(d)} -U ${user(d)} app`,
    wget: (d, v) => `wget --user=${user(d)} --password='${v}' https://${host(d)}/dump.gz`,
    dockerLogin: (d, v) => `docker login -u ${user(d)} -p '${v}' ${host(d)}`,
    ansible: (d, v) => `${host(d)} ansible_user=${user(d)} ansible_ssh_pass='${v}'`,
    ldap: (d, v) => `ldapsearch -x -D cn=admin -w '${v}' -H ldap://${host(d)}`,
    toml: (_, v) => `[database]\npasswd = "${v}"\nport = 5432`,
    jsonDbPass: (_, v) => JSON.stringify({ db: { dbPass: v, pool: 3 } }),
    properties: (_, v) =>
      `spring.datasource.password=${v}\nspring.datasource.hikari.maximum-pool-size=4`,
    proseNew: (_, v) => `I changed the password to ${v} yesterday and now VPN refuses me`,
    proseTemp: (_, v) => `Your temporary password: ${v} (valid for 24 hours)`,
    prosePw: (d, v) => `user ${user(d)} / pw ${v}`,
    credentials: (d, v) => `Credentials: ${user(d)} / ${v}`,
    germanColon: (d, v) => `Benutzer: ${user(d)}\nKennwort: ${v}`,
    french: (_, v) => `Mon mot de passe est ${v} et il est refusé.`,
    portuguese: (_, v) => `minha senha é ${v}, não consigo entrar`,
    russian: (_, v) => `Мой пароль: ${v} — не подходит`,
    japanese: (_, v) => `パスワードは ${v} です。`,
    korean: (_, v) => `비밀번호: ${v} 로그인이 안 됩니다`,
    chineseIs: (_, v) => `初始密码为${v}，请尽快修改。`,
    javaSetter: (_, v) => `dataSource.setPassword("${v}");`,
    go: (d, v) => `auth := smtp.PlainAuth("", "${user(d)}", "${v}", "${host(d)}")`,
    terraform: (_, v) =>
      `resource "aws_db_instance" "x" {\n  username = "app"\n  password = "${v}"\n}`,
  },
  phone: {
    italian: (_, v) => `Mi chiami al ${v}, grazie.`,
    spanish: (_, v) => `Mi número de teléfono es ${v}.`,
    mobileLabel: (_, v) => `Mobile: ${v}\nEmail: none`,
    yaml: (_, v) => `contact:\n  name: Lee\n  telephone: "${v}"`,
    chineseLabel: (_, v) => `联系人：王芳\n手机：${v}`,
    table: (d, v) => `| ${d.whole(0, 98)} | Rossi | ${v} | paid |`,
    emergency: (_, v) => `In an emergency ring ${v} and ask for the night shift.`,
    question: (_, v) => `Is ${v} your number? It called me twice.`,
    japanese: (_, v) => `電話番号は${v}です。`,
    code: (_, v) => `sendSms({ to: '${v}', text: 'Your parcel has arrived' });`,
  },
  benign: {
    flight: (d) =>
      `Flight LH ${d.some('123456789', 3)} / seat ${d.whole(0, 39)}A, ticket 220-${d.some(digits, 10)}`,
    container: (d) =>
      `Container ${d.some(upper, 3)}U ${d.some(digits, 6)}-${d.whole(0, 8)} at gate ${d.whole(0, 39)}`,
    gtin: (d) => `GTIN ${d.some('123456789', 1)}${d.some(digits, 12)}, batch L${d.some(digits, 5)}`,
    semver: (d) =>
      `"react-dom": "^${d.whole(0, 19)}.${d.whole(0, 8)}.${d.whole(0, 8)}", "zod": "~${d.whole(0, 4)}.${d.whole(0, 39)}.${d.whole(0, 8)}"`,
    kernel: (d) =>
      `Linux 6.${d.whole(0, 11)}.0-${d.some('123456789', 2)}-generic #${d.some('123456789', 2)}~22.04.1-Ubuntu SMP`,
    ticket: (d) =>
      `Ticket #${d.some('123456789', 6)} (JIRA OPS-${d.some('123456789', 4)}) was closed.`,
    measurement: (d) =>
      `Sizes: ${d.whole(0, 899)} x ${d.whole(0, 899)} x ${d.whole(0, 899)} mm, weight ${d.whole(0, 89)}.${d.some(digits, 3)} kg`,
    german: (d) =>
      `Rechnung über ${d.whole(0, 8) + 1}.${d.some(digits, 3)},${d.some(digits, 2)} € vom ${10 + d.whole(0, 17)}.11.2026`,
    csvNumbers: (d) =>
      `id,a,b,c\n${Array.from({ length: 4 }, () => `${d.some('123456789', 4)},${d.whole(0, 999)},${d.some(digits, 3)},${d.some('123456789', 6)}`).join('\n')}`,
    matrix: (d) =>
      Array.from(
        { length: 3 },
        () => `[${d.whole(0, 98)}, ${d.whole(0, 98)}, ${d.whole(0, 998)}, ${d.whole(0, 9998)}]`,
      ).join(',\n'),
    statistics: (d) =>
      `p50 ${d.whole(0, 899)} ms, p95 ${d.some('123456789', 4)} ms, p99 ${d.some('123456789', 5)} ms over ${d.some('123456789', 6)} calls`,
    gitLog: (d) =>
      `commit ${d.some(hexadecimal, 40)}\nAuthor: Lee\nDate:   Mon Nov 2 10:0${d.whole(0, 8)}:00 2026 +0100`,
    etag: (d) => `ETag: W/"${d.some(hexadecimal, 32)}"\nAge: ${d.whole(0, 899)}`,
    md5: (d) => `MD5 (image.iso) = ${d.some(hexadecimal, 32)}`,
    goSum: (d) => `golang.org/x/text v0.${d.whole(0, 29)}.0 h1:${d.some(alphanumeric + '+/', 43)}=`,
    objectId: (d) => `db.orders.find({ _id: ObjectId("${d.some(hexadecimal, 24)}") })`,
    requestHeader: (d) =>
      `x-request-id: ${d.some(hexadecimal, 32)}\nx-amzn-trace-id: Root=1-${d.some(hexadecimal, 8)}-${d.some(hexadecimal, 24)}`,
    toolCall: (d) =>
      `{"id":"call_${d.some(alphanumeric, 24)}","type":"function","function":{"name":"get_token_price","arguments":"{}"}}`,
    completion: (d) =>
      `{"id":"chatcmpl-${d.some(alphanumeric, 29)}","object":"chat.completion","created":17${d.some(digits, 8)}}`,
    passwordHelp: () =>
      `Click "Forgot password", enter your e-mail and choose a new password. Your password is never shown to us.`,
    passwordTypes: () =>
      `interface Login { username: string; password: string; token?: string | null }`,
    passwordKeys: () =>
      `{"errors": {"password": "is too short (minimum is 8 characters)", "token": "has expired"}}`,
    secretEnv: () => `token: \${{ secrets.DEPLOY_TOKEN }}\npassword: \${DB_PASSWORD:?missing}`,
    masked: () => `api_key: ************\npassword: xxxxxxxx\nAuthorization: Bearer $TOKEN`,
    hashCall: () => `user.password = await bcrypt.hash(request.body.password, 12);`,
    sqlColumn: () =>
      `SELECT id, password_hash, api_key FROM users WHERE token = ? AND password_reset_at IS NULL;`,
    tokenizer: () =>
      `tokens = tokenizer.encode(text); token = tokens[0]; secret_santa = "December"`,
    germanPassword: () =>
      `Das Passwort ist abgelaufen, das Kennwort muss mindestens acht Zeichen lang sein.`,
    frenchPassword: () => `Le mot de passe est obligatoire et doit contenir une majuscule.`,
    keyboard: () => `Press the key: Enter. The secret: patience. Its key = simplicity.`,
    japanese: () => `パスワードは必須です。八文字以上で入力してください。`,
    chineseSchedule: (d) =>
      `会议时间2026年1${d.whole(0, 2)}月${10 + d.whole(0, 17)}日 14:30-16:00，会议室${d.some('123456789', 4)}。`,
    address: (d) =>
      `${d.some('123456789', 4)} Elm Street, Springfield, IL 627${d.some(digits, 2)}-${d.some(digits, 4)}`,
    vat: (d) => `USt-IdNr. DE${d.some('123456789', 9)}, HRB ${d.some('123456789', 5)}`,
    pid: (d) =>
      `kernel: [${d.some('123456789', 5)}.${d.some(digits, 6)}] Out of memory: Killed process ${d.some('123456789', 5)} (node) total-vm:${d.some('123456789', 7)}kB`,
    snowflake: (d) => `message ${d.some('123456789', 18)} in channel ${d.some('123456789', 18)}`,
    cron: (d) => `${d.whole(0, 58)} ${d.whole(0, 22)} * * 1-5 /usr/local/bin/report --year 2026`,
    slug: (d) => `/blog/2026/11/how-to-rotate-tokens-and-passwords-in-production-${d.whole(0, 98)}`,
    windowsPath: (d) =>
      `C:\\Program Files\\Acme\\TokenService\\v${d.whole(0, 8)}.${d.whole(0, 8)}\\PasswordProvider.dll`,
    fraction: (d) =>
      `ratio ${d.whole(0, 8)}.${d.some(digits, 16)}, seed ${d.some('123456789', 10)}`,
  },
};
