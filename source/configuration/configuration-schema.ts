import * as z from 'zod';
import { authorizations } from '../models/model.ts';
import { dialects } from '../traffic/dialects/dialect.ts';
import { keyParameter, looksLikeKey } from '../models/keys.ts';
import { phoneCountries } from '../redaction/rules/phone-countries.ts';
import { printableLine } from '../text/printable.ts';
import { ignorable, normalRulePath, readTolerance, wholeAnswer } from './rule-content.ts';
import { UserError } from '../text/user-error.ts';

const amount = z.number().nonnegative();
const wholeFrom1 = z.int().min(1);
/** Milliseconds, up to the longest delay of a timer. */
const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** Names of headers that can only contain a secret. Keys must come from the environment. */
const secretHeader = /auth|api-?key|token|secret|cookie|password|credential/i;

const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is not a valid header name'),
    z.string().regex(/^[\t -~]*$/, 'contains a character that is not allowed in a header'),
  )
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      if (!secretHeader.test(name) && !looksLikeKey(value)) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message:
          'looks like a key, and keys come from the environment only; set keyVariable to the name of the variable that holds it',
      });
    }
  });

const price = z.strictObject({
  input: amount.meta({ description: 'USD per million tokens of input' }),
  output: amount.meta({ description: 'USD per million tokens of output' }),
  cachedInput: amount.exactOptional().meta({
    description: 'USD per million tokens of input from a cache; default: the price of input',
  }),
  cacheWrite: amount.exactOptional().meta({
    description: 'USD per million tokens of input written to a cache; default: the price of input',
  }),
  hourCacheWrite: amount.exactOptional().meta({
    description:
      "USD per million tokens of input written to a cache for an hour; default: 2 × input for Anthropic's models, for others the price of cacheWrite",
  }),
});

const serverUrl = z
  // Nothing else can be said of what is no URL.
  .url({ protocol: /^https?$/, error: 'is not an http or https URL', abort: true })
  .refine((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'contains a user name or a password; set keyVariable to the name of the variable that holds the key')
  .refine(
    (url) => keyParameter(new URL(url)) === null,
    'contains a key in its query; set keyVariable to the name of the variable that holds the key',
  )
  .refine((url) => new URL(url).hash === '', 'contains a #; a model is named as provider/model');

const provider = z.strictObject({
  baseUrl: serverUrl
    .exactOptional()
    .meta({ description: 'required, except for a built-in provider; must not contain a key' }),
  dialects: z
    .union([
      z.array(z.enum(dialects)).min(1),
      z
        .partialRecord(z.enum(dialects), serverUrl)
        .refine((given) => Object.keys(given).length > 0, 'names no dialect'),
    ])
    .exactOptional()
    .meta({
      description:
        'the APIs that it speaks, the best one first: ["chat", "responses"], or a base URL for each: {"messages": "https://api.example.com/anthropic"}; default: chat, or those of the built-in provider',
    }),
  keyVariable: z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'is not a valid name of an environment variable, such as ACME_API_KEY',
    )
    .exactOptional()
    .meta({
      description:
        "the environment variable that holds the key; a built-in provider's key is sent to another host only if --config names this file",
    }),
  headers: headers
    .exactOptional()
    .meta({ description: 'sent with every call; must not contain a key' }),
  authorization: z.enum(authorizations).exactOptional().meta({
    description:
      'the header that carries the key: Authorization: Bearer KEY, or the header of this name; default: bearer, x-api-key for messages, x-goog-api-key for gemini',
  }),
  quirks: z.string().min(1).exactOptional().meta({
    description: 'the built-in provider whose rules for requests apply; default: openai-compatible',
  }),
  streamOptions: z
    .boolean()
    .exactOptional()
    .meta({ description: 'whether it accepts stream_options.include_usage' }),
  loadsOnFirstCall: z
    .boolean()
    .exactOptional()
    .meta({ description: 'whether it loads a model at the first call' }),
  batch: z
    .boolean()
    .exactOptional()
    .meta({ description: "whether it has a Batch API in OpenAI's format" }),
  prices: z
    .record(z.string().min(1), price)
    .exactOptional()
    .meta({ description: 'prices by model name; they override the price lists' }),
});

const limits = z.strictObject({
  concurrency: wholeFrom1.exactOptional().meta({ description: 'calls in flight at once' }),
  requestsPerMinute: wholeFrom1.exactOptional(),
  tokensPerMinute: wholeFrom1.exactOptional(),
});

const deadlines = z.strictObject({
  firstByteMs: milliseconds.exactOptional(),
  firstTokenMs: milliseconds.exactOptional(),
  idleMs: milliseconds.exactOptional(),
  totalMs: milliseconds.exactOptional(),
});

const rule = z
  .strictObject({
    path: z
      .string()
      .refine(
        (path) => normalRulePath(path) !== null,
        'is not a path such as items[].score, search().date for an argument of a tool, or $ for the whole answer',
      )
      .meta({
        description:
          'where, and everything below it: items[].score, search().date for an argument of a tool call, $ for the whole answer',
      }),
    endpoint: z
      .string()
      .min(1)
      .exactOptional()
      .meta({ description: 'the only endpoint that it is about; default: all' }),
    ignore: z.enum(ignorable).exactOptional().meta({
      description:
        'what does not count there: everything, upper and lower case, or the order of the items of this array',
    }),
    tolerance: z
      .union([z.number().positive(), z.string()])
      .refine(
        (given) => readTolerance(String(given)) !== null,
        'is neither a share of the baseline\'s number such as "5%" nor an amount such as 0.01',
      )
      .exactOptional()
      .meta({
        description:
          'how far a number there may be from the baseline\'s: a share such as "5%", or an amount such as 0.01',
      }),
  })
  .refine(
    ({ ignore, tolerance }) => (ignore === undefined) !== (tolerance === undefined),
    'needs either ignore or tolerance',
  )
  .refine(
    ({ ignore, path }) => path.trim() !== wholeAnswer || ignore !== 'everything',
    'would ignore the whole answer; name a path in it',
  );

const redactionRule = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]{0,40}$/,
        'is not a valid name of a rule: lower-case letters, then also digits and hyphens',
      )
      .meta({ description: 'appears in the placeholders: [name:3f9a1c07d2]' }),
    pattern: z.string().min(1).meta({ description: 'a JavaScript regular expression' }),
    flags: z
      .string()
      .regex(/^[imsuv]*$/, 'may only contain i, m, s, u and v')
      .exactOptional(),
  })
  .superRefine(({ pattern, flags = '' }, context) => {
    try {
      if (!new RegExp(pattern, flags).test('')) return;
      const message = 'matches the empty string, and therefore every text';
      context.addIssue({ code: 'custom', path: ['pattern'], message });
    } catch (error) {
      const why = error instanceof Error ? printableLine(error.message) : '';
      const message = `is not a valid regular expression: ${why}`;
      context.addIssue({ code: 'custom', path: ['pattern'], message });
    }
  });

const redaction = z.strictObject({
  rules: z
    .array(redactionRule)
    .exactOptional()
    .meta({ description: 'rules in addition to the built-in ones' }),
  ignore: z
    .array(z.string().min(1))
    .exactOptional()
    .meta({ description: 'values that are not replaced; * stands for any text' }),
  phoneCountries: z
    .array(
      z.enum(phoneCountries, {
        error: ({ input }) =>
          `is ${printableLine(JSON.stringify(input))}, which is not the ISO 3166 code of a country with telephone numbers of its own, such as "DE"`,
      }),
    )
    .exactOptional()
    .meta({
      description:
        'the countries whose national forms of phone numbers are found, by ISO 3166 code, in place of the 51 that are built in',
    }),
});

/** The format of understudy.config.json. Every setting is optional. */
export const configurationSchema = z.strictObject({
  $schema: z.string().exactOptional(),
  providers: z
    .record(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9._-]*$/,
          'is not a valid provider id: lower-case letters and digits, then also . _ and -',
        ),
      provider,
    )
    .exactOptional()
    .meta({ description: 'providers by id: new ones, or changes to built-in ones' }),
  limits: z
    .record(z.string().min(1), limits)
    .exactOptional()
    .meta({ description: 'limits by provider, or by provider/model' }),
  redaction: redaction
    .exactOptional()
    .meta({ description: 'what placeholders replace before traffic is stored' }),
  deadlines: deadlines
    .exactOptional()
    .meta({ description: 'how long a call to any model may take, in milliseconds' }),
  thinkTags: z.enum(['apart', 'text']).exactOptional().meta({
    description:
      'what becomes of <think>…</think> at the beginning of an answer: kept apart as reasoning and not compared (apart, the default), or left in the text',
  }),
  keys: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .exactOptional()
    .meta({
      description: 'keys of the review by command: a key, a list of keys, or "none"',
    }),
  tags: z.array(z.string().trim().min(1).max(40)).min(1).max(9).exactOptional().meta({
    description: 'the tags on the keys 1 to 9 of the review, instead of the built-in ones',
  }),
  mouse: z.boolean().exactOptional().meta({
    description:
      'false leaves the mouse to the terminal, as --no-mouse does: the review then takes no wheel and no click',
  }),
  difftool: z.string().min(1).exactOptional().meta({
    description:
      'a command that shows two files, which the review runs instead of the pager: both file names follow it',
  }),
  rules: z
    .array(rule)
    .exactOptional()
    .meta({ description: 'differences that do not count, in every comparison' }),
  theme: z.enum(['auto', 'dark', 'light', 'basic', 'none']).exactOptional().meta({
    description:
      'the look of the review: for a dark or a light background, with the 16 colours of the terminal only (basic), without colours (none), or as the terminal says (auto, the default)',
  }),
  budget: z
    .strictObject({
      perMonth: amount.exactOptional().meta({
        description: 'USD that all runs of a calendar month (UTC) in one store may spend together',
      }),
    })
    .exactOptional(),
});

/** The content of the configuration file; `resolveSettings` turns it into Settings. */
export type Configuration = z.infer<typeof configurationSchema>;

/** The theme of the review. */
export type ReviewTheme = NonNullable<Configuration['theme']>;

/** The settings of one provider in the file. */
export type ConfiguredProvider = z.infer<typeof provider>;

/** A rule in the file. */
export type ConfiguredRule = z.infer<typeof rule>;

/**
 * Parses the text of a configuration file. Throws UserError with the name of the file and the first
 * setting that is unknown or has an invalid value, or if the text is not JSON.
 */
export const parseConfiguration = (text: string, file: string): Configuration => {
  const name = printableLine(file);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = error instanceof Error ? printableLine(error.message) : '';
    throw new UserError(`${name} is not JSON: ${why}. Correct it and run the command again.`);
  }
  const read = configurationSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new UserError(
    issue === undefined ? `${name} is not a configuration.` : `In ${name}, ${issueText(issue)}.`,
  );
};

/** The most values that a message lists. */
const mostListed = 20;

const issueText = (issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): string => {
  const path = [...within, ...issue.path];
  const place = settingName(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const inside = path.length === 0 ? '' : ` in ${place}`;
      return `there is no setting ${issue.keys.map((key) => JSON.stringify(printableLine(key))).join(', ')}${inside}`;
    }
    case 'invalid_type':
      return `${place} must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      // What is one of very many says itself what it should be.
      if (issue.values.length > mostListed) return `${place} ${issue.message}`;
      return `${place} must be one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}`;
    case 'too_small':
      return `${place} must ${least(issue.origin, Number(issue.minimum))}`;
    case 'too_big':
      return `${place} must ${most(issue.origin, Number(issue.maximum))}`;
    case 'invalid_union':
      return unionText(issue, path);
    case 'invalid_key': {
      const [inner] = issue.issues;
      return `${place} ${inner?.message ?? 'is not a valid name'}`;
    }
    default:
      return `${place} ${issue.message}`;
  }
};

/** The size of a text is its characters, that of a list its values. */
const least = (origin: string, minimum: number): string => {
  if (origin === 'string') return `be at least ${minimum} character long`;
  return origin === 'array' ? 'not be empty' : `be at least ${minimum}`;
};

const most = (origin: string, maximum: number): string => {
  if (origin === 'string') return `be at most ${maximum} characters long`;
  return origin === 'array' ? `have at most ${maximum} values` : `be at most ${maximum}`;
};

/** What is wrong with a value that may have one of several types: as one of its own type, else with the type. */
const unionText = (
  { errors }: z.core.$ZodIssueInvalidUnion,
  union: readonly PropertyKey[],
): string => {
  const issues = errors.flatMap(([first]) => first ?? []);
  const inside = issues.find(({ code, path }) => path.length > 0 || code !== 'invalid_type');
  if (inside !== undefined) return issueText(inside, union);
  const types = issues.flatMap((one) =>
    one.code === 'invalid_type' ? typeName(one.expected) : [],
  );
  return `${settingName(union)} must be ${types.join(' or ')}`;
};

/** The types of JSON, and those of the schema for them. */
const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
};

const typeName = (type: string): string => typeNames[type] ?? `a ${type}`;

/** `providers.acme.headers["x-team name"]`, `rules[0].path`. */
const settingName = (path: readonly PropertyKey[]): string => {
  const place = path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(name)
        ? `.${name}`
        : `[${JSON.stringify(printableLine(name))}]`;
    })
    .join('')
    .replace(/^\./, '');
  return place === '' ? 'the configuration' : place;
};
