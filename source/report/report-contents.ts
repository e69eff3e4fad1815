import type { Alignment } from '../comparison/alignment/alignment.ts';
import type { Outcome } from '../comparison/outcome.ts';
import type { GateReport } from '../summary/decision-gate.ts';
import type { Summary } from '../summary/gather-summary.ts';
import type { CommonVerdict } from '../summary/reviewers.ts';
import { count } from '../text/numbers.ts';

/** A pair as a report shows it. */
export type ReportedPair = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly outcome: Outcome | null;
  readonly verdict: CommonVerdict | null;
  /** `ada: worse`, for each reviewer. */
  readonly verdicts: readonly string[];
  readonly tags: readonly string[];
  readonly comments: readonly string[];
  /** The difference in one line. */
  readonly difference: string;
  /** The last message of the user. */
  readonly question: string;
  /** Null if the answers are too large to align. */
  readonly alignment: Alignment | null;
};

/** The content of a report. The same content gives the same bytes. */
export type Report = {
  readonly summary: Summary;
  /** Null if no gate was asked for. */
  readonly gate: GateReport | null;
  /** Names the simulated parts; null if nothing is simulated. */
  readonly note: string | null;
};

/** A report that also shows pairs, the most important first, and the number of all pairs. */
export type ReportWithPairs = Report & {
  readonly pairs: readonly ReportedPair[];
  readonly allPairs: number;
};

/** The order of the pairs: bad news first, and unjudged pairs after judged ones. */
const verdictOrder: readonly (CommonVerdict | null)[] = [
  'worse',
  'conflict',
  'both_bad',
  'better',
  'agree',
  null,
];

/** The order of outcomes among pairs with the same verdict. */
export const outcomeOrder: readonly (Outcome | null)[] = [
  'failed',
  'different',
  null,
  'equivalent',
  'identical',
];

type Ranked = Pick<ReportedPair, 'outcome' | 'verdict'>;

/** Compares pairs for the order of a report; equal pairs keep their order. */
export const byWeight = (a: Ranked, b: Ranked): number =>
  verdictOrder.indexOf(a.verdict) - verdictOrder.indexOf(b.verdict) ||
  outcomeOrder.indexOf(a.outcome) - outcomeOrder.indexOf(b.outcome);

/** The rules in force, with their authors and the number of pairs that each helps to settle. */
export const ruleTexts = ({ rules }: Pick<Summary, 'rules'>): readonly string[] =>
  rules.flatMap(({ author, settled, takenBack, text }) =>
    takenBack === null ? [`${text} (${author}) ${count(settled)}`] : [],
  );

/** What the figures of a summary cannot tell, in sentences. */
export const limitsOf = (summary: Summary): readonly string[] => {
  const {
    comparison,
    conversations,
    counts,
    filter,
    judgedRates,
    latency,
    noise,
    reviewers,
    sample,
  } = summary;
  const said: readonly (readonly [boolean, string])[] = [
    [true, 'Whether the baseline was right. Agreement is with the baseline, mistakes included.'],
    [
      true,
      'How the candidate does on requests unlike these, or after the provider changes the model behind its name.',
    ],
    [
      counts.settledByMachine > 0,
      'Whether equal answers are good: nobody read the pairs that the machine settled.',
    ],
    [
      counts.settledByRule > 0,
      'Whether the rules are right: the pairs that they settle differ, and nobody had to read each of them.',
    ],
    [
      noise === null,
      'How often the baseline agrees with itself. Some differences may be noise of the baseline; replay with --noise to measure it.',
    ],
    [
      reviewers.length < 2,
      'Whether another reviewer would agree: no more than one person gave verdicts.',
    ],
    [
      judgedRates.agreement.n > 0 && judgedRates.agreement.n < 30,
      `Small differences: ${judgedRates.agreement.n} verdicts are few, as the width of the interval shows.`,
    ],
    [
      sample.weighting === 'unknown',
      'Rates for the traffic: the strata from which the pairs were drawn are no longer known.',
    ],
    [
      conversations !== null,
      'How the candidate does once its own answers are the past of a conversation: every turn was answered given the recorded past.',
    ],
    [filter !== null, 'Anything about pairs that the filter leaves out.'],
    [
      counts.judgedByChoice > 0,
      'Rates for the traffic from verdicts on pairs that a filter or a pattern chose. These are counted apart.',
    ],
    [
      latency.baseline.source !== latency.candidate.source,
      'Which side is faster: one was recorded and the other replayed, under different conditions.',
    ],
    [
      comparison.selection !== null,
      'Anything about captures that the selection left out, unless the sample was random.',
    ],
  ];
  return said.flatMap(([holds, text]) => (holds ? [text] : []));
};
