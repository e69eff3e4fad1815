import { sides, type Side } from '../../comparison/outcome.ts';
import { remedyText } from '../../models/adaptation/remedy.ts';
import type { Failure } from '../../models/answer.ts';
import type { BatchReplayResult } from '../../replay/batch/batch-replay.ts';
import { sentence } from '../../summary/sentence.ts';
import type { Summary } from '../../summary/gather-summary.ts';
import { harmless, harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';
import { monthGoesOn } from './month-goes-on.ts';
import type { SpendingLimit } from '../../money/spending-limit.ts';
import { batchCostText } from './batch-progress.ts';

/** What came of a run, and what to do next. `open` answers are ordered and have not come. */
export const batchClosingText = (
  {
    alone,
    ended,
    limit,
    progress,
    stopped,
  }: Omit<BatchReplayResult, 'comparisons'> & {
    readonly stopped: Readonly<Record<Side, Failure | null>>;
    readonly limit: SpendingLimit | null;
    /** The run has no other comparison. */
    readonly alone: boolean;
  },
  summary: Summary,
  open: number,
  db: string | undefined,
): string => {
  const { comparison, counts } = summary;
  const store = db === undefined ? '' : ` --db ${harmless(db)}`;
  const lines = [
    `${count(counts.replayable)} pairs = ${count(counts.answered)} answered + ${count(counts.failed)} failed + ${count(counts.notSent)} not sent${alone ? `; the answers of this run cost ${batchCostText(progress)}` : ''}`,
  ];
  for (const side of sides) {
    const failure = stopped[side];
    if (failure === null) continue;
    const why = truncateCells(harmlessLine(failure.message), 300);
    const hint =
      failure.reason === 'not_found' && progress.jobs.every((job) => job.batchId === null)
        ? ' If this server has no Batch API, leave --batch out.'
        : '';
    lines.push(
      `The ${side}, ${harmlessLine(comparison[side])}, was stopped (${failure.reason}). ${why}${hint} Put that right and run the same command again.`,
    );
  }
  if (progress.notSent['budget reached'] !== undefined) {
    lines.push(
      limit?.by === 'month'
        ? `The month's budget is reached. ${monthGoesOn(limit)}, to order more; what is answered is not paid for again.`
        : 'The budget is reached. Run the same command again to order more; what is answered is not paid for again.',
    );
  }
  const left = counts.replayable - counts.answered - counts.failed;
  if (ended === 'interrupted') {
    lines.push(
      `Interrupted with everything kept${open > 0 ? `; ${answersText(open)} at the provider go on` : ''}. Come back later with the same command.`,
    );
    return `${lines.join('\n')}\n`;
  }
  if (open > 0) {
    lines.push(
      `${answersText(open)} are in batches at the provider. Come back later with the same command.`,
    );
  } else if (left > 0 && ended === 'done' && sides.every((side) => stopped[side] === null)) {
    lines.push('Some failed in a way that may pass. The same command orders them again.');
  }
  if (counts.answered > 0) {
    lines.push(sentence(summary), `Next: understudy review ${comparison.id}${store}`);
  }
  return `${lines.join('\n')}\n`;
};

/** How many requests were refused for what `--adapt auto` would have changed, as lines. */
export const unusedRemedies = ({
  unused,
}: Pick<BatchReplayResult['progress'], 'unused'>): readonly string[] =>
  unused.map(({ lines, modelLabel, remedy }) => {
    const refused = lines === 1 ? '1 request was refused' : `${count(lines)} requests were refused`;
    const how = `${lines === 1 ? 'it' : 'them'} ${harmlessLine(remedyText(remedy))}`;
    return `${harmlessLine(modelLabel)}: ${refused} (${truncateCells(harmlessLine(remedy.reason), 200)}). The same command with --adapt auto orders ${how}.`;
  });

const answersText = (open: number): string => `${count(open)} ${open === 1 ? 'answer' : 'answers'}`;
