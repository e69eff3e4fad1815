import { z } from 'zod';
import { keyParameter, looksLikeKey } from '../models/keys.ts';
import { harmlessLine } from '../text/harmless.ts';

const amount = z.number().nonnegative();
const wholeFrom1 = z.int().min(1);
/** The longest that a timer can wait. */
const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** Names of headers that can only hold a secret: keys come from the environment alone. */
const secretHeader = /auth|api-?key|token|secret|cookie|password|credential/i;

const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no name of a header'),
    z.string().regex(/^[\t -~]*$/, 'holds a character that no header may'),
  )
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      if (!secretHeader.test(name) && !looksLikeKey(value)) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message:
          'looks like a key, and keys come from the environment only; name the variable that holds it as keyVariable',
      });
    }
  });

const price = z.strictObject({
  input: amount.meta({ description: 'USD per million tokens of input' }),
  output: amount.meta({ description: 'USD per million tokens of output' }),
  cachedInput: amount
    .exactOptional()
    .meta({ description: 'USD per million tokens of input from a cache; default as input' }),
});

const provider = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is no http or https URL' })
    .refine((url) => {
      const { username, password } = new URL(url);
      return username === '' && password === '';
    }, 'holds a user name or a password; name the variable that holds the key as keyVariable')
    .refine(
      (url) => keyParameter(new URL(url)) === null,
      'holds a key in its query; name the variable that holds the key as keyVariable',
    )
    .refine((url) => new URL(url).hash === '', 'holds a #; a model is named as provider/model')
    .exactOptional()
    .meta({ description: 'needed, except for a built-in provider; no key in it' }),
  keyVariable: z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'is no name of an environment variable, such as ACME_API_KEY',
    )
    .exactOptional()
    .meta({
      description:
        "the environment variable that holds the key; a built-in provider's goes to another host only where --config names this file",
    }),
  headers: headers.exactOptional().meta({ description: 'sent with every call; never a key' }),
  authorization: z
    .enum(['bearer', 'api-key'])
    .exactOptional()
    .meta({ description: 'the header of the key: Authorization: Bearer KEY, or api-key: KEY' }),
  quirks: z
    .string()
    .min(1)
    .exactOptional()
    .meta({ description: 'the built-in provider whose rules hold; else openai-compatible' }),
  streamOptions: z
    .boolean()
    .exactOptional()
    .meta({ description: 'whether stream_options.include_usage is understood' }),
  loadsOnFirstCall: z
    .boolean()
    .exactOptional()
    .meta({ description: 'whether a model is loaded when it is first called' }),
  batch: z
    .boolean()
    .exactOptional()
    .meta({ description: "whether it has a Batch API in OpenAI's format" }),
  prices: z
    .record(z.string().min(1), price)
    .exactOptional()
    .meta({ description: 'prices by the name of the model; they go before the lists' }),
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

const redactionRule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,40}$/, 'is no name of a rule: small letters, digits and - inside')
      .meta({ description: 'stands in the placeholders: [name:3f9a1c07d2]' }),
    pattern: z.string().min(1).meta({ description: 'a regular expression of JavaScript' }),
    flags: z
      .string()
      .regex(/^[imsuv]*$/, 'are not among i, m, s, u and v')
      .exactOptional(),
  })
  .superRefine(({ pattern, flags = '' }, context) => {
    try {
      if (!new RegExp(pattern, flags).test('')) return;
      const message = 'matches a text with nothing in it, and so every text';
      context.addIssue({ code: 'custom', path: ['pattern'], message });
    } catch (error) {
      const why = error instanceof Error ? harmlessLine(error.message) : '';
      const message = `is no regular expression: ${why}`;
      context.addIssue({ code: 'custom', path: ['pattern'], message });
    }
  });

const redaction = z.strictObject({
  rules: z
    .array(redactionRule)
    .exactOptional()
    .meta({ description: 'what is replaced beside what always is' }),
  ignore: z
    .array(z.string().min(1))
    .exactOptional()
    .meta({ description: 'values that stay as they are; * stands for any text' }),
});

/** What understudy.config.json may hold. Everything may be left out. */
export const configurationSchema = z.strictObject({
  $schema: z.string().exactOptional(),
  providers: z
    .record(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9._-]*$/,
          'is no id of a provider: small letters, digits, and . _ - inside',
        ),
      provider,
    )
    .exactOptional()
    .meta({ description: 'providers by id, new ones or built-in ones that are changed' }),
  limits: z
    .record(z.string().min(1), limits)
    .exactOptional()
    .meta({ description: 'limits by provider, or by provider/model' }),
  redaction: redaction
    .exactOptional()
    .meta({ description: 'what is replaced by placeholders before traffic is stored' }),
  deadlines: deadlines
    .exactOptional()
    .meta({ description: 'how long a call may take, in milliseconds, for every model' }),
  budget: z
    .strictObject({
      perMonth: amount.exactOptional().meta({
        description: 'USD that all runs of a calendar month (UTC) in one store may spend together',
      }),
    })
    .exactOptional(),
});

/** The configuration as it stands in the file. */
export type Configuration = z.infer<typeof configurationSchema>;

/** One provider of the configuration. */
export type ConfiguredProvider = z.infer<typeof provider>;
