import { sliceDimensions } from '../../summary/slice-dimensions.ts';
import type { CommandEntry, FlagSet } from './flag-definition.ts';
import { runFlags } from './replay-commands.ts';
import {
  configFlag,
  oneComparison,
  reviewerFlag,
  reviewFlags,
  storeFlags,
} from './shared-flags.ts';

const candidatesFlag = {
  candidate: {
    kind: 'text',
    value: 'MODEL',
    repeatable: true,
    group: 'general',
    help: 'a candidate that was compared with the same baseline, such as gpt-4o-mini; several are shown together',
  },
} as const satisfies FlagSet;

/** Commands about the pairs of a comparison and their verdicts. */
export const reviewCommands = {
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
      stdout: {
        kind: 'switch',
        group: 'general',
        default: false,
        help: 'after the review, write the verdicts of this sitting to stdout, a JSON object on each line, and the closing text to stderr; the screen stays on the terminal',
      },
      ...configFlag,
      ...storeFlags,
    },
    notes: [],
  },
  judge: {
    purpose: "ask a model for its verdicts, which never count as a person's",
    arguments: oneComparison,
    about: [
      "Asks a model for its verdict on each pair that neither the machine nor a rule settled, in both orders; by default in the newest comparison. A verdict counts only if it is the same in both. The review shows it after the person's. The summary says how well the judge finds what people find, and only a certified judge adds an estimate. The same command continues, and nothing is paid for twice.",
    ],
    exits: { 2: 'also when the judge kept failing and was stopped; the same command continues' },
    flags: {
      judge: {
        kind: 'text',
        value: 'MODEL',
        group: 'models',
        required: true,
        help: 'the model that judges, such as openai/gpt-4o',
      },
      concurrency: runFlags.concurrency,
      patience: runFlags.patience,
      budget: runFlags.budget,
      dryRun: runFlags.dryRun,
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.judge/1)',
      },
      ...configFlag,
      ...storeFlags,
    },
    notes: [],
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
        choices: sliceDimensions,
        group: 'general',
        otherwise: 'the whole and its endpoints',
        help: 'also print the numbers of each slice of the pairs: by a field in which answers differ, a tag with its comments, the model that production asked, the script of the question, the tokens of the input, whether the request was translated (path), and so on',
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
        otherwise: 'the captured rate, from the timestamps',
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
    notes: [],
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
          ['mt-bench', "human votes in the format of FastChat's MT-bench"],
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
    notes: [],
  },
  verdicts: {
    purpose: 'import verdicts that were given elsewhere',
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
        help: 'the reviewer of lines that name none',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document (schema understudy.verdicts/1)',
      },
      ...storeFlags,
    },
    notes: [],
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
    notes: [],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;
