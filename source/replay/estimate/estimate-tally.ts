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
  readonly adaptations: readonly Adaptation[];
};

/** The number of calls that an adaptation affects. */
export type AdaptationCount = Pick<Adaptation, 'parameter' | 'action' | 'reason'> & {
  readonly calls: number;
};

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
      const { input, recordedOutput, mostOutput } = call;
      sums.calls += times;
      sums.input += times * input;
      sums.estimatedCalls += call.estimated ? times : 0;
      sums.attachments += times * call.attachments;
      sums.mostOutput += times * mostOutput;
      sums.mostCost += times * (costAtMost(usage(input, mostOutput), highest) ?? 0);
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
      for (const { parameter, action, reason } of call.adaptations) {
        const key = JSON.stringify([parameter, action, reason]);
        const before = changes.get(key)?.calls ?? 0;
        changes.set(key, { parameter, action, reason, calls: before + times });
      }
    },

    /**
     * Returns the estimate for `calls` calls. If the added calls are a sample, sums are scaled up.
     */
    result(calls: number): CallsEstimate {
      const scale = sums.calls === 0 ? 0 : calls / sums.calls;
      const scaled = (sum: number): number => Math.round(sum * scale);
      const { recordedCalls } = sums;
      const mean = recordedCalls === 0 ? null : sums.recordedOutput / recordedCalls;
      const others = sums.calls - recordedCalls;
      return {
        calls,
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
