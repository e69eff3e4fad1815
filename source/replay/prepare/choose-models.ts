import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import { checkKeyHosts, noKeys, readRunKeys, type RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { loadPrices } from '../../models/prices.ts';
import { checkBudget } from '../../money/settle-budget.ts';
import { modelsOf, type ReplaySettings, type RunModels } from './replay-settings.ts';
import { requireBatchApis } from './requirements.ts';

/** A model of a run with its side and its price (null if unknown). */
export type SideModel = {
  readonly side: Side;
  readonly model: Model;
  readonly price: Price | null;
};

/** The models of a run, with their prices and keys. */
export type ChosenModels = {
  readonly baseline: SideModel;
  /** At least one. */
  readonly candidates: readonly SideModel[];
  readonly keys: RunKeys;
};

/** Models and prices that replace the user's (for the demo). */
export type SimulatedModels = {
  readonly models: RunModels;
  readonly prices: Readonly<Record<Side, Price | null>>;
};

/**
 * Finds the requested models, with their prices and keys. Opens nothing and sends nothing. Throws
 * UserError for:
 * - a model that is unknown, missing or named twice, or has no Batch API although batches are
 * requested;
 * - a key that is missing or would go to a wrong host;
 * - a budget that cannot be kept, or is missing where nobody can be asked for it.
 * A dry run needs neither key nor budget.
 */
export const chooseModels = async (
  asked: Pick<ReplaySettings, 'baseline' | 'batch' | 'budget' | 'candidate'>,
  context: {
    readonly settings: Settings;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly at: Date;
    readonly isDryRun: boolean;
    /** Whether a person can be asked for a budget. */
    readonly canAsk: boolean;
    readonly simulated: SimulatedModels | null;
  },
): Promise<ChosenModels> => {
  const { at, canAsk, environment, isDryRun, settings, simulated } = context;
  const { baseline, candidates } = simulated?.models ?? modelsOf(asked, settings.providers);
  const sideModels = [
    { side: 'baseline' as const, model: baseline },
    ...candidates.map((model) => ({ side: 'candidate' as const, model })),
  ];
  if (asked.batch) requireBatchApis(sideModels);
  const priceOf =
    simulated === null
      ? await loadPrices(settings.prices).then(
          (book) => (one: { readonly model: Model }) => book.priceOf(one.model, at),
        )
      : (one: { readonly side: Side }) => simulated.prices[one.side];
  const [first, ...others] = sideModels.map((one) => ({ ...one, price: priceOf(one) }));
  if (first === undefined) throw new Error('A run has a baseline.');
  const models = sideModels.map(({ model }) => model);
  if (isDryRun) checkKeyHosts(models, environment, settings);
  const keys = isDryRun ? noKeys : readRunKeys(models, environment, settings);
  if (simulated === null && !isDryRun) checkBudget(asked.budget, [first, ...others], canAsk);
  return { baseline: first, candidates: others, keys };
};
