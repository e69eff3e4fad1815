import type { Grouping } from '../../money/spend-report.ts';
import type { CommandEntry } from './flag-definition.ts';
import { configFlag, noArguments, storeFlags } from './shared-flags.ts';

/** Commands about a whole store. */
export const storeCommands = {
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
    notes: [],
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
    notes: [],
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
    notes: [],
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
    notes: [],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;
