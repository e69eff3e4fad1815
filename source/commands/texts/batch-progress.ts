import { sides, type Side } from '../../comparison/outcome.ts';
import type { BatchProgress } from '../../replay/batch/batch-comparison.ts';
import type { BatchEvent, JoinedLines } from '../../replay/batch/batch-event.ts';
import type { BatchJob } from '../../store/batches/batch-jobs.ts';
import { printableLine } from '../../text/printable.ts';
import { count, duration } from '../../text/numbers.ts';
import { truncateCells } from '../../text/width.ts';
import { StatusLine, type StatusStream } from '../terminal/status-line.ts';
import { costText } from './replay-progress.ts';

const redrawMs = 1000;

/**
 * Shows the progress of a batch replay. Prints a line when a job changes state, when another 5 % of
 * its requests is done, and for every problem. On a terminal, a status line below, redrawn every
 * second, sums up all jobs.
 */
export class BatchProgressView {
  readonly #line: StatusLine;
  readonly #nameSide: NameSide;
  readonly #jobLines: (job: BatchJob) => readonly string[];

  /** `candidates` maps comparison ids to candidate names; it is empty if there is only one candidate. */
  constructor(
    stream: StatusStream,
    progress: () => BatchProgress,
    candidates: ReadonlyMap<string, string>,
  ) {
    this.#nameSide = ({ comparisonId, side }) => {
      const candidate = candidates.get(comparisonId);
      return side === 'baseline' || candidate === undefined
        ? side
        : `${side} ${printableLine(candidate)}`;
    };
    this.#jobLines = createJobLines(this.#nameSide);
    this.#line = new StatusLine(stream, { text: () => batchLine(progress()), redrawMs });
  }

  show(event: BatchEvent): void {
    const lines =
      event.kind === 'job' ? this.#jobLines(event.job) : eventLines(event, this.#nameSide);
    for (const line of lines) this.#line.print(line);
  }

  hold(): void {
    this.#line.hold();
  }

  release(): void {
    this.#line.release();
  }

  /** Draws the final state, which stays on the terminal. */
  end(): void {
    this.#line.finish();
  }
}

/** Names a side for the user. */
type NameSide = (side: { readonly comparisonId: string; readonly side: Side }) => string;

/**
 * Returns the progress of all jobs in one line: `baseline 61,200 of 100,000 in 2 batches · $0.31 of
 * $5.00`.
 */
export const batchLine = (progress: BatchProgress): string => {
  const sideText = (side: Side): readonly string[] => {
    const jobs = progress.jobs.filter((job) => job.side === side && job.state !== 'refused');
    if (jobs.length === 0) return [];
    const sum = (value: (job: BatchJob) => number): number =>
      jobs.reduce((total, job) => total + value(job), 0);
    const done = sum((job) =>
      job.state === 'done' ? job.lines : (job.completed ?? 0) + (job.failed ?? 0),
    );
    const batches = jobs.length === 1 ? '1 batch' : `${count(jobs.length)} batches`;
    return [`${side} ${count(done)} of ${count(sum((job) => job.lines))} in ${batches}`];
  };
  const parts = sides.flatMap(sideText);
  return [
    ...(parts.length === 0 ? ['preparing batches'] : parts),
    `${count(progress.done)} of ${count(progress.total)} pairs`,
    costText(progress),
  ].join(' · ');
};

/** Returns a line if the job has changed state or another 5 % of it is done. */
const createJobLines = (nameSide: NameSide): ((job: BatchJob) => readonly string[]) => {
  const printed = new Map<string, string>();
  return (job) => {
    const done = (job.completed ?? 0) + (job.failed ?? 0);
    const total = job.total || job.lines;
    const twentieth = Math.floor((done * 20) / Math.max(1, total));
    const state = `${job.state} ${job.providerState ?? ''} ${twentieth}`;
    if (printed.get(job.id) === state) return [];
    printed.set(job.id, state);
    return [jobText(job, nameSide)];
  };
};

/** Formats `baseline batch_abc123: in_progress, 1,200 of 5,000 done, 3 failed`. */
const jobText = (job: BatchJob, nameSide: NameSide): string => {
  const { batchId, completed, failed, id, lines, state, total } = job;
  const name = `${nameSide(job)} ${batchId === null ? `batch ${id}` : printableLine(batchId)}`;
  if (state === 'planned') {
    return `${name}: uploading ${count(lines)} requests, ${(job.bytes / 1e6).toFixed(1)} MB`;
  }
  if (state === 'uploaded') return `${name}: uploaded, creating the batch`;
  if (state === 'refused') return `${name}: refused`;
  if (state === 'done') return `${name}: finished, its answers are stored`;
  const counts = `${count(completed ?? 0)} of ${count(total || lines)} done`;
  const failures = (failed ?? 0) > 0 ? `, ${count(failed)} failed` : '';
  return `${name}: ${printableLine(job.providerState ?? 'submitted')}, ${counts}${failures}`;
};

const eventLines = (
  event: Exclude<BatchEvent, { kind: 'job' }>,
  nameSide: NameSide,
): readonly string[] => {
  switch (event.kind) {
    case 'retrying': {
      const { delayMs, failure, what } = event;
      const why = printableLine(failure.message);
      return [
        truncateCells(`${nameSide(event)}, ${what}: again in ${duration(delayMs)}: ${why}`, 200),
      ];
    }
    case 'refused': {
      const { job, problems } = event;
      const shown = problems.slice(0, 10).map(({ line, message }) => {
        const where = line === null ? '' : `line ${count(line)}: `;
        return truncateCells(`  ${where}${printableLine(message)}`, 200);
      });
      const more = problems.length - shown.length;
      return [
        `${nameSide(job)}: the provider refused the file of ${count(job.lines)} requests`,
        ...shown,
        ...(more > 0 ? [`  and ${count(more)} more`] : []),
      ];
    }
    case 'joined':
      return joinedLines(nameSide(event.job), event.lines);
    case 'stopped': {
      const why = printableLine(event.failure.message);
      return [
        truncateCells(`no more answers are requested for the ${nameSide(event)}: ${why}`, 200),
      ];
    }
  }
};

/** Describes errors in the result files of a batch; no lines if there are none. */
const joinedLines = (name: string, lines: JoinedLines): readonly string[] => {
  const odd: readonly (readonly [string, number])[] = [
    ['failed', lines.failed],
    ['in neither file', lines.missing],
    ['unreadable lines', lines.malformed],
    ['lines of unknown requests, ignored', lines.foreign],
    ['duplicate lines, ignored', lines.duplicated],
  ];
  const parts = odd.filter(([, number]) => number > 0).map(([what, n]) => `${what}: ${count(n)}`);
  return parts.length === 0
    ? []
    : [`${name}: ${count(lines.answered)} answered; ${parts.join('; ')}`];
};
