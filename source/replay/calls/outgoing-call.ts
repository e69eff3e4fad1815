import type { Failure, Usage } from '../../models/answer.ts';
import type { Deadlines } from '../../models/call/deadlines.ts';
import { costAtMost, dearestPrice } from '../../models/prices.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { chatForm } from '../../traffic/dialects/translate-request.ts';
import { usageBound } from '../limits/cost-bound.ts';
import { Lane } from '../limits/lane.ts';
import { TokenEstimate } from '../limits/token-estimate.ts';
import type { OriginalRequest } from '../original-requests.ts';
import type { CallableModel, RunCallsOptions, LiveModel } from '../replay-options.ts';

/** The state that calls to one live model share. */
export type LiveLane = {
  readonly lane: Lane;
  readonly estimate: TokenEstimate;
  readonly deadlines: Deadlines;
  /** The number of answers so far, and how many of them have a known cost. */
  answers: number;
  pricedAnswers: number;
  /** The failure that made the lane stop; null while it is in use. */
  stoppedBy: Failure | null;
};

/** Creates the lane of a live model to which nothing was sent yet. */
export const createLiveLane = (
  model: LiveModel,
  {
    deadlinesOf,
    modelLimits,
    patience,
  }: Pick<RunCallsOptions, 'deadlinesOf' | 'modelLimits' | 'patience'>,
): LiveLane => ({
  lane: new Lane({ label: model.label, limits: modelLimits(model), patience }),
  estimate: new TokenEstimate(),
  deadlines: deadlinesOf(model),
  answers: 0,
  pricedAnswers: 0,
  stoppedBy: null,
});

/** A request to a live model, as it is sent. */
export type UnmeasuredCall = {
  readonly target: Pick<CallableModel, 'apiKey' | 'price'>;
  readonly model: LiveModel;
  readonly live: LiveLane;
  readonly dialect: Dialect;
  readonly body: JsonObject;
  /** Null if the body is sent unchanged. */
  readonly original: OriginalRequest | null;
};

/** A request with its size and the most that one attempt at it can use. */
export type OutgoingCall = UnmeasuredCall & {
  /** The body in the words of chat completions, for estimates. */
  readonly chatBody: JsonObject;
  /** The size of the request sent, as JSON. */
  readonly bytes: number;
  /** The most that one attempt can use, and its cost in USD; 0 without a budget. */
  readonly bound: Usage;
  readonly atMost: number;
};

/** Measures a request, at the highest price of the time in which it may be sent. */
export const measureCall = <Request extends UnmeasuredCall>(
  request: Request,
  { at, budget }: Pick<RunCallsOptions, 'at' | 'budget'>,
): Request & OutgoingCall => {
  const { body, dialect, original, target } = request;
  const chatBody = chatForm(dialect, body);
  const sent = JSON.stringify(original?.restore(body) ?? body);
  const bytes = Buffer.byteLength(sent);
  const bound = usageBound(chatBody, sent);
  const dearest = dearestPrice(target.price, new Date(at()));
  const atMost = budget === null ? 0 : (costAtMost(bound, dearest) ?? 0);
  return { ...request, chatBody, bytes, bound, atMost };
};
