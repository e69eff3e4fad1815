import type { Answer } from '../models/answer.ts';
import { saveAttempts } from '../store/attempts.ts';
import { saveResponses } from '../store/responses.ts';
import type { CallEnd, CallKeeper } from './calls/send-calls.ts';
import { refreshTask, respondToRefusal, type LiveTask } from './live-task.ts';
import { sharedSide } from './run-model.ts';
import type { ReplayRun } from './run.ts';

/** For each comparison of a task, whether this run added its answer; otherwise another process had. */
export type AreNew = readonly boolean[];

/** How a replay sends its tasks and keeps their answers, for every comparison of a task. */
export const taskKeeper = (run: ReplayRun): CallKeeper<LiveTask, AreNew> => {
  const { adapting, onEvent, texts } = run.options;
  return {
    refresh: (task) => refreshTask(run, task),
    amending: {
      isAsked: adapting?.policy === 'ask',
      respond: (task, failure) => respondToRefusal(run, task, failure),
    },
    keepAnswer: (task, { answer, providerRequestId, timings }) =>
      saveResponses(run.options.store, task.comparisonIds, {
        ...keyOf(task),
        answer,
        timings,
        adaptations: task.adaptations,
        path: task.path,
        originals: task.original?.placeholders ?? 0,
        recorded: false,
        bound: task.bound,
        providerRequestId,
        at: run.options.at(),
      }),
    keepFailure: async (task, { failure, partial, providerRequestId, timings }, { final }) => {
      await Promise.all([
        saveAttempts(run.options.store, task.comparisonIds, {
          ...keyOf(task),
          failure,
          partial,
          timings,
          bound: task.bound,
          providerRequestId,
          final,
          at: run.options.at(),
        }),
        ...(final ? [run.calls.claims.release([sharedSide(task)])] : []),
      ]);
    },
    onSent: (task, attempt) => run.tell(task, { kind: 'sent', attempt }),
    onRetry: (task, next) => run.tell(task, { kind: 'retrying', ...next }),
    ...(texts === false || onEvent === undefined
      ? {}
      : { onText: (task: LiveTask, text: string) => run.tell(task, { kind: 'text', text }) }),
  };
};

/**
 * The outcome of a task: an answer (null if another process has stored one), no answer in this run,
 * or a delay until later in the run.
 */
export type LiveEnd =
  | { readonly kind: 'answered'; readonly answer: Answer | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'later' };

const none: LiveEnd = { kind: 'none' };

/** Counts what became of a task's call and, where the store does not have it yet, stores it. */
export const endTask = async (run: ReplayRun, end: CallEnd<LiveTask, AreNew>): Promise<LiveEnd> => {
  switch (end.kind) {
    case 'answered': {
      const { answer, call, kept } = end;
      run.answered(call, kept, { answer, recorded: false });
      return { kind: 'answered', answer: kept[0] === true ? answer : null };
    }
    case 'failed':
      run.failed(end.call, end.attempts, end.failure, end.unused);
      return none;
    case 'not_sent':
      if (end.why === 'later') return { kind: 'later' };
      if (end.why !== 'closed') await run.notSent(end.call, end.why);
      return none;
    case 'cut_off':
      return none;
  }
};

const keyOf = ({ capture, sample, target }: LiveTask) => ({
  captureId: capture.id,
  side: target.side,
  sample,
});
