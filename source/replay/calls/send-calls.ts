import type { Remedy } from '../../models/adaptation/remedy.ts';
import type { Answer, CallResult, Failure } from '../../models/answer.ts';
import { longestWaitMs } from '../limits/health.ts';
import { modelPauseMs, retryDelayMs, withLongWait } from '../limits/retry.ts';
import type { Admission, CallTicket, RefusalReason, WaitingCall } from '../limits/waiting-calls.ts';
import { maximumRemedies } from '../remedy-book.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import { arrivedAnswer, type RunCalls } from './run-calls.ts';

export type AnsweredCall = Extract<CallResult, { kind: 'answered' }>;
export type FailedCall = Extract<CallResult, { kind: 'failed' }>;

/**
 * The response to a rejection: the changed call to send next, or a change that was not approved.
 */
export type RefusalResponse<Call> =
  | { readonly kind: 'changed'; readonly call: Call; readonly remedy: Remedy }
  | { readonly kind: 'unchanged'; readonly unused: Remedy | null };

/** The next attempt of a call. `change` is that of a refused request; null if it is sent unchanged. */
export type NextAttempt = {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly failure: Failure;
  readonly delayMs: number;
  readonly change: Remedy | null;
};

/** What a kind of run does with its calls. `Kept` is what it says of an answer that it stored. */
export type CallKeeper<Call extends OutgoingCall, Kept> = {
  /** Stores an answer. */
  readonly keepAnswer: (call: Call, result: AnsweredCall) => Promise<Kept>;
  /** Stores a failed attempt. `final`: this run makes no further one. */
  readonly keepFailure: (
    call: Call,
    result: FailedCall,
    options: { readonly final: boolean },
  ) => Promise<void>;
  /** Returns a call as it is sent now, if what was learnt while it waited may have changed it. */
  readonly refresh?: (call: Call) => Promise<Call>;
  /** How rejected requests are changed; by default they are not. */
  readonly amending?: {
    /** Whether a person decides, which may take long. */
    readonly isAsked: boolean;
    readonly respond: (call: Call, failure: Failure) => Promise<RefusalResponse<Call>>;
  };
  readonly onSent?: (call: Call, attempt: number) => void;
  readonly onText?: (call: Call, text: string) => void;
  readonly onRetry?: (call: Call, next: NextAttempt) => void;
};

/** What became of a call in this run. Everything that arrived is stored. */
export type CallEnd<Call, Kept> =
  | { readonly kind: 'answered'; readonly call: Call; readonly answer: Answer; readonly kept: Kept }
  | {
      readonly kind: 'failed';
      readonly call: Call;
      readonly attempts: number;
      readonly failure: Failure;
      /** A change that would have helped a refused request but was not made; otherwise null. */
      readonly unused: Remedy | null;
    }
  /** It was in flight when the run was ended. */
  | { readonly kind: 'cut_off' }
  | { readonly kind: 'not_sent'; readonly call: Call; readonly why: RefusalReason };

/**
 * Sends calls that start together, once the gate admits them, tries again what may pass, and stores what came
 * of it. A call holds a place at the gate only while it is in flight. Resolves when each call was sent or
 * refused; each of `ends` when `settle` has dealt with the end of its call. An error of a call ends the run.
 */
export const sendCalls = async <Call extends OutgoingCall, Kept, Settled>(
  calls: RunCalls,
  group: readonly Call[],
  keeper: CallKeeper<Call, Kept>,
  options: {
    /** The earliest time at which the calls could have been sent if nothing had delayed them. */
    readonly dueMs: number;
    /** Whether the calls wait as long as necessary; otherwise they may end as to be sent `later`. */
    readonly patient: boolean;
    readonly settle: (end: CallEnd<Call, Kept>, call: Call) => Promise<Settled>;
  },
): Promise<{ readonly ends: readonly Promise<Settled>[] }> => {
  const { dueMs, patient, settle } = options;
  const ends: Promise<Settled>[] = [];
  await new Promise<void>((taken) => {
    const waiting = group.map((call) => {
      const admission = Promise.withResolvers<Admission>();
      const end = makeCall(calls, call, keeper, { admission: admission.promise, dueMs }).then(
        (ended) => settle(ended, call),
      );
      // The caller may wait for another call of the group before it looks at this one.
      end.catch((error: unknown) => calls.abort(error));
      ends.push(end);
      return waitingCall(call, admission.resolve);
    });
    calls.gate.begin(waiting, { patient, taken });
  });
  return { ends };
};

const makeCall = async <Call extends OutgoingCall, Kept>(
  calls: RunCalls,
  first: Call,
  keeper: CallKeeper<Call, Kept>,
  { admission, dueMs }: { readonly admission: Promise<Admission>; readonly dueMs: number },
): Promise<CallEnd<Call, Kept>> => {
  const { now } = calls.options;
  let call = first;
  let remedies = 0;
  let admitted = await admission;
  let due = dueMs;
  for (let attempt = 1; ; attempt++) {
    if (admitted.kind === 'refused') return { kind: 'not_sent', call, why: admitted.why };
    const { ticket } = admitted;
    call = (await keeper.refresh?.(call)) ?? call;
    keeper.onSent?.(call, attempt);
    const result = await callOnce(calls, call, keeper, now() - due);
    if (result.kind === 'answered') {
      const kept = await keepAnswer(calls, call, keeper, { result, ticket });
      return { kind: 'answered', call, answer: result.answer, kept };
    }
    const next = await keepFailure(calls, call, keeper, { result, ticket, attempt, remedies });
    if ('kind' in next) return next;
    if (next.call !== call) remedies++;
    call = next.call;
    due = now() + next.delayMs;
    admitted = await admittedAgain(calls, call, next.delayMs);
  }
};

const waitingCall = (
  { atMost, bytes, chatBody, live }: OutgoingCall,
  admitted: (admission: Admission) => void,
): WaitingCall => {
  const { estimate, lane } = live;
  const tokens = lane.countsTokens ? estimate.tokens(chatBody, bytes) : 0;
  return { lane, atMost, tokens, admitted };
};

const admittedAgain = (calls: RunCalls, call: OutgoingCall, delayMs: number): Promise<Admission> =>
  new Promise((admitted) => {
    calls.gate.retry(waitingCall(call, admitted), delayMs);
  });

const callOnce = <Call extends OutgoingCall>(
  calls: RunCalls,
  outgoing: Call,
  { onText }: Pick<CallKeeper<Call, unknown>, 'onText'>,
  queueMs: number,
): Promise<CallResult> =>
  calls.cutOff(async (signal) => {
    const { call, maximumBytes, now, thinkTags } = calls.options;
    const { body, dialect, live, model, original, target } = outgoing;
    const result = await call({
      model,
      body: original?.restore(body) ?? body,
      dialect,
      apiKey: target.apiKey,
      deadlines: live.deadlines,
      maximumBytes,
      signal,
      now,
      ...(thinkTags === undefined ? {} : { thinkTags }),
      // A value may be split over chunks, so an answer to an original is shown only when it is whole.
      ...(onText === undefined || original !== null
        ? {}
        : { onText: (text: string) => onText(outgoing, text) }),
    });
    const timed = { ...result, timings: { ...result.timings, queueMs } };
    return original?.redact(timed) ?? timed;
  });

const keepAnswer = async <Call extends OutgoingCall, Kept>(
  calls: RunCalls,
  call: Call,
  keeper: CallKeeper<Call, Kept>,
  { result, ticket }: { readonly result: AnsweredCall; readonly ticket: CallTicket },
): Promise<Kept> => {
  const { rateLimits } = result;
  const cost = calls.book(call, result);
  const tokens = usedTokens(call, result);
  const kept = await keeper.keepAnswer(call, result);
  // Leave the gate only now: a killed run then loses no more answers than may be in flight at once.
  calls.gate.leave(ticket, cost, { failure: null, pauseMs: null, tokens, rateLimits });
  return kept;
};

/** Keeps a failed attempt. Returns the next call and its time, or how the call has ended. */
const keepFailure = async <Call extends OutgoingCall, Kept>(
  calls: RunCalls,
  call: Call,
  keeper: CallKeeper<Call, Kept>,
  failed: {
    readonly result: FailedCall;
    readonly ticket: CallTicket;
    readonly attempt: number;
    /** The number of attempts whose request was changed after a refusal. */
    readonly remedies: number;
  },
): Promise<{ readonly call: Call; readonly delayMs: number } | CallEnd<Call, Kept>> => {
  const { attempt, remedies, ticket } = failed;
  const { patience, random } = calls.options;
  const longestMs = longestWaitMs(patience);
  const result = { ...failed.result, failure: withLongWait(failed.result.failure, longestMs) };
  const { failure, rateLimits } = result;
  const cost = calls.book(call, result);
  const tokens = usedTokens(call, result);
  let isCutOff = failure.reason === 'interrupted' || calls.isAborted;
  const retryMs = isCutOff ? null : retryDelayMs(failure, attempt - remedies, random, longestMs);
  const mayChange = !isCutOff && failure.reason === 'rejected' && remedies < maximumRemedies;
  const amending = mayChange ? keeper.amending : undefined;
  let response: RefusalResponse<Call> | undefined;
  // The next call can already use the new remedy. No place at the gate is held while a person
  // decides.
  if (amending?.isAsked === false) response = await amending.respond(call, failure);
  const pauseMs = modelPauseMs(failure, retryMs);
  calls.gate.leave(ticket, cost, { failure, pauseMs, tokens, rateLimits });
  if (call.live.lane.stopped !== null) call.live.stoppedBy ??= failure;
  if (amending?.isAsked === true) response = await amending.respond(call, failure);
  // The answer of a person who was asked to stop is none.
  isCutOff ||= amending?.isAsked === true ? calls.isEnding : calls.isAborted;
  const changed = response?.kind === 'changed' ? response : null;
  const isOver = isCutOff || call.live.stoppedBy !== null;
  const delayMs = isOver ? null : changed === null ? retryMs : 0;
  // A call that the user aborted has not failed: the next run sends it.
  const isFinal = delayMs === null && !isCutOff;
  await keeper.keepFailure(call, result, { final: isFinal });
  if (isCutOff) return { kind: 'cut_off' };
  if (delayMs === null) {
    const unused = response?.kind === 'unchanged' ? response.unused : null;
    return { kind: 'failed', call, attempts: attempt, failure, unused };
  }
  const next = changed?.call ?? call;
  keeper.onRetry?.(next, { attempt, failure, delayMs, change: changed?.remedy ?? null });
  return { call: next, delayMs };
};

/**
 * Returns the tokens that the provider counted, for the token estimate; null if it counted none.
 */
const usedTokens = ({ bytes, live }: OutgoingCall, result: CallResult): number | null => {
  const usage = arrivedAnswer(result)?.usage ?? null;
  if (usage === null) return null;
  live.estimate.learn(bytes, usage);
  return (usage.input ?? 0) + (usage.output ?? 0);
};
