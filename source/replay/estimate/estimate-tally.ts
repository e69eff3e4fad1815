import type { RequestPath } from '../../models/request-path.ts';
import type { Usage } from '../../models/answer.ts';
import type { Price } from '../../models/model.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { costAtMost, costOf, highestPrice } from '../../models/prices.ts';

/** The estimated usage of one call, in tokens. */
export type CallEstimate = {
  readonly input: number;
  /** Whether part of the input has no documented token count. */
  readonly estimated: boolean;
  /** The number of input parts that are not text. `input` excludes them. */
  readonly attachments: number;
  /** The length of the recorded answer; null if there is none. */
  readonly recordedOutput: number | null;
  readonly mostOutput: number;
  /** Whether `mostOutput` is the request's own limit rather than the default. */
  readonly ownLimit: boolean;
  /** Whether the request asks for an hour in a cache, to which all of its input may then be written. */
  readonly hourInCache: boolean;
  readonly path: RequestPath;
  readonly adaptations: readonly Adaptation[];
};

/** The number of calls that an adaptation affects. */
export type AdaptationCount = Pick<Adaptation, 'parameter' | 'action' | 'reason' | 'lossy'> & {
  readonly calls: number;
};

/** The number of calls that cannot be made, for one reason. */
export type UnsentCount = { readonly reason: string; readonly calls: number };

/** The estimated usage of all calls to one model. Costs are in USD; null if unknown. */
export type CallsEstimate = {
  readonly calls: number;
  readonly input: number;
  readonly estimatedCalls: number;
  readonly attachments: number;
  /**
   * The sum of the recorded answers, plus their mean for each call without one; null if there are
   * none.
   */
  readonly expectedOutput: number | null;
  readonly recordedCalls: number;
  readonly mostOutput: number;
  readonly unlimitedCalls: number;
  readonly expectedCost: number | null;
  readonly mostCost: number | null;
  /** How the calls reach the model. */
  readonly paths: Readonly<Record<RequestPath, number>>;
  /** Requests that cannot be asked of the model or of the other side, which are not in `calls`. */
  readonly notReplayable: readonly UnsentCount[];
  readonly adaptations: readonly AdaptationCount[];
};

/** Sums the estimates of the calls to one model: at its price, and at most at its highest rates of the day. */
export const createEstimateTally = (price: Price | null) => {
  const sums = {
    calls: 0,
    input: 0,
    estimatedCalls: 0,
    attachments: 0,
    recordedOutput: 0,
    recordedCalls: 0,
    recordedCost: 0,
    mostOutput: 0,
    unlimitedCalls: 0,
    mostCost: 0,
    /**
     * For calls without a recorded answer: the cost of their input, and of one output token each.
     */
    otherInputCost: 0,
    otherTokenCost: 0,
  };
  const paths = { native: 0, bridged: 0, lossy: 0 };
  const unsent = new Map<string, number>();
  const changes = new Map<string, AdaptationCount>();
  const highest = highestPrice(price);
  const usage = (input: number, output: number): Usage => ({
    input,
    output,
    cachedInput: null,
    reasoning: null,
  });
  const cost = (input: number, output: number): number => costOf(usage(input, output), price) ?? 0;

  return {
    /** Adds a call that is made `times` times. */
    add(call: CallEstimate, times: number): void {
      if (times === 0) return;
      const { hourInCache, input, recordedOutput, mostOutput } = call;
      const most = { ...usage(input, mostOutput), hourCacheWrite: hourInCache ? input : null };
      sums.calls += times;
      paths[call.path] += times;
      sums.input += times * input;
      sums.estimatedCalls += call.estimated ? times : 0;
      sums.attachments += times * call.attachments;
      sums.mostOutput += times * mostOutput;
      sums.mostCost += times * (costAtMost(most, highest) ?? 0);
      sums.unlimitedCalls += call.ownLimit ? 0 : times;
      if (recordedOutput === null) {
        sums.otherInputCost += times * cost(input, 0);
        sums.otherTokenCost += times * (cost(input, 1) - cost(input, 0));
      } else {
        const output = Math.min(recordedOutput, mostOutput);
        sums.recordedCalls += times;
        sums.recordedOutput += times * output;
        sums.recordedCost += times * cost(input, output);
      }
      for (const { parameter, action, reason, lossy } of call.adaptations) {
        const key = JSON.stringify([parameter, action, reason, lossy]);
        const before = changes.get(key)?.calls ?? 0;
        const change = { parameter, action, reason, calls: before + times };
        changes.set(key, lossy === true ? { ...change, lossy } : change);
      }
    },

    /** Adds a request that is not sent. */
    addUnsent(reason: string, times: number): void {
      if (times > 0) unsent.set(reason, (unsent.get(reason) ?? 0) + times);
    },

    /**
     * Returns the estimate for `requests` requests. If the added ones are a sample, sums are scaled up.
     */
    result(requests: number): CallsEstimate {
      const added = [...unsent.values()].reduce((sum, one) => sum + one, sums.calls);
      const scale = added === 0 ? 0 : requests / added;
      const calls = Math.round(sums.calls * scale);
      const scaled = (sum: number): number => Math.round(sum * scale);
      const { recordedCalls } = sums;
      const mean = recordedCalls === 0 ? null : sums.recordedOutput / recordedCalls;
      const others = sums.calls - recordedCalls;
      return {
        calls,
        paths: {
          native: scaled(paths.native),
          bridged: scaled(paths.bridged),
          lossy: scaled(paths.lossy),
        },
        notReplayable: Array.from(unsent, ([reason, times]) => ({
          reason,
          calls: scaled(times),
        })).toSorted((a, b) => b.calls - a.calls || (a.reason < b.reason ? -1 : 1)),
        input: scaled(sums.input),
        estimatedCalls: scaled(sums.estimatedCalls),
        attachments: scaled(sums.attachments),
        expectedOutput: mean === null ? null : scaled(sums.recordedOutput + others * mean),
        recordedCalls: scaled(recordedCalls),
        mostOutput: scaled(sums.mostOutput),
        unlimitedCalls: scaled(sums.unlimitedCalls),
        expectedCost:
          price === null || mean === null
            ? null
            : scale * (sums.recordedCost + sums.otherInputCost + mean * sums.otherTokenCost),
        mostCost: price === null ? null : scale * sums.mostCost,
        adaptations: [...changes.values()]
          .map((change) => ({ ...change, calls: scaled(change.calls) }))
          .toSorted((a, b) => b.calls - a.calls || (a.parameter < b.parameter ? -1 : 1)),
      };
    },
  };
};

export type EstimateTally = ReturnType<typeof createEstimateTally>;
