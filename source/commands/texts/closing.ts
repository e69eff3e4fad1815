import { sides, type Side } from '../../comparison/outcome.ts';
import { remedyText } from '../../models/adaptation/remedy.ts';
import type { Failure, FailureReason } from '../../models/answer.ts';
import type { SpendingLimit } from '../../money/settle-limit.ts';
import type { BatchProgress } from '../../replay/batch/batch-comparison.ts';
import { longestWaitMs, type Patience } from '../../replay/limits/health.ts';
import { asksTooMuch } from '../../replay/limits/retry.ts';
import { isBudgetReached, type RunEnd, type RunProgress } from '../../replay/run-progress.ts';
import { sentence } from '../../summary/sentence.ts';
import type { Summary } from '../../summary/gather-summary.ts';
import { printableLine } from '../../text/printable.ts';
import { storeFlagText } from '../../text/shell.ts';
import { count, dollars } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';
import { costText, failureTexts } from './replay-progress.ts';

/** The reason why a model was stopped. `message` is its provider's; null if unknown. */
export type StoppedModel = {
  readonly reason: FailureReason;
  readonly message: string | null;
  /** The server asks for a longer wait than the run has patience for. */
  readonly asksTooMuch?: boolean;
};

/** Returns why a model was stopped by a failure, in a run with this patience. */
export const stoppedBy = (failure: Failure, patience: Patience): StoppedModel => {
  const { message, reason } = failure;
  return { reason, message, asksTooMuch: asksTooMuch(failure, longestWaitMs(patience)) };
};

/** The result of a run in one comparison. */
export type ComparisonOutcome = {
  readonly ended: RunEnd;
  /** Of the comparison; in a batch replay, of the whole run. */
  readonly progress: RunProgress;
  readonly stopped: Readonly<Record<Side, StoppedModel | null>>;
  /** The number of answers that another run gave at the same time. */
  readonly answeredElsewhere: number;
  /** Null for live calls. */
  readonly batches: {
    /** The number of answers that are still pending. */
    readonly open: number;
    /** Whether the provider has accepted any. */
    readonly areAccepted: boolean;
  } | null;
};

/**
 * Returns the result of a comparison and what to do next, with the run's cost if it is the only
 * comparison.
 */
export const closingText = (
  outcome: ComparisonOutcome,
  summary: Summary,
  run: {
    /** The store that the user named; undefined for the default one. */
    readonly db: string | undefined;
    readonly limit: SpendingLimit | null;
    /** Whether the run has no other comparison. */
    readonly isAlone: boolean;
  },
): string => {
  const { answeredElsewhere, batches, ended, progress } = outcome;
  const { comparison, counts } = summary;
  const lines = [
    `${count(counts.replayable)} ${counts.replayable === 1 ? 'pair' : 'pairs'} = ${count(counts.answered)} answered + ${count(counts.failed)} failed + ${count(counts.notSent)} not sent${run.isAlone ? `; ${costOfRunText(outcome)}` : ''}`,
    ...(batches === null ? failureTexts(progress) : []),
    ...taggedText(progress),
    ...answeredElsewhereText(answeredElsewhere),
    ...stoppedTexts(outcome, comparison),
    ...(isBudgetReached(progress) ? [budgetText(outcome, run.limit)] : []),
  ];
  if (ended === 'interrupted') lines.push(interruptedText(outcome, summary));
  else {
    lines.push(...openTexts(outcome, summary));
    const isNoise = comparison.baseline === comparison.candidate && !run.isAlone;
    if (isNoise) {
      lines.push('The baseline was asked again: its noise is in the summary of the candidate.');
    } else if (counts.answered > 0) {
      lines.push(
        sentence(summary),
        `Next: understudy review ${comparison.id}${storeFlagText(run.db)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
};

/** Returns the cost of the run, without a full stop. */
export const costOfRunText = ({
  batches,
  progress,
}: Pick<ComparisonOutcome, 'batches' | 'progress'>): string =>
  `${batches === null ? 'this run' : 'the answers of this run'} cost ${costText(progress)}`;

/** That part of what arrived is not compared, and how to have it compared. */
const taggedText = ({ tagged }: RunProgress): readonly string[] =>
  tagged === 0
    ? []
    : [
        `${answersText(tagged)} had reasoning in <think> tags in the text: it is kept apart and not compared ("thinkTags": "text" in understudy.config.json leaves it in).`,
      ];

/** Returns the work of other runs, which the cost of this run does not include. */
const answeredElsewhereText = (answers: number): readonly string[] =>
  answers === 0
    ? []
    : [
        `Another run gave ${answersText(answers)} at the same time, which this one did not pay for.`,
      ];

const stoppedTexts = (
  { batches, stopped }: ComparisonOutcome,
  comparison: Readonly<Record<Side, string>>,
): readonly string[] =>
  sides.flatMap((side) => {
    const why = stopped[side];
    if (why === null) return [];
    const name = `The ${side}, ${printableLine(comparison[side])},`;
    if (batches === null) return [stoppedText(name, why)];
    const hint =
      why.reason === 'not_found' && !batches.areAccepted
        ? ' If this server has no Batch API, leave --batch out.'
        : '';
    return [
      `${name} was stopped (${why.reason}).${saidBy(why)}${hint} Fix this and run the same command again.`,
    ];
  });

/** Says why no more calls were sent to a model, and what to do about it. `name` begins the sentence. */
export const stoppedText = (name: string, why: StoppedModel): string =>
  why.asksTooMuch === true
    ? `${name} was stopped: its server asks for a longer wait than this run's patience (${why.reason}).${saidBy(why)} Run the same command again after that wait, or with a longer --patience.`
    : `${name} was stopped: it kept failing (${why.reason}).${saidBy(why)} Fix this and run the same command again, or use another model.`;

const saidBy = ({ message }: StoppedModel): string => {
  if (message === null) return '';
  const text = truncateCells(printableLine(message), 300);
  return ` ${text}${/[.!?…。！？]$/u.test(text) ? '' : '.'}`;
};

const budgetText = (
  { batches, progress }: ComparisonOutcome,
  limit: SpendingLimit | null,
): string => {
  const isUntouched = progress.answered === 0 && progress.cost === 0;
  if (isUntouched && batches === null && limit?.period !== 'month' && progress.budget !== null) {
    return `No call fits into the budget of ${dollars(progress.budget)}. Run the same command again with a larger --budget; --dry-run says what the calls may cost.`;
  }
  const purpose = batches === null ? 'to go on' : 'to submit more';
  const flag = batches === null ? ' with a new --budget' : '';
  return `${reachedText(limit, flag)} ${purpose}; existing answers are not paid for again.`;
};

/** The beginning of a sentence that says how to go on after a budget was reached; `flag` renews it. */
export const reachedText = (limit: SpendingLimit | null, flag = ' with a new --budget'): string =>
  limit?.period === 'month'
    ? `The month's budget is reached. ${monthAdvice(limit)},`
    : `The budget is reached. Run the same command again${flag}`;

const monthAdvice = ({ others }: SpendingLimit): string =>
  others === undefined
    ? 'Raise budget.perMonth in understudy.config.json, or run the same command again next month'
    : 'Other runs may spend the rest: raise budget.perMonth in understudy.config.json, or run the same command again when they have ended';

const interruptedText = ({ batches }: ComparisonOutcome, { counts }: Summary): string => {
  if (batches === null) {
    return `Interrupted; everything is kept. Run the same command again to continue with the ${count(counts.replayable - counts.answered)} remaining pairs.`;
  }
  const open =
    batches.open > 0 ? `; ${answersText(batches.open)} are still pending at the provider` : '';
  return `Interrupted; everything is kept${open}. Come back later with the same command.`;
};

const openTexts = (
  { batches, ended, stopped }: ComparisonOutcome,
  { counts }: Summary,
): readonly string[] => {
  const isStopped = sides.some((side) => stopped[side] !== null);
  if (batches === null) {
    return counts.failed > 0 && ended === 'done' && !isStopped
      ? [
          'Run the same command again to send what failed once more; i in the review says why it did.',
        ]
      : [];
  }
  if (batches.open > 0) {
    const open = answersText(batches.open);
    return [`${open} are in batches at the provider. Come back later with the same command.`];
  }
  const left = counts.replayable - counts.answered - counts.failed;
  return left > 0 && ended === 'done' && !isStopped
    ? ['Some failures may be temporary. Run the same command to submit them again.']
    : [];
};

/** Returns lines with the number of refused requests that `--adapt auto` would have changed. */
export const unusedRemedyLines = ({ unused }: BatchProgress): readonly string[] =>
  unused.map(({ lines, modelLabel, remedy }) => {
    const refused = lines === 1 ? '1 request was refused' : `${count(lines)} requests were refused`;
    const how = `${lines === 1 ? 'it' : 'them'} ${printableLine(remedyText(remedy))}`;
    return `${printableLine(modelLabel)}: ${refused} (${truncateCells(printableLine(remedy.reason), 200)}). The same command with --adapt auto submits ${how}.`;
  });

const answersText = (answers: number): string =>
  `${count(answers)} ${answers === 1 ? 'answer' : 'answers'}`;
