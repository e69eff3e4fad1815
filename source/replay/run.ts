import type { Side } from '../comparison/outcome.ts';
import type { Remedy } from '../models/adaptation/remedy.ts';
import type { Failure, FailureReason } from '../models/answer.ts';
import { saveNotSent } from '../store/not-sent.ts';
import { Claims } from './claims.ts';
import type { AnswerEvent, AnswerKey, ReplayEvent } from './event.ts';
import { createAlarm } from './limits/alarm.ts';
import { createBudget, shareOf, type Budget } from './limits/budget.ts';
import type { Gate, LaneNews } from './limits/admission.ts';
import { createGate } from './limits/gate.ts';
import type { ReplayOptions } from './options.ts';
import { createTally, type Tally } from './progress.ts';
import { createRemedyBook, type RemedyBook } from './remedy-book.ts';
import { createRunModels, type LiveLane, type RunModel } from './run-model.ts';
import { sharedSide, type Task } from './task.ts';
import { createWarmUps } from './warm-ups.ts';

/** What is told of an answer, without which one it is. */
type News<Event> = Event extends AnswerEvent ? Omit<Event, keyof AnswerKey> : never;

/** What the calls of one run share. */
export type Run = {
  readonly options: ReplayOptions;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly baseline: RunModel;
  /** In the order of the comparisons. */
  readonly candidates: readonly RunModel[];
  /** The live ones of these, each once. */
  readonly lanes: readonly LiveLane[];
  /** What refusals have taught. */
  readonly remedies: RemedyBook;
  /** Other comparisons of the same name and baseline, whose answers of it may serve. */
  readonly siblings: Set<string>;
  readonly claims: Claims;
  /** Captures with an answer that another run is getting, each with the comparisons that lack it. */
  readonly awaited: Map<string, Set<string>>;
  /** By the comparison's id. */
  readonly tallies: ReadonlyMap<string, Tally>;
  /** USD that calls cost as far as it is known, and answers of which it is not. */
  readonly money: { cost: number; uncountedAnswers: number };
  readonly emit: (event: ReplayEvent) => void;
  /** Tells something of a task's answer, to each of its comparisons. */
  readonly tell: (task: Task, news: News<AnswerEvent>) => void;
  /** `areNew`: for each comparison of the task, whether it is this run that added the answer. */
  readonly answered: (task: Task, recorded: boolean, areNew: readonly boolean[]) => void;
  /** `unused`: what could have been changed of the request, and was not. */
  readonly failed: (task: Task, attempts: number, failure: Failure, unused: Remedy | null) => void;
  /** Stores why a task is not sent, and gives up what is claimed for it. */
  readonly notSent: (task: Task, reason: string) => Promise<void>;
  /** Whether this run has come to an end with an answer that it did not get. */
  readonly isSettled: (key: AnswerKey) => boolean;
  /** A signal for one call, aborted with the run; `forget` it when the call has ended. */
  readonly cutOff: () => AbortController;
  readonly forget: (controller: AbortController) => void;
  /** Ends the run from inside or, with an error, because the store failed. */
  readonly abort: (error?: unknown) => void;
  readonly aborted: () => boolean;
  /** Aborted with the run. */
  readonly stopping: AbortSignal;
  readonly error: () => unknown;
  /** Nothing wakes up any more. */
  readonly end: () => void;
};

/** The state of a run that has not sent anything yet. Throws RangeError as `startReplay` says. */
export const createRun = (options: ReplayOptions): Run => {
  check(options);
  const { baseline, candidates } = createRunModels(options);
  const models = [baseline, ...candidates];
  const lanes = [...new Set(models.flatMap(({ live }) => live ?? []))];
  const budget = shareOf(options.sharedBudget ?? createBudget(options.budget));
  const tallies = new Map(
    options.comparisons.map(({ comparisonId }) => [comparisonId, createTally()]),
  );
  const settled = new Set<string>();
  const inFlight = new Set<AbortController>();
  const { store } = options;
  const emit = options.on ?? (() => {});
  const stopping = new AbortController();
  let firstError: unknown = null;

  const cutOff = (): AbortController => {
    const controller = new AbortController();
    if (stopping.signal.aborted) controller.abort();
    inFlight.add(controller);
    return controller;
  };
  const forget = (controller: AbortController): void => {
    inFlight.delete(controller);
  };
  const tellNews = ({ lane, ...news }: LaneNews): void => {
    const side: Side = baseline.live?.lane === lane ? 'baseline' : 'candidate';
    emit({ ...news, model: lane.label, side } as ReplayEvent);
  };
  const warmUps = createWarmUps({ options, models, budget, cutOff, forget });
  const gate = createGate({
    concurrency: options.concurrency,
    budget,
    lanes: lanes.map(({ lane }) => lane),
    now: options.now,
    ...(options.warmUp === null
      ? {}
      : { onCold: (lane) => void warmUps(lane).then(() => gate.warm(lane)) }),
    onNews: tellNews,
    onWake: () => alarm.set(),
  });
  const alarm = createAlarm({
    atMs: () => gate.wakesAtMs,
    ring: gate.advance,
    now: options.now,
    wait: options.wait,
  });
  const tallyOf = (comparisonId: string): Tally => {
    const tally = tallies.get(comparisonId);
    if (tally === undefined) throw new Error(`The run has no comparison ${comparisonId}.`);
    return tally;
  };
  const each = (task: Task, told: (key: AnswerKey, tally: Tally) => void): void => {
    const { capture, of, sample } = task;
    for (const comparisonId of task.comparisonIds) {
      const key = { comparisonId, captureId: capture.id, side: of.side, sample };
      told(key, tallyOf(comparisonId));
    }
  };
  const abort: Run['abort'] = (error) => {
    firstError ??= error ?? null;
    stopping.abort();
    gate.close();
    alarm.stop();
    for (const controller of inFlight) controller.abort();
  };
  const claims = new Claims(options, abort);
  const tell: Run['tell'] = (task, news) => {
    if (options.on === undefined) return;
    each(task, (key) => emit({ ...key, ...news }));
  };

  return {
    options,
    budget,
    gate,
    baseline,
    candidates,
    lanes,
    remedies: options.adapting?.book ?? createRemedyBook({ store, at: options.at }),
    siblings: new Set(),
    claims,
    awaited: new Map(),
    tallies,
    money: { cost: 0, uncountedAnswers: 0 },
    emit,
    tell,
    answered(task, recorded, areNew) {
      for (const [index, comparisonId] of task.comparisonIds.entries()) {
        if (areNew[index] === true) tallyOf(comparisonId).answered++;
      }
      tell(task, { kind: 'answered', recorded });
    },
    failed(task, attempts, failure, unused) {
      each(task, (key, tally) => {
        settled.add(nameOf(key));
        addOne(tally.failures[key.side], failure.reason);
      });
      tell(task, { kind: 'failed', attempts, failure, unused });
    },
    async notSent(task, reason) {
      const at = options.at();
      const { captureId, comparisonIds, sample, side } = sharedSide(task);
      // Made in one go, they share a transaction.
      await Promise.all([
        ...comparisonIds.map((comparisonId) =>
          saveNotSent(store, { comparisonId, captureId, side, sample, reason, at }),
        ),
        ...(task.of.live === null ? [] : [claims.release([sharedSide(task)])]),
      ]);
      each(task, (key, tally) => {
        settled.add(nameOf(key));
        addOne(tally.notSent, reason);
      });
      tell(task, { kind: 'not_sent', reason });
    },
    isSettled: (key) => settled.has(nameOf(key)),
    cutOff,
    forget,
    abort,
    aborted: () => stopping.signal.aborted,
    stopping: stopping.signal,
    error: () => firstError,
    end: () => alarm.stop(),
  };
};

const check = (options: ReplayOptions): void => {
  const { baseline, budget, comparisons, concurrency, samples, speed } = options;
  for (const [what, number] of Object.entries({ concurrency, samples })) {
    if (Number.isSafeInteger(number) && number >= 1) continue;
    throw new RangeError(`${what} is a whole number from 1, and this is ${number}.`);
  }
  if (speed !== null && !(speed > 0)) {
    throw new RangeError(`A speed is above 0, and this is ${speed}.`);
  }
  if (budget === null) return;
  for (const { model, price } of [baseline, ...comparisons.map(({ candidate }) => candidate)]) {
    if (model.kind === 'live' && price === null) {
      throw new RangeError(`A budget needs the price of ${model.label}.`);
    }
  }
};

const nameOf = ({ captureId, comparisonId, sample, side }: AnswerKey): string =>
  `${captureId}\0${comparisonId}\0${sample}\0${side}`;

const addOne = <Key extends FailureReason | string>(
  counts: Partial<Record<Key, number>>,
  key: Key,
): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};
