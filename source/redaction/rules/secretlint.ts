import type { TextProfile } from '../text-profile.ts';
import type { Finding, RedactionRule } from './redaction-rule.ts';

/** What is used of a rule of secretlint (`SecretLintRuleCreator`). */
type Creator = {
  readonly meta: { readonly id: string; readonly type: string };
  readonly create: (
    context: object,
    options: object,
  ) => { readonly file?: (source: object) => unknown };
};

type Report = {
  readonly range: readonly [number, number];
  readonly message: { readonly values: Readonly<Record<string, unknown>> };
};

const isUrl = (text: string): boolean => text.includes('://');

/**
 * What stands in every secret of a rule: in its longest run of characters (`token`), or in the text
 * (`text`, which is looked for where the cheaper `gate` holds). To run all rules on every text would take a hundred
 * times as long. A rule without an entry always runs.
 */
type Sign = {
  readonly token?: RegExp;
  readonly gate?: (text: string, tokens: readonly string[]) => boolean;
  readonly text?: RegExp;
};

const signs: Readonly<Record<string, Sign>> = {
  '1password': { token: /ops_ey/ },
  anthropic: { token: /sk-ant-/ },
  aws: {
    token: /A3T|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA/,
    gate: (_, tokens) => tokens.some(({ length }) => length >= 40),
    text: /secret_?access_?key/i,
  },
  cloudflare: { token: /cfk_|cfut_|cfat_/ },
  databricks: { token: /dapi/ },
  docker: { token: /dckr_pat_/ },
  figma: { token: /figd_/ },
  github: { token: /gh[pousr]_|github_pat_/ },
  gitlab: { token: /glpat-/ },
  grafana: { token: /glc_|glsa_/ },
  groq: { token: /gsk_/ },
  'hashicorp-vault': { token: /hv[sbr]\./ },
  huggingface: { token: /hf_/ },
  linear: { token: /lin_api_/ },
  notion: { token: /ntn_/ },
  npm: {
    token: /npm_/,
    gate: (text) => text.includes('=') && text.includes('oken='),
    text: /_authToken=/,
  },
  openai: { token: /sk-/ },
  sendgrid: { token: /SG\./ },
  shopify: { token: /shp(?:pa|ca|at|ss)_/ },
  slack: { token: /xox[bpaor]-|xapp-/, gate: isUrl, text: /hooks\.slack\.com/i },
  stripe: { token: /[sr]k_(?:live|test)_/ },
  tailscale: { token: /tskey-/ },
  vercel: { token: /vc[piark]_?_/ },
};

/**
 * Passwords in URLs and private keys have rules of their own, which replace no more than those; gcp
 * is for files; comments switch rules off.
 */
const leftOut: ReadonlySet<string> = new Set([
  'basicauth',
  'database-connection-string',
  'privatekey',
  'gcp',
  'filter-comments',
]);

/** Every sign in a run of characters at once. */
const anyToken = new RegExp(
  Object.values(signs)
    .flatMap(({ token }) => (token === undefined ? [] : [token.source]))
    .join('|'),
);

/**
 * The recommended rules of secretlint, loaded once: keys and tokens of AWS, GitHub, Slack, OpenAI,
 * Anthropic, npm, Stripe and many more. They are run without secretlint's core, which works a file at
 * a time and obeys comments in the text that switch it off.
 */
export const loadSecretlint = async (): Promise<RedactionRule> => {
  const { rules } = await import('@secretlint/secretlint-rule-preset-recommend');
  const creators = (rules as unknown as readonly Creator[])
    .map((creator) => ({ ...creator, name: creator.meta.id.replace(/^.*secretlint-rule-/, '') }))
    .filter(({ meta, name }) => meta.type === 'scanner' && !leftOut.has(name));
  let findings: Finding[] = [];
  let content = '';
  const scanners = creators.map(({ create, name }) => {
    const context = {
      sharedOptions: {},
      createTranslator: () => (_: string, values: Record<string, unknown>) => ({ values }),
      ignore: () => undefined,
      report: (report: Report) => {
        const finding = findingOf(`secret-${name}`, report, content);
        // The number of an AWS account is no secret.
        if (!/^[\d-]{12,14}\D?$/.test(finding.value.slice(-14))) findings.push(finding);
      },
    };
    const { file } = create(context, { enableIDScanRule: true });
    return { name, scan: (source: object) => file?.(source) };
  });
  const unsigned = scanners.some(({ name }) => !Object.hasOwn(signs, name));
  return {
    mayHold: (profile) => unsigned || hasAnySign(profile),
    find: (text, profile) => {
      findings = [];
      // Its patterns take a Chinese character before a key for a part of a word.
      content = text.replace(/[^\0-\x7F]/g, ' ');
      const source = { content, ext: '', contentType: 'text', filePath: undefined };
      for (const { name, scan } of scanners) if (hasSign(name, profile)) scan(source);
      return findings;
    },
  };
};

/** The rules whose sign may stand outside of such a run. */
const signedInText = Object.keys(signs).filter((name) => signs[name]?.text !== undefined);

// Loops, and no closures: they run for every text that is read.
const hasAnySign = (profile: TextProfile): boolean => {
  for (const token of profile.tokens) if (anyToken.test(token)) return true;
  for (const name of signedInText) if (hasSign(name, profile)) return true;
  return false;
};

const hasSign = (name: string, { text, tokens }: TextProfile): boolean => {
  const sign = signs[name];
  if (sign === undefined) return true;
  const { token: inToken, gate, text: inText } = sign;
  if (inToken !== undefined) {
    for (const token of tokens) if (inToken.test(token)) return true;
  }
  return inText !== undefined && gate?.(text, tokens) === true && inText.test(text);
};

/** Some rules report another place than that of the value that their message names. */
const findingOf = (rule: string, { range, message }: Report, content: string): Finding => {
  const [start, end] = range;
  const named = Object.values(message.values).find((value) => typeof value === 'string');
  if (named !== undefined && named.length >= 8 && content.slice(start, end) !== named) {
    const at = content.indexOf(named, start);
    if (at !== -1) return { rule, start: at, end: at + named.length, value: named };
  }
  return { rule, start, end, value: content.slice(start, end) };
};
