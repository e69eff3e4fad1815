import { alphanumeric, Chance, digits, hexadecimal, lower, type Planted, upper } from './chance.ts';
import { base64, uuid, type Context, type Family, type Maker } from './planted-contexts.ts';

const base32 = `${upper}234567`;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** Values whose own form says what they are. */
const tokens: Readonly<Record<string, Maker>> = {
  openai: (d) => `sk-proj-${d.some(alphanumeric, 48)}T3BlbkFJ${d.some(alphanumeric + '_-', 40)}`,
  anthropic: (d) => `sk-ant-api03-${d.some(alphanumeric + '_-', 93)}AA`,
  openrouter: (d) => `sk-or-v1-${d.some(hexadecimal, 64)}`,
  deepseek: (d) => `sk-${d.some(hexadecimal, 32)}`,
  groq: (d) => `gsk_${d.some(alphanumeric, 52)}`,
  huggingface: (d) => `hf_${d.some(alphanumeric, 34)}`,
  google: (d) => `AIza${d.some(alphanumeric + '_-', 35)}`,
  awsId: (d) => `AKIA${d.some(base32, 16)}`,
  github: (d) => `ghp_${d.some(alphanumeric, 36)}`,
  githubFine: (d) => `github_pat_11${d.some(upper + digits, 20)}_${d.some(alphanumeric, 59)}`,
  gitlab: (d) => `glpat-${d.some(alphanumeric + '_-', 20)}`,
  slack: (d) => `xoxb-${d.some(digits, 12)}-${d.some(digits, 13)}-${d.some(alphanumeric, 24)}`,
  stripe: (d) => `sk_live_${d.some(alphanumeric, 24)}`,
  sendgrid: (d) => `SG.${d.some(alphanumeric + '_-', 22)}.${d.some(alphanumeric + '_-', 43)}`,
  npm: (d) => `npm_${d.some(alphanumeric, 36)}`,
  pypi: (d) => `pypi-AgEIcHlwaS5vcmc${d.some(alphanumeric + '_-', 150)}`,
  jwt: (d) =>
    `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(`{"sub":"${d.some(digits, 8)}","iat":17${d.some(digits, 8)}}`)}.${d.some(alphanumeric + '_-', 43)}`,
  telegram: (d) => `${d.some('123456789', 10)}:AA${d.some(alphanumeric + '_-', 33)}`,
  digitalocean: (d) => `dop_v1_${d.some(hexadecimal, 64)}`,
  shopify: (d) => `shpat_${d.some(hexadecimal, 32)}`,
  databricks: (d) => `dapi${d.some(hexadecimal, 32)}`,
  vault: (d) => `hvs.${d.some(alphanumeric + '_-', 90)}`,
  linear: (d) => `lin_api_${d.some(alphanumeric, 40)}`,
  notion: (d) => `ntn_${d.some(alphanumeric, 46)}`,
  mailgun: (d) => `key-${d.some(hexadecimal, 32)}`,
  postman: (d) => `PMAK-${d.some(hexadecimal, 24)}-${d.some(hexadecimal, 34)}`,
  sentry: (d) => `sntrys_${d.some(alphanumeric, 60)}`,
  figma: (d) => `figd_${d.some(alphanumeric + '_-', 40)}`,
  atlassian: (d) => `ATATT3xFfGF0${d.some(alphanumeric + '_-', 170)}`,
  grafana: (d) => `glsa_${d.some(alphanumeric, 32)}_${d.some(hexadecimal, 8)}`,
};

/** Values that only their surroundings give away. */
const plainValues: Readonly<Record<string, Maker>> = {
  hex32: (d) => d.some(hexadecimal, 32),
  hex64: (d) => d.some(hexadecimal, 64),
  mixed24: (d) => d.some(alphanumeric, 24),
  mixed40: (d) => d.some(alphanumeric, 40),
  base64: (d) => base64(d.some(alphanumeric, 33)),
  uuid,
};

/** Passwords as people choose them. */
const password: Maker = (d) =>
  d.pick([
    () => `${d.pick(['Winter', 'Sommer', 'Falcon', 'Granada'])}${d.some(digits, 4)}!`,
    () => `${d.some(lower, 3)}${d.some('#$%&*', 1)}${d.some(alphanumeric, 6)}${d.some('!?+=', 1)}`,
    () =>
      `${d.pick(['correct', 'purple', 'hidden'])}-${d.pick(['horse', 'lantern', 'otter'])}-${d.some(digits, 3)}`,
    () => d.some(alphanumeric, 12),
    () => `P@${d.some(lower, 5)}${d.some(digits, 3)}`,
  ])();

const pem: Maker = (d) =>
  [
    '-----BEGIN RSA PRIVATE KEY-----',
    ...Array.from({ length: 6 }, () => d.some(alphanumeric + '+/', 64)),
    '-----END RSA PRIVATE KEY-----',
  ].join('\n');

/** Numbers as people of 25 countries write them: `#` is any digit, `~` one from 5 to 8. */
const phoneForms: Readonly<Record<string, readonly string[]>> = {
  US: [
    '(415) 5~5-####',
    '415-5~5-####',
    '+1 415 5~5 ####',
    '+1 (212) 5~5-####',
    '212.5~5.####',
    '1-312-5~5-####',
  ],
  CA: ['(416) 5~5-####', '+1 604 5~5 ####', '514-5~5-####'],
  GB: ['020 7### ####', '07700 9#####', '+44 20 7### ####', '+44 7911 ######', '0161 4## ####'],
  DE: [
    '030 2#######',
    '0171 2######',
    '+49 30 2#######',
    '+49 (0)171 2######',
    '0049 89 2#######',
    '089/2#######',
  ],
  FR: [
    '01 42 ## ## ##',
    '06 12 ## ## ##',
    '+33 1 42 ## ## ##',
    '+33 (0)6 12 ## ## ##',
    '0142######',
  ],
  IT: ['06 69#####', '340 1######', '+39 340 1######', '+39 02 72######'],
  ES: ['91 5## ## ##', '612 ## ## ##', '+34 612 ### ###', '+34 915 ## ## ##'],
  NL: ['020 5######', '06 12######', '+31 20 5######', '+31 6 12######', '06-12######'],
  BE: ['02 5## ## ##', '0470 ## ## ##', '+32 470 ## ## ##'],
  CH: ['044 2## ## ##', '079 2## ## ##', '+41 44 2## ## ##', '+41 79 2## ## ##'],
  AT: ['01 5######', '0664 1######', '+43 664 1######'],
  SE: ['08-12# ### ##', '070-12# ## ##', '+46 70 12# ## ##'],
  NO: ['22 ## ## ##', '+47 22 ## ## ##', '+47 412 ## ###'],
  DK: ['32 ## ## ##', '+45 32 ## ## ##'],
  PL: ['22 5## ## ##', '512 ### ###', '+48 512 ### ###'],
  PT: ['21 3## ####', '912 ### ###', '+351 912 ### ###'],
  CN: ['138########', '139 #### ####', '+86 138 #### ####', '010-6#######', '+86 10 6### ####'],
  JP: ['03-3###-####', '090-12##-####', '+81 3 3### ####', '+81 90-12##-####'],
  KR: ['02-312-####', '010-2###-####', '+82 10 2### ####', '+82-2-312-####'],
  IN: ['98### #####', '+91 98### #####', '022 2### ####', '+91-22-2###-####'],
  BR: ['(11) 9####-####', '+55 11 9####-####', '(21) 3###-####', '+55 21 3### ####'],
  MX: ['55 5### ####', '+52 55 5### ####', '(33) 3### ####'],
  AU: ['(02) 9### ####', '0412 ### ###', '+61 2 9### ####', '+61 412 ### ###'],
  ZA: ['021 4## ####', '082 4## ####', '+27 21 4## ####'],
  TR: ['0212 2## ## ##', '0532 2## ## ##', '+90 532 2## ## ##'],
};

const phoneNumber = (chance: Chance, form: string): string =>
  form.replace(/[#~]/g, (mark) => chance.some(mark === '~' ? '5678' : digits, 1));

const pickEntry = <Item>(
  chance: Chance,
  record: Readonly<Record<string, Item>>,
): readonly [string, Item] => {
  const entries = Object.entries(record);
  const entry = entries[chance.whole(0, entries.length - 1)];
  if (entry === undefined) throw new Error('There is nothing to pick from.');
  return entry;
};

/** A value as it stands in a text, which may escape it. */
const spelledIn = (text: string, value: string): string =>
  [value, encodeURIComponent(value), value.replaceAll('&', '&amp;')].find((one) =>
    text.includes(one),
  ) ??
  /Basic (\S+)/.exec(text)?.[1] ??
  value;

/** Secrets in every context of a family, `rounds` of each; the same seed gives the same texts. */
export const familySecrets = (family: Family, seed: number, rounds: number): readonly Planted[] => {
  const chance = new Chance(seed);
  const found: Planted[] = [];
  const add = (kind: string, context: Context, value: string): void => {
    const text = context(chance, value);
    found.push({ kind, text, value: spelledIn(text, value) });
  };
  for (let round = 0; round < rounds; round++) {
    for (const [name, context] of Object.entries(family.token)) {
      const [issuer, make] = pickEntry(chance, tokens);
      add(`token ${name} ${issuer}`, context, make(chance));
    }
    for (const [name, context] of Object.entries(family.plain)) {
      const [form, make] = pickEntry(chance, plainValues);
      add(`plain ${name} ${form}`, context, make(chance));
    }
    for (const [name, context] of Object.entries(family.password)) {
      add(`password ${name}`, context, password(chance));
    }
    const key = pem(chance);
    found.push({
      kind: 'key',
      text: `deploy key:\n${key}\nplease keep`,
      value: key.slice(80, 200),
    });
  }
  return found;
};

/** Phone numbers in every form of every country, each in a context of the family. */
export const familyPhones = (family: Family, seed: number, rounds: number): readonly Planted[] => {
  const chance = new Chance(seed);
  const found: Planted[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [country, forms] of Object.entries(phoneForms)) {
      for (const form of forms) {
        const [name, context] = pickEntry(chance, family.phone);
        const value = phoneNumber(chance, form);
        found.push({ kind: `${country} ${name}`, text: context(chance, value), value });
      }
    }
  }
  return found;
};

/** Texts of a family with nothing to redact. */
export const familyBenign = (family: Family, seed: number, rounds: number): readonly string[] => {
  const chance = new Chance(seed);
  const makers = Object.values(family.benign);
  return Array.from({ length: rounds }, () => makers.map((make) => make(chance))).flat();
};
