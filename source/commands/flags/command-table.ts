import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import { defaultPatience } from '../../replay/limits/health.ts';
import type { AdaptPolicy } from '../../replay/remedy-book.ts';
import type { MappedField } from '../../traffic/mapping/mapping.ts';
import type { Grouping } from '../../money/spend-report.ts';
import {
  flagTerm,
  type CommandEntry,
  type ExitCode,
  type FlagSet,
  type HelpBlock,
} from './flag-definition.ts';

// The single table of commands and flags. It generates the parser, the help, docs/commands.md, the
// README's list of commands and the completion scripts. It is loaded at every start, so it imports
// no package and only small modules.

/** The default store, if neither `--db` nor UNDERSTUDY_DB names one. */
export const defaultStoreFile = 'understudy.db';

/** The demo's store, in the temporary directory, unless `--db` names another. */
export const demoStoreName = 'understudy-demo.db';

const noArguments = { usage: '', noun: '', least: 0, most: 0 } as const;
const oneComparison = {
  usage: '[COMPARISON]',
  noun: 'one comparison, by its id or name',
  least: 0,
  most: 1,
} as const;

const helpFlag = {
  help: { kind: 'switch', group: 'general', default: false, help: 'print this help' },
} as const satisfies FlagSet;

const storeFlags = {
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

const configFlag = {
  config: {
    kind: 'text',
    value: 'FILE',
    group: 'general',
    completes: 'files',
    otherwise: '$UNDERSTUDY_CONFIG, else understudy.config.json if it exists',
    help: "the configuration: providers, prices, limits, deadlines, redaction, the month's budget",
  },
} as const satisfies FlagSet;

const jsonFlag = {
  json: { kind: 'switch', group: 'output', default: false, help: 'print one JSON document' },
} as const satisfies FlagSet;

const reviewerFlag = {
  reviewer: {
    kind: 'text',
    value: 'NAME',
    group: 'general',
    otherwise: 'your login name',
    help: 'whose verdicts these are',
  },
} as const satisfies FlagSet;

const themeFlag = {
  theme: {
    kind: 'choice',
    choices: ['auto', 'dark', 'light', 'basic', 'none'] as const satisfies readonly ReviewTheme[],
    group: 'general',
    otherwise: 'the theme in the configuration, else auto',
    help: 'the colours of the review: for a dark or a light background, only the 16 colours of the terminal (basic), none, or as the terminal reports (auto)',
  },
} as const satisfies FlagSet;

/** The flags of everything that draws a screen. */
const screenFlags = {
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
const reviewFlags = {
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
  ...screenFlags,
} as const satisfies FlagSet;

const candidatesFlag = {
  candidate: {
    kind: 'text',
    value: 'MODEL',
    repeatable: true,
    group: 'general',
    help: 'a candidate that was compared with the same baseline, such as gpt-4o-mini; repeat it for several candidates together',
  },
} as const satisfies FlagSet;

/** The fields to which a record of an unknown format can be mapped. */
const fields = [
  'request',
  'response',
  'id',
  'timestamp',
  'endpoint',
  'model',
  'latencyMs',
  'conversation',
  'user',
] as const satisfies readonly MappedField[];

/** The flags for reading files of traffic. */
const trafficFlags = {
  map: {
    kind: 'text',
    value: 'FIELD=PATH',
    repeatable: true,
    group: 'traffic',
    completes: fields.map((field) => `${field}=`),
    help: `for CSV and for files in no known format: where FIELD is in a record, such as request=$.payload.req. PATH is $.a.b[0]["c d"] or a.b, and may lead into JSON inside strings. FIELD is one of ${fields.join(', ')}`,
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

const modelFlags = {
  baseline: {
    kind: 'text',
    value: 'MODEL',
    group: 'models',
    required: true,
    help: 'the model that answers today',
  },
  candidate: {
    kind: 'text',
    value: 'MODEL',
    repeatable: true,
    group: 'models',
    required: true,
    help: 'the model that may take over. Each candidate has its own comparison; all share the answers of the baseline',
  },
} as const satisfies FlagSet;

const selectionFlags = {
  sample: {
    kind: 'text',
    value: 'SHARE',
    group: 'selection',
    help: 'this share, such as 10%: the same captures on every machine, and whole conversations',
  },
  endpoint: {
    kind: 'text',
    value: 'NAME',
    repeatable: true,
    group: 'selection',
    help: 'only these endpoints; NAME may be a list (a,b), and * stands for any text',
  },
  since: {
    kind: 'text',
    value: 'TIME',
    group: 'selection',
    help: 'captured at or after this time: a date, a date with a time (UTC), or an age such as 24h or 7d',
  },
  until: {
    kind: 'text',
    value: 'TIME',
    group: 'selection',
    help: 'captured at or before this time; a date includes the whole day',
  },
  where: {
    kind: 'text',
    value: 'CONDITION',
    repeatable: true,
    group: 'selection',
    help: 'a condition on metadata, such as customer.tier=gold, tier!=free or turns>=3',
  },
  stratify: {
    kind: 'text',
    value: 'KEY:N',
    group: 'selection',
    help: 'at most N captures for each value of KEY, such as endpoint:20 or metadata.customer:5',
  },
  limit: {
    kind: 'text',
    value: 'N',
    group: 'selection',
    help: 'at most N captures, after all other conditions',
  },
} as const satisfies FlagSet;

const runFlags = {
  name: {
    kind: 'text',
    value: 'NAME',
    group: 'run',
    help: 'a name for the comparison; the same name and models continue it',
  },
  concurrency: {
    kind: 'whole',
    value: 'N',
    unit: 'calls',
    least: 1,
    most: 1000,
    default: 8,
    group: 'run',
    help: 'calls in flight at once, over all models',
  },
  samples: {
    kind: 'whole',
    value: 'N',
    unit: 'answers',
    least: 1,
    most: 100,
    default: 1,
    group: 'run',
    help: 'answers of each model to each capture; the first one is reviewed',
  },
  noise: {
    kind: 'text',
    value: 'SHARE',
    group: 'run',
    help: 'ask the baseline this share of the requests a second time, such as 10%, to see how often it agrees with itself. These calls cost money like all others',
  },
  speed: {
    kind: 'text',
    value: 'SPEED',
    group: 'run',
    default: 'max',
    completes: ['max', '1x', '10x'],
    help: 'max, or a multiple of the recorded pace: 1x keeps the gaps between captures, 10x divides them by ten. A gap longer than a minute counts as a minute',
  },
  patience: {
    kind: 'text',
    value: 'TIME',
    group: 'run',
    otherwise: `${defaultPatience.totalMs / 60_000}m and ${defaultPatience.probes} probes`,
    help: 'how long to probe a model that keeps failing, or to wait when it asks for it, before its remaining calls are left unsent, such as 30s or 8h; 0 for no probing',
  },
  budget: {
    kind: 'text',
    value: 'USD',
    group: 'run',
    completes: ['none'],
    otherwise: 'asked for on a terminal; required elsewhere if calls cost money',
    help: 'stop before the run has spent more than this; none for no limit',
  },
  dryRun: {
    kind: 'switch',
    group: 'run',
    default: false,
    help: 'send nothing and store nothing: print what would be sent and what it would cost',
  },
} as const satisfies FlagSet;

const requestFlags = {
  send: {
    kind: 'choice',
    choices: ['redacted', 'original'],
    group: 'requests',
    default: 'redacted',
    help: 'what to send for redacted captures: their placeholders, or the original values. Originals are read from FILES, kept in memory only, and removed from the answers',
  },
  adapt: {
    kind: 'choice',
    choices: ['ask', 'auto', 'never'] as const satisfies readonly AdaptPolicy[],
    group: 'requests',
    default: 'ask',
    help: 'what to do when a provider refuses a parameter: ask, send the request again without it and remember that (auto), or let the request fail (never). Without a terminal, ask means never',
  },
  keep: {
    kind: 'text',
    value: 'A,B',
    group: 'requests',
    completes: ['store', 'metadata', 'user', 'safety_identifier'],
    help: 'parameters to send unchanged although a replay would remove or change them, such as store,metadata,user',
  },
} as const satisfies FlagSet;

const replayFlags = {
  ...modelFlags,
  ...selectionFlags,
  ...runFlags,
  ...requestFlags,
  ...trafficFlags,
  json: {
    kind: 'switch',
    group: 'output',
    default: false,
    help: 'with --dry-run: print one JSON document',
  },
  ...configFlag,
} as const satisfies FlagSet;

const filesOrStore = {
  usage: '[FILES…]',
  noun: 'a file of captured traffic',
  least: 0,
  most: null,
} as const;

const namingModels = {
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

const trafficFormats = {
  title: 'Formats',
  rows: [
    ['native captures', 'described in docs/importing.md'],
    ['OpenAI Batch', 'the input file together with its output and error files'],
    ['OpenAI stored', 'pages of GET /chat/completions with their messages added'],
    [
      'plain JSON',
      'request and response, request bodies, fine-tuning rows, prompt and completion, input and output (OpenPipe), in the usual spellings',
    ],
    [
      'HTTP recordings',
      'HAR (browsers, mitmproxy, Polly.js), VCR cassettes (YAML, JSON), GoReplay (.gor), and lines with method, url, request, status and response_text',
    ],
    ['Langfuse', 'observations from the API; exports of the UI, traces included; blob storage'],
    [
      'OpenTelemetry',
      'OTLP/JSON spans and logs in any version of the GenAI conventions; OpenLLMetry; OpenInference; the Vercel AI SDK; Google ADK; spans downloaded from Phoenix',
    ],
    ['LangSmith', 'runs as list_runs() returns them, and bulk exports'],
    ['Braintrust', 'spans from the API or exports'],
    ['LiteLLM', 'logging payloads (array, lines or object); spend logs from the API or Postgres'],
    ['other gateways', 'Helicone, Cloudflare AI Gateway and Portkey: rows with their bodies'],
    ['simonw/llm', 'the output of llm logs -n 0 --json --expand'],
    ['promptfoo', "results as JSON or lines; each provider's answers become recorded:PROVIDER"],
    ['Arena-Hard', "LMArena's questions and answers, joined by uid, as recorded:MODEL"],
    ['CSV', 'any, with --map; without it, import shows the columns and a line that works'],
  ],
} as const satisfies HelpBlock;

const shells = ['bash', 'zsh', 'fish'] as const;

const gaveUp = 'also when a model kept failing and was stopped; the same command continues';

/** Every command, in the order in which a new user meets them. */
export const commands = {
  demo: {
    purpose: 'everything at once, with no key and no network: replay, review, summary',
    arguments: {
      ...noArguments,
      hint: 'demo brings its own traffic. For yours: understudy compare FILES.',
    },
    about: [
      'Replays bundled traffic against an endpoint inside the program, over real HTTP on loopback. On a terminal it opens the review; elsewhere it prints the summary. Timings and prices are simulated.',
    ],
    exits: { 2: gaveUp },
    flags: {
      seed: {
        kind: 'whole',
        value: 'N',
        least: 0,
        most: Number.MAX_SAFE_INTEGER,
        default: 1,
        group: 'general',
        help: 'the seed of the simulated timings',
      },
      ...reviewerFlag,
      ...themeFlag,
      ...screenFlags,
      ...storeFlags,
      db: {
        ...storeFlags.db,
        otherwise: `${demoStoreName} in the temporary directory`,
      },
    },
    after: [],
  },
  compare: {
    purpose: 'the main job: import, replay, and review while answers still arrive',
    arguments: filesOrStore,
    about: [
      'Imports the files, sends unanswered requests to both models, and opens the review at once. Without files it uses every capture in the store. Without a terminal it works like replay.',
    ],
    exits: { 2: gaveUp },
    flags: { ...replayFlags, ...reviewFlags, ...storeFlags },
    after: [namingModels],
  },
  replay: {
    purpose: 'the same without the screen, live or in batches',
    arguments: filesOrStore,
    about: [
      'Imports the files and sends unanswered requests to both models. Stop it at any moment with Ctrl-C; the same command continues where it stopped, and nothing is paid for twice.',
    ],
    exits: { 2: gaveUp },
    flags: {
      ...replayFlags,
      batch: {
        kind: 'switch',
        group: 'run',
        default: false,
        help: "use the providers' Batch APIs, mostly at half the price and within a day; run the same command again until all answers have arrived",
      },
      pollFor: {
        kind: 'text',
        value: 'MINUTES',
        group: 'run',
        help: 'with --batch: stop after this many minutes even if batches are still running; 0 checks once',
      },
      ...storeFlags,
    },
    after: [namingModels],
  },
  review: {
    purpose: 'continue the review of a comparison',
    arguments: oneComparison,
    about: [
      'Opens the review of a comparison, by its id or name; by default of the newest one. With several candidates, each request is shown once and its candidates are judged one after the other.',
    ],
    exits: {},
    flags: {
      ...candidatesFlag,
      ...reviewFlags,
      conflicts: {
        kind: 'switch',
        group: 'general',
        default: false,
        help: 'walk the pairs whose reviewers disagree, with their verdicts, reasons and comments; a verdict resolves the conflict',
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  summary: {
    purpose: 'the numbers of a comparison',
    arguments: oneComparison,
    about: [
      'Prints the numbers of a comparison, by its id or name; by default of the newest one. Those of several candidates stand side by side.',
    ],
    exits: { 1: 'the gate is not met', 3: 'there is not enough evidence for the gate yet' },
    flags: {
      ...candidatesFlag,
      format: {
        kind: 'choice',
        choices: ['text', 'json', 'markdown', 'html', 'csv', 'junit'],
        default: 'text',
        group: 'output',
        help: 'json follows the schema understudy.summary/3; markdown is for a pull request; html is one file with plots and pairs; junit reports the gate as JUnit XML',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'the same as --format json',
      },
      reviewer: {
        kind: 'text',
        value: 'NAME',
        group: 'general',
        otherwise: 'those of all reviewers together',
        help: 'whose verdicts count',
      },
      filter: {
        kind: 'text',
        value: 'FILTER',
        group: 'general',
        help: 'count only the pairs that match, such as \'endpoint:classify outcome:different cost>0.01 "refund"\'; the same language as in the review',
      },
      by: {
        kind: 'choice',
        choices: ['endpoint', 'field', 'tag', 'reviewer', 'model', 'language', 'length', 'month'],
        group: 'general',
        otherwise: 'the whole and its endpoints',
        help: 'count the pairs apart, in text and JSON: by a field in which answers differ, a tag with its comments, the model that production asked, the script of the question, the tokens of the input, and so on',
      },
      target: {
        kind: 'text',
        value: 'RATE',
        group: 'general',
        help: 'say whether the candidate is no worse on at least RATE of the requests, such as 95%, and about how many more verdicts will decide it. The answer holds however often you look',
      },
      monthlyRequests: {
        kind: 'text',
        value: 'N',
        group: 'general',
        otherwise: 'their captured rate, by timestamps',
        help: 'project the cost to N requests a month',
      },
      gate: {
        kind: 'text',
        value: 'CONDITION',
        group: 'general',
        help: "check figures of --format json, such as 'noWorse.lower>=0.95 and cost.ratio<=0.1', and set the exit code",
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  export: {
    purpose: 'the pairs and verdicts of a comparison as rows for other tools',
    arguments: oneComparison,
    about: [
      'Writes the pairs of a comparison, by its id or name, to standard output or a file; by default of the newest one. What a format leaves out is counted on standard error.',
      {
        title: 'Formats',
        rows: [
          [
            'jsonl',
            'a line for each pair with everything: ids, request, answers, outcome, verdicts',
          ],
          ['csv', 'a row for each verdict, with its pair; spreadsheets run none of its cells'],
          ['dpo', 'preference pairs of what was judged worse or better, as TRL reads them'],
          ['llm-comparator', "a document that PAIR's LLM Comparator opens"],
          ['promptfoo', 'tests: the messages as a variable, good answers as assertions'],
          ['mt-bench', "votes as FastChat's MT-bench has those of people"],
        ],
      },
    ],
    exits: {},
    flags: {
      format: {
        kind: 'choice',
        choices: ['jsonl', 'csv', 'dpo', 'llm-comparator', 'promptfoo', 'mt-bench'],
        default: 'jsonl',
        group: 'output',
        help: 'the format of the rows',
      },
      output: {
        kind: 'text',
        value: 'FILE',
        group: 'output',
        completes: 'files',
        otherwise: 'standard output',
        help: 'where to write; a file that exists is not replaced',
      },
      reviewer: {
        kind: 'text',
        value: 'NAME',
        group: 'general',
        otherwise: 'those of all reviewers',
        help: 'whose verdicts to export',
      },
      filter: {
        kind: 'text',
        value: 'FILTER',
        group: 'general',
        help: "export only the pairs that match, such as 'endpoint:classify verdict:worse'; the same language as in the review",
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  verdicts: {
    purpose: 'take in verdicts that were given elsewhere',
    arguments: {
      usage: 'FILE',
      noun: 'one file of verdicts',
      least: 1,
      most: 1,
      completes: 'files',
    },
    about: [
      'Reads verdicts on the pairs of a comparison from JSON Lines, a JSON array or CSV, plain or gzip; - is standard input. Every line is accounted for, and the same file adds nothing a second time. They count as given ahead of the random order.',
      {
        title: 'Fields',
        rows: [
          ['capture', 'the id of the capture'],
          [
            'verdict',
            'on the candidate: agree, worse, better or both_bad; see docs/export.md for other words',
          ],
          ['reviewer', 'who gave it; --reviewer for lines that do not say'],
          ['tags', 'if any: a JSON array, or separated by commas or semicolons'],
          ['comment', 'if any'],
          ['time', 'if known: ISO 8601, or epoch seconds'],
        ],
      },
      'It also takes what export writes as jsonl and csv.',
    ],
    exits: { 2: 'also when a line could not be used; the others are stored' },
    flags: {
      comparison: {
        kind: 'text',
        value: 'COMPARISON',
        group: 'general',
        otherwise: 'the newest one',
        help: 'the comparison that was judged, by its id or name',
      },
      reviewer: {
        kind: 'text',
        value: 'NAME',
        group: 'general',
        help: 'whose verdicts those are that name nobody',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.verdicts/1)',
      },
      ...storeFlags,
    },
    after: [],
  },
  rules: {
    purpose: 'the rules of a comparison: which differences do not count',
    arguments: oneComparison,
    about: [
      'Lists the rules of a comparison, by its id or name; by default of the newest one. For each rule it prints what it says, its author, its time, and how many pairs settled by rules have a difference that it covers. Make rules in the review (I) or in the configuration.',
    ],
    exits: {},
    flags: {
      takeBack: {
        kind: 'text',
        value: 'ID',
        group: 'run',
        help: 'take this rule back first: every pair gets the outcome that it has without the rule',
      },
      reviewer: {
        ...reviewerFlag.reviewer,
        help: 'who takes the rule back',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.rules/1)',
      },
      ...storeFlags,
    },
    after: [],
  },
  spend: {
    purpose: 'what was paid, by month, provider, model and comparison',
    arguments: noArguments,
    about: [
      "Prints the spending in this store: calls, tokens and USD, computed from the tokens and the price at each call's moment. ≥ marks a sum that lacks the cost of some calls; — means that no cost is known.",
    ],
    exits: {},
    flags: {
      by: {
        kind: 'choice',
        choices: [
          'month',
          'provider',
          'model',
          'comparison',
        ] as const satisfies readonly Grouping[],
        group: 'output',
        otherwise: 'all four together',
        help: 'how to group the rows',
      },
      since: {
        kind: 'text',
        value: 'TIME',
        group: 'output',
        help: 'only calls since then: a month, a date (UTC) or an age, such as 2026-11, 2026-11-24 or 7d',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.spend/1)',
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  import: {
    purpose: 'read captured traffic into the store; nothing is sent',
    arguments: {
      usage: 'FILES…',
      noun: 'a file of captured traffic',
      least: 1,
      most: null,
    },
    about: [
      'Reads captured traffic into the store. The format is recognized by content. JSON may be one object a line, objects over several lines, or an array; .gz files are decompressed; - is standard input. Importing the same file twice adds nothing.',
      trafficFormats,
    ],
    exits: { 2: 'also when a file contained no readable traffic; the others are imported' },
    flags: {
      ...trafficFlags,
      dryRun: {
        kind: 'switch',
        group: 'run',
        default: false,
        help: 'write nothing: print what would be imported, with its endpoints, models, times and tokens and, for the models named, what a replay would cost',
      },
      model: {
        kind: 'text',
        value: 'MODEL',
        repeatable: true,
        group: 'run',
        help: "with --dry-run: a candidate, compared with production's answers",
      },
      baseline: {
        kind: 'text',
        value: 'MODEL',
        group: 'run',
        help: 'with --dry-run: the baseline of the replay',
      },
      candidate: {
        kind: 'text',
        value: 'MODEL',
        repeatable: true,
        group: 'run',
        help: 'with --dry-run: a candidate of the replay',
      },
      ...jsonFlag,
      ...configFlag,
      ...storeFlags,
    },
    after: [namingModels],
  },
  record: {
    purpose: 'a proxy that records the calls it forwards to a provider',
    arguments: noArguments,
    about: [
      'Listens as the upstream does, forwards every call to it, returns the answer byte for byte and at once, and records prompts on the side: chat completions, OpenAI Responses, Anthropic Messages and Gemini.',
      'Use http://127.0.0.1:8787/v1 (without /v1 for the SDKs of Anthropic and Google) as the base URL of your program. Its key goes to the upstream and is never stored. The answer to a recorded call carries the id of its capture in x-capture-id.',
      'Ctrl-C lets running calls finish and saves everything; a second one cuts them off. /healthz answers ok, and /metrics has counters for Prometheus.',
    ],
    exits: { 2: 'also when captures were lost because they could not be saved' },
    flags: {
      upstream: {
        kind: 'text',
        value: 'URL',
        repeatable: true,
        group: 'proxy',
        required: true,
        help: 'the base URL to forward calls to, such as https://api.openai.com/v1. With NAME=URL, calls to /NAME/… go there; all others go to the first upstream',
      },
      route: {
        kind: 'text',
        value: 'PATTERN=NAME',
        repeatable: true,
        group: 'proxy',
        help: "send calls of these models to the upstream NAME, such as 'gpt-*=openai'",
      },
      port: {
        kind: 'whole',
        value: 'N',
        least: 0,
        most: 65_535,
        default: 8787,
        group: 'proxy',
        help: 'the port to listen on; 0 for any free one',
      },
      host: {
        kind: 'text',
        value: 'HOST',
        group: 'proxy',
        default: '127.0.0.1',
        help: 'the address to listen on. On any but loopback, clients need the token in UNDERSTUDY_PROXY_TOKEN: in the header x-understudy-token, or in the base URL as http://HOST:8787/token=TOKEN/v1',
      },
      sample: {
        kind: 'text',
        value: 'SHARE',
        group: 'proxy',
        default: '100%',
        help: 'record this share, such as 10%, in whole conversations',
      },
      endpointHeader: {
        kind: 'text',
        value: 'HEADER',
        group: 'proxy',
        default: 'x-understudy-endpoint',
        help: 'the header that names the production feature; it is not forwarded',
      },
      injectUsage: {
        kind: 'switch',
        group: 'proxy',
        default: false,
        help: 'ask for the token counts of streams whose clients do not; they are recorded and removed from what the client receives',
      },
      redact: { ...trafficFlags.redact, group: 'output' },
      out: {
        kind: 'text',
        value: 'FILE',
        group: 'output',
        completes: 'files',
        help: 'append native captures to this file as JSON Lines instead of using the store',
      },
      rotate: {
        kind: 'text',
        value: 'SIZE',
        group: 'output',
        help: 'with --out: begin a new file before this one grows larger, such as 100MB',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document with the counts at the end',
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  merge: {
    purpose: 'add the verdicts, answers and captures of another store to this one',
    arguments: {
      usage: 'OTHER.db',
      noun: 'the file of another store',
      least: 1,
      most: 1,
      completes: 'files',
    },
    about: [
      'Adds to a store what it lacks from another one: captures, comparisons, answers, failed attempts, outcomes, verdicts and what was paid. The other store is not changed. Merging twice changes nothing, and the order of stores makes no difference.',
      'Comparisons with the same name and models are one. Where both stores have an answer to the same side, the earlier one is shown and the ledger keeps the cost of both.',
    ],
    exits: {},
    flags: {
      dryRun: {
        kind: 'switch',
        group: 'run',
        default: false,
        help: 'write nothing: print what would be merged',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.merge/1)',
      },
      ...storeFlags,
    },
    after: [],
  },
  scrub: {
    purpose: 'remove secrets and personal data from a store, and verify the result',
    arguments: { ...noArguments, hint: 'It works on a store: pass it with --db.' },
    about: [
      'Replaces secrets and personal data in a store by placeholders, as an import does: in requests, recorded and replayed answers, failed attempts, metadata and comments. Verdicts stay.',
      'The file is rewritten and then searched for every value that was found. No other program may have the store open. Scrubbing is best effort: values that no rule matches remain.',
    ],
    exits: { 1: 'a value that was found remains in the file' },
    flags: {
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.scrub/1)',
      },
      ...configFlag,
      ...storeFlags,
    },
    after: [],
  },
  backup: {
    purpose: 'copy the store, also while something writes to it',
    arguments: { usage: 'FILE', noun: 'one file, which must not exist', least: 1, most: 1 },
    about: [
      'Writes a copy of the store to FILE, which only you can read. A plain copy (cp) of a store in use is usually damaged, because part of its data is in a second file.',
    ],
    exits: {},
    flags: {
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.backup/1)',
      },
      ...storeFlags,
    },
    after: [],
  },
  models: {
    purpose: 'the catalogue: providers, prices, published scores, whether a key is set',
    arguments: noArguments,
    about: [
      'Prints the catalogue of models, with current prices, and of providers. With --baseline, it prints published prices and scores next to those of one model.',
    ],
    exits: {},
    flags: {
      baseline: {
        kind: 'text',
        value: 'NAME',
        group: 'output',
        help: "compare prices with this model's",
      },
      ...jsonFlag,
      ...configFlag,
      ...helpFlag,
    },
    after: [],
  },
  completion: {
    purpose: 'a completion script for bash, zsh or fish',
    arguments: {
      usage: shells.join('|'),
      noun: 'a shell',
      least: 1,
      most: 1,
      choices: shells,
    },
    about: [
      'Prints a script that completes commands, flags and their values.',
      {
        title: 'Install it with',
        rows: [
          ['bash', `eval "$(understudy completion bash)" in ~/.bashrc`],
          ['zsh', `eval "$(understudy completion zsh)" in ~/.zshrc, after compinit`],
          ['fish', 'understudy completion fish > ~/.config/fish/completions/understudy.fish'],
        ],
      },
    ],
    exits: {},
    flags: helpFlag,
    after: [],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandName = keyof typeof commands;

export const commandNames = Object.keys(commands) as readonly CommandName[];

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** A command: takes its arguments without its own name, returns an exit code. */
export type Command<Name extends CommandName> = (
  argv: readonly string[],
) => Promise<0 | 2 | 130 | Extract<keyof (typeof commands)[Name]['exits'], ExitCode>>;

/** Returns the usage of a command: its name, its arguments and its required flags. */
export const commandUsage = (name: CommandName): string => {
  const { arguments: taken, flags }: CommandEntry = commands[name];
  const required = Object.entries(flags)
    .filter(([, flag]) => flag.required === true)
    .map(([property, flag]) => flagTerm(property, flag));
  return ['understudy', name, taken.usage, ...required].filter((word) => word !== '').join(' ');
};
