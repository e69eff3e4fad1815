import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { Model, Price } from '../../models/model.ts';
import { loadPrices } from '../../models/prices.ts';
import type { RunModels } from './replay-settings.ts';

/** A model that a run calls or whose recordings it takes, and the side that it answers for. */
export type SideModel = { readonly side: Side; readonly model: Model };

/** The baseline first, then each candidate. */
export const sidesOfRun = ({ baseline, candidates }: RunModels): readonly SideModel[] => [
  { side: 'baseline', model: baseline },
  ...candidates.map((model) => ({ side: 'candidate' as const, model })),
];

/** Each with what it costs at a time; `given` takes the place of all other prices (the demo). */
export const withPrices = async (
  models: readonly SideModel[],
  options: {
    readonly settings: Settings;
    readonly at: Date;
    readonly given?: Readonly<Record<Side, Price | null>> | undefined;
  },
): Promise<readonly (SideModel & { readonly price: Price | null })[]> => {
  const { at, given, settings } = options;
  if (given !== undefined) return models.map((one) => ({ ...one, price: given[one.side] }));
  const { priceOf } = await loadPrices(settings.prices);
  return models.map((one) => ({ ...one, price: priceOf(one.model, at) }));
};
