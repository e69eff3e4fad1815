import { costAtMost } from '../models/prices.ts';
import type { Budget } from './limits/budget.ts';
import type { Lane } from './limits/lane.ts';
import type { ReplayOptions } from './replay-options.ts';
import type { RunModel } from './run-model.ts';

/** The most that a separate warm-up call can use. */
const callBound = { input: 200, output: 16, cachedInput: null, reasoning: null };

/** The parts of a run that its warm-ups need. */
type WarmingRun = {
  readonly options: Pick<ReplayOptions, 'budget'>;
  readonly budget: Budget;
  cutOff<Result>(call: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
};

/**
 * Warms up each model before its first call, so that the latency of the first pair excludes
 * connecting and loading the model. Models at one address share a warm-up, unless each is loaded on
 * its first call. Such a call is charged to the budget, and skipped if it does not fit.
 */
export class WarmUps {
  readonly #run: WarmingRun;
  readonly #models: readonly RunModel[];
  readonly #warm: NonNullable<ReplayOptions['warmUp']>;
  readonly #begun = new Map<string, Promise<void>>();

  constructor(
    run: WarmingRun,
    models: readonly RunModel[],
    warm: NonNullable<ReplayOptions['warmUp']>,
  ) {
    this.#run = run;
    this.#models = models;
    this.#warm = warm;
  }

  /** Resolves when the model of a lane is warm or its warm-up failed. Never rejects. */
  warmUp(lane: Lane): Promise<void> {
    const target = this.#models.find(({ live }) => live?.lane === lane);
    if (target?.model.kind !== 'live') return Promise.resolve();
    const { name, provider } = target.model;
    const key = provider.loadsOnFirstCall ? `${provider.baseUrl} ${name}` : provider.baseUrl;
    let warming = this.#begun.get(key);
    if (warming === undefined) {
      warming = this.#warmUpOnce(target);
      this.#begun.set(key, warming);
    }
    return warming;
  }

  async #warmUpOnce({ apiKey, model, price }: RunModel): Promise<void> {
    if (model.kind !== 'live') return;
    const isPaid = model.provider.loadsOnFirstCall && this.#run.options.budget !== null;
    const atMost = isPaid ? (costAtMost(callBound, price) ?? 0) : 0;
    const { budget } = this.#run;
    const reservation = budget.reserve(atMost);
    if (reservation === null) return;
    try {
      await this.#run.cutOff((signal) => this.#warm({ model, apiKey, signal }));
    } finally {
      budget.settle(reservation, atMost);
    }
  }
}
