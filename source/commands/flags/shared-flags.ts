import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import { mappedFields } from '../../traffic/mapping/mapping.ts';
import type { FlagSet, HelpBlock } from './flag-definition.ts';

// Flags and help that several commands have.

/** The default store, if neither `--db` nor UNDERSTUDY_DB names one. */
export const defaultStoreFile = 'understudy.db';

/** The demo's store, in the temporary directory, unless `--db` names another. */
export const demoStoreName = 'understudy-demo.db';

export const noArguments = { usage: '', noun: '', least: 0, most: 0 } as const;
export const oneComparison = {
  usage: '[COMPARISON]',
  noun: 'one comparison, by its id or name',
  least: 0,
  most: 1,
} as const;

export const helpFlag = {
  help: { kind: 'switch', group: 'general', default: false, help: 'print this help' },
} as const satisfies FlagSet;

export const storeFlags = {
  db: {
    kind: 'text',
    value: 'FILE',
    group: 'general',
    completes: 'files',
    otherwise: `$UNDERSTUDY_DB, else ${defaultStoreFile}`,
    help: 'the store, a SQLite file',
  },
  ...helpFlag,
} as const satisfies FlagSet;

export const configFlag = {
  config: {
    kind: 'text',
    value: 'FILE',
    group: 'general',
    completes: 'files',
    otherwise: '$UNDERSTUDY_CONFIG, else understudy.config.json if it exists',
    help: "the configuration: providers, prices, limits, deadlines, redaction, the month's budget",
  },
} as const satisfies FlagSet;

export const jsonFlag = {
  json: { kind: 'switch', group: 'output', default: false, help: 'print one JSON document' },
} as const satisfies FlagSet;

export const reviewerFlag = {
  reviewer: {
    kind: 'text',
    value: 'NAME',
    group: 'general',
    otherwise: 'your login name',
    help: 'whose verdicts these are',
  },
} as const satisfies FlagSet;

export const themeFlag = {
  theme: {
    kind: 'choice',
    choices: ['auto', 'dark', 'light', 'basic', 'none'] as const satisfies readonly ReviewTheme[],
    group: 'general',
    otherwise: 'the theme in the configuration, else auto',
    help: 'the colours of the review: for a dark or a light background, only the 16 colours of the terminal (basic), none, or as the terminal reports (auto)',
  },
} as const satisfies FlagSet;

/** The flags of everything that draws a screen. */
export const screenFlags = {
  mouse: {
    kind: 'switch',
    group: 'general',
    default: true,
    help: 'leave the mouse to the terminal. By default, the wheel scrolls, and clicks open rows and recent verdicts',
  },
  screenReader: {
    kind: 'switch',
    group: 'general',
    default: false,
    help: 'for screen readers: write what changes as sentences, line by line, instead of drawing; the same as INK_SCREEN_READER=true',
  },
} as const satisfies FlagSet;

/** The flags of everything that opens a review of the user's traffic. */
export const reviewFlags = {
  ...reviewerFlag,
  ...themeFlag,
  overlap: {
    kind: 'text',
    value: 'SHARE',
    group: 'general',
    otherwise: 'what the comparison remembers, else 100%',
    help: 'the share of pairs that every reviewer judges, such as 10%: the same pairs on every machine. Each of the other pairs is judged by one reviewer. The comparison remembers the share',
  },
  blind: {
    kind: 'switch',
    group: 'general',
    default: false,
    help: 'hide prices, times and which model gave which answer until the verdict. The answers are on the left and right in random order',
  },
  repeats: {
    kind: 'text',
    value: 'SHARE',
    group: 'general',
    otherwise: 'none',
    help: 'with --blind: show this share of the judged pairs, such as 5%, once more, unannounced and with their sides swapped, and as many pairs of two baseline answers. The summary says how often reviewers and the baseline agree with themselves. Models stay hidden until you leave the review',
  },
  target: {
    kind: 'text',
    value: 'RATE',
    group: 'general',
    otherwise: 'none',
    help: 'show in the review whether the candidate is no worse on at least RATE of the requests, such as 95%, and about how many more verdicts will decide it. You may stop as soon as it is decided',
  },
  ...screenFlags,
} as const satisfies FlagSet;

/** The flags for reading files of traffic. */
export const trafficFlags = {
  map: {
    kind: 'text',
    value: 'FIELD=PATH',
    repeatable: true,
    group: 'traffic',
    completes: mappedFields.map((field) => `${field}=`),
    help: `for CSV and for files in no known format: where FIELD is in a record, such as request=$.payload.req. PATH is $.a.b[0]["c d"] or a.b, and may lead into JSON inside strings. FIELD is one of ${mappedFields.join(', ')}`,
  },
  lastTurn: {
    kind: 'switch',
    group: 'traffic',
    default: false,
    help: 'keep only the last turn of conversations that grow request by request: leave out a request when another one continues its messages and its answer',
  },
  redact: {
    kind: 'switch',
    group: 'traffic',
    default: true,
    help: 'store everything unredacted. By default placeholders replace secrets, e-mail addresses, phone and card numbers, IBANs, national ids and IP addresses; a replay sends the placeholders unless --send original is given',
  },
} as const satisfies FlagSet;

export const namingModels = {
  title: 'A model (MODEL) is one of',
  rows: [
    [
      'provider/name',
      'such as openai/gpt-4o or deepseek/deepseek-v4-flash. understudy models lists the providers; the configuration adds more',
    ],
    [
      'URL#name',
      'any OpenAI-compatible server, such as http://127.0.0.1:8080/v1#qwen3-32b. Its key, if it needs one, is in UNDERSTUDY_API_KEY',
    ],
    ['recorded', "production's answers when the traffic was captured"],
    ['recorded:NAME', "this model's answers when the traffic was captured"],
  ],
} as const satisfies HelpBlock;
