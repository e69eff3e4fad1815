import type { Side } from '../../comparison/outcome.ts';
import type { Usage } from '../../models/answer.ts';
import type { Price } from '../../models/model.ts';

/** The prices of a comparison's models, loaded when the screen stands: they are most of a start. */
export type LazyPrices = {
  /** USD; null while the price is not known or the usage is not. */
  readonly cost: (side: Side, usage: Usage | null) => number | null;
  readonly known: () => Promise<Readonly<Record<Side, Price | null>>>;
};

/** How long the first screen is left alone with the processor. */
const headStartMs = 100;

/** Nothing is loaded before `known` is called. */
export const lazyPrices = (models: Readonly<Record<Side, string>>): LazyPrices => {
  let cost: LazyPrices['cost'] = () => null;
  const load = async (): Promise<Readonly<Record<Side, Price | null>>> => {
    await new Promise((resolve) => setTimeout(resolve, headStartMs));
    const { costOf, loadPrices } = await import('../../models/prices.ts');
    const { priceOfLabel } = await import('../price-of-label.ts');
    const book = await loadPrices();
    const now = new Date();
    const prices = {
      baseline: priceOfLabel(book, models.baseline, now),
      candidate: priceOfLabel(book, models.candidate, now),
    };
    cost = (side, usage) => costOf(usage, prices[side]);
    return prices;
  };
  let loading: ReturnType<typeof load> | null = null;
  return {
    cost: (side, usage) => cost(side, usage),
    known: () => (loading ??= load()),
  };
};
