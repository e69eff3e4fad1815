import type { Catalogue, CatalogueModel } from './catalogue.ts';

export type PriceRow = {
  readonly id: string;
  readonly model: string;
  readonly origin: string | null;
  /** USD per million tokens. */
  readonly input: number | null;
  readonly output: number;
  /** Output price ÷ the baseline's, to six digits. */
  readonly multiplier: number;
};

export type ScoreRow = { readonly id: string; readonly model: string; readonly score: number };

/** The published figures, each table in the order of its source. */
export type PublishedTables = {
  readonly prices: readonly PriceRow[];
  readonly outputPricesBesideScores: readonly PriceRow[];
  readonly scores: {
    readonly mmlu: readonly ScoreRow[];
    readonly humanEval: readonly ScoreRow[];
    readonly cEval: readonly ScoreRow[];
  };
};

/** The catalogue as its source prints it, prices against a baseline that has an output price. */
export const publishedTables = (
  { models, tables }: Catalogue,
  baselineOutput: number,
): PublishedTables => {
  const inOrder = (ids: readonly string[]): readonly CatalogueModel[] =>
    ids.flatMap((id) => models.filter((model) => model.id === id));
  const priceRows = (ids: readonly string[]): readonly PriceRow[] =>
    inOrder(ids).flatMap(({ id, name, origin, price }) =>
      price === null
        ? []
        : [
            {
              id,
              model: name,
              origin,
              ...price,
              multiplier: Number((price.output / baselineOutput).toPrecision(6)),
            },
          ],
    );
  const scoreRows = (of: keyof CatalogueModel['scores']): readonly ScoreRow[] =>
    inOrder(tables.scores).flatMap(({ id, name, scores }) =>
      scores[of] === null ? [] : [{ id, model: name, score: scores[of] }],
    );
  return {
    prices: priceRows(tables.prices),
    outputPricesBesideScores: priceRows(tables.outputPricesBesideScores),
    scores: {
      mmlu: scoreRows('mmlu'),
      humanEval: scoreRows('humanEval'),
      cEval: scoreRows('cEval'),
    },
  };
};

/** `40×`, `7.7×`, `0.025×`: one decimal from 1 on, two digits below, no zeros at the end. */
export const multiplierText = (multiplier: number): string => {
  const text = multiplier >= 0.95 ? multiplier.toFixed(1) : multiplier.toPrecision(2);
  return `${Number(text)}×`;
};
