import { defaultPatience } from '../../replay/limits/health.ts';
import type { AdaptPolicy } from '../../replay/remedy-book.ts';
import type { CommandEntry, FlagSet } from './flag-definition.ts';
import {
  configFlag,
  demoStoreName,
  namingModels,
  noArguments,
  reviewerFlag,
  reviewFlags,
  screenFlags,
  storeFlags,
  themeFlag,
  trafficFlags,
} from './shared-flags.ts';

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
    help: 'the model that may take over. Each candidate of a run has its own comparison; all share the answers of the baseline. A candidate of a later run shares them if both runs have the same --name',
  },
} as const satisfies FlagSet;

const selectionFlags = {
  sample: {
    kind: 'text',
    value: 'SHARE',
    group: 'selection',
    help: 'replay this share, such as 10%: the same captures on every machine, and whole conversations where the recording names them',
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

/** The flags of a run: how it sends, and what it may spend. */
export const runFlags = {
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
    help: 'how long to probe a failing model, or to wait if it asks for a wait, before the run gives it up, such as 30s or 8h; 0 never probes',
  },
  budget: {
    kind: 'text',
    value: 'USD',
    group: 'run',
    completes: ['none'],
    otherwise: 'asked for on a terminal; required elsewhere if calls cost money',
    help: 'the most that the run may spend; none for no limit',
  },
  follow: {
    kind: 'switch',
    group: 'run',
    default: false,
    help: 'live shadow: replay captures as they come into the store, until Ctrl-C. It begins now, or at --since; the same command later also takes what came in between',
  },
  budgetPerDay: {
    kind: 'text',
    value: 'USD',
    group: 'run',
    otherwise: 'none; with --follow required if calls cost money',
    help: 'with --follow: the most to spend on a day (UTC); then the run pauses until the next day',
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
    help: 'with --dry-run: print one JSON document; with --follow: print each event as one line of JSON',
  },
  ...configFlag,
} as const satisfies FlagSet;

const filesOrStore = {
  usage: '[FILES…]',
  noun: 'a file of captured traffic',
  least: 0,
  most: null,
} as const;

const gaveUp = 'also when a model kept failing and was stopped; the same command continues';

/** Commands that send requests. */
export const replayCommands = {
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
    notes: [],
  },
  compare: {
    purpose: 'the main job: import, replay, and review while answers still arrive',
    arguments: filesOrStore,
    about: [
      'Imports the files, sends unanswered requests to both models, and opens the review at once. Without files it uses every capture in the store. Without a terminal it works like replay.',
    ],
    exits: { 2: gaveUp },
    flags: { ...replayFlags, ...reviewFlags, ...storeFlags },
    notes: [namingModels],
  },
  replay: {
    purpose: 'import and replay without the screen, live or in batches',
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
        help: "use the providers' Batch APIs, mostly at half the price and within a day; the run waits for the results, and the same command continues a stopped run",
      },
      pollFor: {
        kind: 'text',
        value: 'MINUTES',
        group: 'run',
        help: 'with --batch: stop after this many minutes even if batches are still running; 0 checks once',
      },
      metricsPort: {
        kind: 'text',
        value: 'PORT',
        group: 'run',
        help: 'with --follow: serve /metrics for Prometheus on this port of this machine only; 0 for any free one',
      },
      ...storeFlags,
    },
    notes: [namingModels],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;
