import { costAtMost } from '../models/prices.ts';
import type { RunCalls } from './calls/run-calls.ts';
import type { Lane } from './limits/lane.ts';
import type { ReplayOptions } from './replay-options.ts';
import type { RunModel } from './run-model.ts';

/** The most that a separate warm-up call can use. */
const callBound = { input: 200, output: 16, cachedInput: null, reasoning: null };

/**
 * Warms up each model before its first call, so that the latency of the first pair excludes
 * connecting and loading the model. Models at one address share a warm-up, unless each is loaded on
 * its first call. Such a call is charged to the budget, and skipped if it does not fit.
 */
export class WarmUps {
  readonly #models: readonly RunModel[];
  readonly #warm: NonNullable<ReplayOptions['warmUp']>;
  readonly #begun = new Map<string, Promise<void>>();

  constructor(models: readonly RunModel[], warm: NonNullable<ReplayOptions['warmUp']>) {
    this.#models = models;
    this.#warm = warm;
  }

  /** Resolves when the model of a lane is warm or its warm-up failed. Never rejects. */
  warmUp(lane: Lane, calls: RunCalls): Promise<void> {
    const target = this.#models.find(({ live }) => live?.lane === lane);
    if (target?.model.kind !== 'live') return Promise.resolve();
    const { name, provider } = target.model;
    const key = provider.loadsOnFirstCall ? `${provider.baseUrl} ${name}` : provider.baseUrl;
    let warming = this.#begun.get(key);
    if (warming === undefined) {
      warming = this.#warmUpOnce(target, calls);
      this.#begun.set(key, warming);
    }
    return warming;
  }

  async #warmUpOnce({ apiKey, model, price }: RunModel, calls: RunCalls): Promise<void> {
    if (model.kind !== 'live') return;
    const { budget } = calls;
    const isPaid = model.provider.loadsOnFirstCall && calls.options.budget !== null;
    const atMost = isPaid ? (costAtMost(callBound, price) ?? 0) : 0;
    const reservation = budget.reserve(atMost);
    if (reservation === null) return;
    try {
      await calls.cutOff((signal) => this.#warm({ model, apiKey, signal }));
    } finally {
      budget.settle(reservation, atMost);
    }
  }
}
