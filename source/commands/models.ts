import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import {
  catalogue,
  multiplierText,
  publishedTables,
  requirePricedModel,
  type CatalogueModel,
  type PricedCatalogueModel,
} from '../models/catalogue.ts';
import { keyState, type Environment } from '../models/keys.ts';
import type { Price, Provider } from '../models/model.ts';
import { laterRates, loadPrices, type LaterRates, type PriceBook } from '../models/prices.ts';
import { builtInProviders } from '../models/providers.ts';
import { priceOfLabel } from '../money/prices-to-pay.ts';
import { unknown } from '../text/numbers.ts';
import { tableText } from '../text/table.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags } from './flags/read-flags.ts';

/**
 * Runs `understudy models`: the catalogue, or published prices and scores next to the `--baseline`
 * model.
 */
export const models: Command<'models'> = async (argv) => {
  const { flags } = readFlags('models', argv);
  const { prices, providers } = await readConfiguration(flags.config, process.env);
  const { baseline, json } = flags;
  const format = json ? 'json' : 'text';
  process.stdout.write(
    baseline === undefined
      ? catalogueText({
          format,
          environment: process.env,
          providers,
          book: await loadPrices(prices),
          now: new Date(),
        })
      : publishedText(requirePricedModel(baseline), format),
  );
  return 0;
};

const price = (usd: number | null | undefined): string => usd?.toFixed(2) ?? unknown;

const sourceLine = (): string => `Source: ${catalogue().source}, ${catalogue().date}.`;

/** The data of the printed catalogue. */
export type CatalogueOptions = {
  readonly format: 'text' | 'json';
  readonly environment: Environment;
  readonly providers: readonly Provider[];
  readonly book: PriceBook;
  readonly now: Date;
};

/** Returns the output of `understudy models`: the models with the prices that a call of now has, and the providers. */
export const catalogueText = (options: CatalogueOptions): string => {
  const { environment, format, now, providers } = options;
  if (format === 'json') return jsonDocument(catalogueDocument(options), 'indented');
  const offers = catalogue().models.map((model) => {
    // A model that cannot be named is no row.
    const served = offersOf(model, options).filter(({ name }) => name !== null);
    return { model, served };
  });
  const modelTable = tableText(
    ['model', 'origin', 'input', 'output', 'served by'],
    offers.flatMap(({ model, served }) => {
      const known = served.map((offer) => [
        price(offer.price?.input),
        price(offer.price?.output),
        offer.shown,
      ]);
      const rows = known.length === 0 ? [[unknown, unknown, unknown]] : known;
      return rows.map((row, index) => [
        index === 0 ? model.id : '',
        index === 0 ? (model.origin ?? unknown) : '',
        ...row,
      ]);
    }),
    [2, 3],
  );
  const changes = offers.flatMap(({ served }) =>
    served.flatMap(({ shown, changes: later }) =>
      later.map((rates) => `${shown}, ${ratesText(rates)}`),
    ),
  );
  const providerTable = tableText(
    ['provider', 'key', 'variable', 'base URL'],
    providers.map((provider) => [
      provider.id,
      keyState(provider, environment),
      provider.keyVariables.join(', '),
      provider.baseUrl,
    ]),
  );
  return `Models, USD per million tokens at ${minuteText(now)}

${modelTable}

${unnamedText(options.providers)}${changes.map((line) => `${line}\n`).join('')}Prices: the configuration, then ${options.book.source}.
Scores and published prices: understudy models --baseline NAME

Providers; name any other OpenAI-compatible server by its URL: http://127.0.0.1:8080/v1#qwen3-32b

${providerTable}
`;
};

/** The providers that serve models of the catalogue under names that are not known, a line each. */
const unnamedText = (providers: readonly Provider[]): string =>
  providers
    .map(({ baseUrl, id }) => {
      const all = catalogue().models;
      const unnamed = all.filter(({ servedBy }) =>
        servedBy.some(({ name, provider }) => provider === id && name === null),
      ).length;
      return unnamed === 0
        ? ''
        : `${id} serves ${unnamed === all.length ? 'all' : unnamed} of them too, under names that only its own list has: ${baseUrl}/models\n`;
    })
    .join('');

/** A model at one of the providers that serve it. */
type Offer = {
  readonly provider: string;
  /** Null if its name there is not known. */
  readonly name: string | null;
  readonly shown: string;
  /** The price of a call now; null if unknown. */
  readonly price: Price | null;
  /** The different price of a call within the next 24 hours, and its time. */
  readonly changes: readonly LaterRates[];
};

const offersOf = (
  model: CatalogueModel,
  { book, now, providers }: CatalogueOptions,
): readonly Offer[] =>
  model.servedBy.map(({ provider, name }) => {
    const current = priceOfLabel(book, `${provider}/${name ?? model.id}`, now, providers);
    return {
      provider,
      name,
      shown: `${provider}/${name ?? '…'}`,
      price: current,
      changes: current === null ? [] : laterRates(current, now),
    };
  });

/** `01:00–04:00 and 06:00–10:00 UTC: 0.44 in, 1.32 out`. */
const ratesText = ({ input, output, spans }: LaterRates): string => {
  const times = spans.map(({ from, to }) =>
    to === null ? `from ${minuteText(from)}` : `${timeText(from)}–${timeText(to)} UTC`,
  );
  return `${times.join(' and ')}: ${price(input)} in, ${price(output)} out`;
};

const timeText = (moment: Date): string => moment.toISOString().slice(11, 16);

const minuteText = (moment: Date): string =>
  `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Returns the name of a built-in provider, or the id of a configured one. */
const providerName = ({ id }: Provider): string =>
  builtInProviders().find((known) => known.id === id)?.name ?? id;

const catalogueDocument = (options: CatalogueOptions): unknown => ({
  schema: 'understudy.models/1',
  source: catalogue().source,
  date: catalogue().date,
  currency: 'USD',
  at: options.now.toISOString(),
  models: catalogue().models.map((model) => ({
    ...model,
    servedBy: offersOf(model, options).map(({ changes, name, price: current, provider }) => ({
      provider,
      name,
      price: current,
      changes,
    })),
  })),
  providers: options.providers.map((provider) => ({
    id: provider.id,
    name: providerName(provider),
    baseUrl: provider.baseUrl,
    keyVariables: provider.keyVariables,
    key: keyState(provider, options.environment),
  })),
});

/** Returns the output of `understudy models --baseline`: published prices and scores beside those of a model. */
export const publishedText = (baseline: PricedCatalogueModel, format: 'text' | 'json'): string => {
  if (format === 'json') return jsonDocument(publishedDocument(baseline), 'indented');
  const { prices, outputPricesBesideScores, scores } = publishedTables(
    catalogue(),
    baseline.price.output,
  );
  const scoreTable = (title: string, rows: typeof scores.mmlu): string =>
    tableText(
      ['model', title],
      rows.map((row) => [row.model, row.score.toFixed(1)]),
      [1],
    );
  const priceTable = tableText(
    ['model', 'origin', 'input', 'output', 'output multiplier'],
    prices.map((row) => [
      row.model,
      row.origin ?? unknown,
      price(row.input),
      price(row.output),
      multiplierText(row.multiplier),
    ]),
    [2, 3, 4],
  );
  const beside = outputPricesBesideScores
    .map((row) => `${row.model} ${price(row.output)}`)
    .join(', ');
  return `Prices, USD per million tokens; multiplier: output price against ${baseline.name}

${priceTable}

Output prices that appear only beside the scores: ${beside}.

Published scores (approximate community averages)

${scoreTable('MMLU-style', scores.mmlu)}

${scoreTable('HumanEval', scores.humanEval)}

${scoreTable('C-Eval', scores.cEval)}

${sourceLine()} Published figures, not measured on your traffic.
`;
};

const publishedDocument = (baseline: PricedCatalogueModel): unknown => ({
  schema: 'understudy.published/1',
  source: catalogue().source,
  date: catalogue().date,
  currency: 'USD',
  baseline: baseline.id,
  ...publishedTables(catalogue(), baseline.price.output),
});
