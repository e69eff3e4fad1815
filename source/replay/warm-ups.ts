import { costOf } from '../models/prices.ts';
import type { Budget } from './limits/budget.ts';
import type { Lane } from './limits/lane.ts';
import type { ReplayOptions } from './options.ts';
import type { RunModel } from './run-model.ts';

/** The most that a warm-up can use where it is a call of its own. */
const callBound = { input: 200, output: 16, cachedInput: null, reasoning: null };

/**
 * Warms up the model of a lane, so that the first pair's latency is not that of a connection or of a
 * model being loaded. Models of one address share it, but where each is loaded on its first call: that
 * call counts against the budget, and is left out where it does not fit. Never rejects.
 */
export const createWarmUps = ({
  options,
  models,
  budget,
  cutOff,
  forget,
}: {
  readonly options: ReplayOptions;
  readonly models: readonly RunModel[];
  readonly budget: Budget;
  readonly cutOff: () => AbortController;
  readonly forget: (controller: AbortController) => void;
}): ((lane: Lane) => Promise<void>) => {
  const begun = new Map<string, Promise<void>>();
  const once = async ({ model, apiKey, price }: RunModel): Promise<void> => {
    if (model.kind !== 'live' || options.warmUp === null) return;
    const calls = model.provider.loadsOnFirstCall;
    const atMost = calls && options.budget !== null ? (costOf(callBound, price) ?? 0) : 0;
    const reservation = budget.reserve(atMost);
    if (reservation === null) return;
    const controller = cutOff();
    try {
      await options.warmUp({ model, apiKey, signal: controller.signal });
    } finally {
      forget(controller);
      budget.settle(reservation, atMost);
    }
  };
  return (lane) => {
    const of = models.find(({ live }) => live?.lane === lane);
    if (of === undefined || of.model.kind !== 'live') return Promise.resolve();
    const { name, provider } = of.model;
    const key = provider.loadsOnFirstCall ? `${provider.baseUrl} ${name}` : provider.baseUrl;
    let warming = begun.get(key);
    if (warming === undefined) {
      warming = once(of);
      begun.set(key, warming);
    }
    return warming;
  };
};
