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
import type { Provider } from '../models/model.ts';
import { builtInProviders } from '../models/providers.ts';
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
  const { providers } = await readConfiguration(flags.config, process.env);
  const { baseline, json } = flags;
  process.stdout.write(
    modelsText({
      ...(baseline === undefined ? {} : { baseline }),
      format: json ? 'json' : 'text',
      environment: process.env,
      providers,
    }),
  );
  return 0;
};

/**
 * Returns the output of `understudy models`. `baseline` names the catalogue model with which prices
 * are compared. Throws UserError if the catalogue has no such model, or no price for it.
 */
export const modelsText = (options: {
  readonly baseline?: string;
  readonly format: 'text' | 'json';
  readonly environment: Environment;
  readonly providers: readonly Provider[];
}): string => {
  const { baseline, environment, format, providers } = options;
  if (baseline === undefined) {
    return format === 'json'
      ? jsonDocument(catalogueDocument(environment, providers), 'indented')
      : catalogueText(environment, providers);
  }
  const model = requirePricedModel(baseline);
  return format === 'json'
    ? jsonDocument(publishedDocument(model), 'indented')
    : publishedText(model);
};

const servedBy = ({ servedBy: served }: CatalogueModel): string =>
  served.map(({ provider, name }) => `${provider}/${name ?? '…'}`).join(', ');

const price = (usd: number | null | undefined): string => usd?.toFixed(2) ?? unknown;

const sourceLine = (): string => `Source: ${catalogue().source}, ${catalogue().date}.`;

/** A dry run and a replay may find another price in the lists, which have dates and hours. */
const priceLine =
  'Prices as published then. A replay takes the lists of docs/replay.md first, at the moment of each call.';

const catalogueText = (environment: Environment, providers: readonly Provider[]): string => {
  const modelTable = tableText(
    ['model', 'origin', 'input', 'output', 'served by'],
    catalogue().models.map((model) => [
      model.id,
      model.origin ?? unknown,
      price(model.price?.input),
      price(model.price?.output),
      servedBy(model),
    ]),
    [2, 3],
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
  return `Models, USD per million tokens

${modelTable}

…: under the name by which the provider lists it.
${sourceLine()} ${priceLine}
Scores and multipliers: understudy models --baseline NAME

Providers; name any other OpenAI-compatible server by its URL: http://127.0.0.1:8080/v1#qwen3-32b

${providerTable}
`;
};

/** Returns the name of a built-in provider, or the id of a configured one. */
const providerName = ({ id }: Provider): string =>
  builtInProviders().find((known) => known.id === id)?.name ?? id;

const catalogueDocument = (environment: Environment, providers: readonly Provider[]): unknown => ({
  schema: 'understudy.models/1',
  source: catalogue().source,
  date: catalogue().date,
  currency: 'USD',
  models: catalogue().models,
  providers: providers.map((provider) => ({
    id: provider.id,
    name: providerName(provider),
    baseUrl: provider.baseUrl,
    keyVariables: provider.keyVariables,
    key: keyState(provider, environment),
  })),
});

const publishedText = (baseline: PricedCatalogueModel): string => {
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
