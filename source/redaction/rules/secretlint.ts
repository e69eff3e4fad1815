import type { TextProfile } from '../text-profile.ts';
import type { Finding, RedactionRule } from './redaction-rule.ts';

/** The part of secretlint's `SecretLintRuleCreator` that is used here. */
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
 * A string that every secret of a rule contains. `token` is part of its longest run of token
 * characters. `text` may be anywhere and is searched for only if the cheaper `gate` matches.
 * Running all rules on every text would take a hundred times as long. A rule without an entry
 * always runs.
 */
type Hint = {
  readonly token?: RegExp;
  readonly gate?: (text: string, tokens: readonly string[]) => boolean;
  readonly text?: RegExp;
};

const hints: Readonly<Record<string, Hint>> = {
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
 * Rules that are not used. Passwords in URLs and private keys have their own rules here, which
 * replace only the secret itself. The GCP rule searches for files, and filter-comments would let a
 * text disable rules.
 */
const excluded: ReadonlySet<string> = new Set([
  'basicauth',
  'database-connection-string',
  'privatekey',
  'gcp',
  'filter-comments',
]);

/** Matches any of the token hints. */
const anyToken = new RegExp(
  Object.values(hints)
    .flatMap(({ token }) => (token === undefined ? [] : [token.source]))
    .join('|'),
);

/**
 * Loads secretlint's recommended rules: keys and tokens of AWS, GitHub, Slack, OpenAI, Anthropic,
 * npm, Stripe and many more. They run without secretlint's core, which works file by file and can
 * be disabled by comments in the text.
 */
export const loadSecretlint = async (): Promise<RedactionRule> => {
  const { rules } = await import('@secretlint/secretlint-rule-preset-recommend');
  const creators = rules
    .map((creator: Creator) => ({
      ...creator,
      name: creator.meta.id.replace(/^.*secretlint-rule-/, ''),
    }))
    .filter(({ meta, name }) => meta.type === 'scanner' && !excluded.has(name));
  let findings: Finding[] = [];
  let content = '';
  const scanners = creators.map(({ create, name }) => {
    const context = {
      sharedOptions: {},
      createTranslator: () => (_: string, values: Record<string, unknown>) => ({ values }),
      ignore: () => undefined,
      report: (report: Report) => {
        const finding = findingOf(`secret-${name}`, report, content);
        // An AWS account number is not a secret.
        if (!/^[\d-]{12,14}\D?$/.test(finding.value.slice(-14))) findings.push(finding);
      },
    };
    const { file } = create(context, { enableIDScanRule: true });
    return { name, scan: (source: object) => file?.(source) };
  });
  const hasUnhinted = scanners.some(({ name }) => !Object.hasOwn(hints, name));
  return {
    mayHold: (profile) => hasUnhinted || hasAnyHint(profile),
    find: (text, profile) => {
      findings = [];
      // secretlint's patterns treat a Chinese character before a key as part of a word.
      content = text.replace(/[^\0-\x7F]/g, ' ');
      const source = { content, ext: '', contentType: 'text', filePath: undefined };
      for (const { name, scan } of scanners) if (hasHint(name, profile)) scan(source);
      return findings;
    },
  };
};

/** The hints that may occur outside a token. */
const hintsInText = Object.values(hints).filter(({ text }) => text !== undefined);

// Loops instead of closures, because these run for every text.
const hasAnyHint = (profile: TextProfile): boolean => {
  for (const token of profile.tokens) if (anyToken.test(token)) return true;
  for (const hint of hintsInText) if (isInText(hint, profile)) return true;
  return false;
};

const hasHint = (name: string, profile: TextProfile): boolean => {
  const hint = hints[name];
  if (hint === undefined) return true;
  const { token: inToken } = hint;
  if (inToken !== undefined) {
    for (const token of profile.tokens) if (inToken.test(token)) return true;
  }
  return isInText(hint, profile);
};

const isInText = ({ gate, text: inText }: Hint, { text, tokens }: TextProfile): boolean =>
  inText !== undefined && gate?.(text, tokens) === true && inText.test(text);

/**
 * Creates a finding. Some rules report a range that differs from that of the value in their
 * message.
 */
const findingOf = (rule: string, { range, message }: Report, content: string): Finding => {
  const [start, end] = range;
  const named = Object.values(message.values).find((value) => typeof value === 'string');
  if (named !== undefined && named.length >= 8 && content.slice(start, end) !== named) {
    const at = content.indexOf(named, start);
    if (at !== -1) return { rule, start: at, end: at + named.length, value: named };
  }
  return { rule, start, end, value: content.slice(start, end) };
};
