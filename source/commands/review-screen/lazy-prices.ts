import type { Side } from '../../comparison/outcome.ts';
import type { Settings } from '../../configuration/settings.ts';
import type { Answer } from '../../models/answer.ts';
import type { Price } from '../../models/model.ts';

/** The prices of a comparison's models, loaded when the screen stands: they are most of a start. */
export type LazyPrices = {
  /** USD as the provider said it, else by the price; null while that or the usage is not known. */
  readonly cost: (
    side: Side,
    answer: Pick<Answer, 'usage' | 'cost'>,
    batch: boolean,
  ) => number | null;
  readonly known: () => Promise<Readonly<Record<Side, Price | null>>>;
};

/** How long the first screen is left alone with the processor. */
const headStartMs = 100;

/** Nothing is loaded before `known` is called. */
export const lazyPrices = (
  models: Readonly<Record<Side, string>>,
  settings: Pick<Settings, 'prices' | 'providers'>,
): LazyPrices => {
  let cost: LazyPrices['cost'] = (_, answer) => answer.cost;
  const load = async (): Promise<Readonly<Record<Side, Price | null>>> => {
    await new Promise((resolve) => setTimeout(resolve, headStartMs));
    const { costOfAnswer, loadPrices } = await import('../../models/prices.ts');
    const { priceOfLabel } = await import('../../money/prices-to-pay.ts');
    const book = await loadPrices(settings.prices);
    const now = new Date();
    const prices = {
      baseline: priceOfLabel(book, models.baseline, now, settings.providers),
      candidate: priceOfLabel(book, models.candidate, now, settings.providers),
    };
    cost = (side, answer, batch) => costOfAnswer(answer, prices[side], batch);
    return prices;
  };
  let loading: ReturnType<typeof load> | null = null;
  return {
    cost: (side, answer, batch) => cost(side, answer, batch),
    known: () => (loading ??= load()),
  };
};
