import { endBatchJob, type BatchJob } from '../../store/batches/batch-jobs.ts';
import type { BatchRun } from './batch-run.ts';
import { compareNew } from './compare-new.ts';
import { joinResults } from './join-results.ts';
import type { BatchSide } from './options.ts';
import { pollJob } from './poll-job.ts';

/** A job that the provider has, and the run and side that it is for. */
export type UnderWay = { readonly run: BatchRun; readonly job: BatchJob; readonly side: BatchSide };

/**
 * Polls all jobs at once until they are over, or until this time on the runs' clock, and joins what
 * is over one after the other; whether each was left open. `runs` are all that are replayed together.
 */
export const fetchJobs = async (
  runs: readonly BatchRun[],
  under: readonly UnderWay[],
  until: number,
): Promise<readonly boolean[]> => {
  let joins: Promise<void> = Promise.resolve();
  return Promise.all(
    under.map(async ({ job, run, side }) => {
      const polled = await pollJob(run, job, side, until);
      if (polled.kind === 'left') return true;
      let open = false;
      const join = joins.then(async () => {
        open = !(await endJob(run, polled.job, side, polled.status));
        // The others have got the answers of the baseline too.
        for (const one of job.side === 'baseline' ? runs : [run]) await compareNew(one);
      });
      // The next one waits for this one, and is not harmed by its failure.
      joins = join.catch(() => {});
      await join;
      return open;
    }),
  );
};

/** Stores what came of a job that is over; false when its files could not be fetched. */
const endJob = async (
  run: BatchRun,
  job: BatchJob,
  side: BatchSide,
  status: Parameters<typeof joinResults>[3],
): Promise<boolean> => {
  const { at, signal, store } = run.options;
  if (status.phase === 'failed') run.emit({ kind: 'refused', job, problems: status.problems });
  const joined = await joinResults(run, job, side, status);
  if (joined.kind === 'failed') {
    if (!signal.aborted) run.stop(job.side, joined.failure);
    return false;
  }
  const problem = status.problems[0]?.message ?? null;
  await endBatchJob(store, job.id, {
    state: status.phase === 'failed' ? 'refused' : 'done',
    providerState: status.state,
    problem,
    at: at(),
  });
  run.jobChanged({ ...job, state: status.phase === 'failed' ? 'refused' : 'done', problem });
  run.emit({ kind: 'joined', job, lines: joined.result });
  return true;
};
