import { readConfiguration } from '../configuration/read-configuration.ts';
import {
  catalogue,
  findCatalogueModel,
  multiplierText,
  publishedTables,
  type CatalogueModel,
} from '../models/catalogue.ts';
import { apiKey, type Environment } from '../models/keys.ts';
import type { Provider } from '../models/model.ts';
import { nearest } from '../models/nearest.ts';
import { builtInProviders } from '../models/providers.ts';
import { harmlessLine } from '../text/harmless.ts';
import { unknown } from '../text/numbers.ts';
import { tableText } from '../text/table.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags } from './flags/read-flags.ts';

/** Prints the catalogue, or with `--baseline` the published prices and scores against that model. */
export const models: Command<'models'> = async (argv) => {
  const { flags } = readFlags('models', argv);
  const { providers } = await readConfiguration(flags.config, process.env);
  process.stdout.write(modelsText(flags.baseline, flags.json, process.env, providers));
  return 0;
};

/**
 * What `understudy models` prints: for a person, or one JSON document. `baseline`: the catalogue's
 * model to compare prices with; `providers`: those that there are. Throws UserError when the catalogue has no such model.
 */
export const modelsText = (
  baseline: string | undefined,
  json: boolean,
  environment: Environment,
  providers: readonly Provider[] = builtInProviders(),
): string => {
  if (baseline === undefined) {
    return json
      ? document(catalogueDocument(environment, providers))
      : catalogueText(environment, providers);
  }
  const model = baselineModel(baseline);
  return json ? document(publishedDocument(model)) : publishedText(model);
};

const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

type PricedModel = CatalogueModel & { readonly price: NonNullable<CatalogueModel['price']> };

const baselineModel = (name: string): PricedModel => {
  const found = findCatalogueModel(name);
  const { models: known } = catalogue();
  if (found === null) {
    const ids = known.map((model) => model.id);
    const meant = nearest(name, ids);
    const hint =
      meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `It has ${ids.join(', ')}.`;
    throw new UserError(`The catalogue has no model "${harmlessLine(name)}". ${hint}`);
  }
  const { price } = found;
  if (price === null) {
    throw new UserError(
      `The catalogue has no price for ${found.name}, so nothing can be compared with it.`,
    );
  }
  return { ...found, price };
};

const keyState = (
  provider: Provider,
  environment: Environment,
): 'set' | 'not set' | 'not needed' => {
  if (apiKey(provider, environment) !== null) return 'set';
  return provider.keyRequired ? 'not set' : 'not needed';
};

const servedBy = ({ servedBy: served }: CatalogueModel): string =>
  served.map(({ provider, name }) => `${provider}/${name ?? '…'}`).join(', ');

const price = (usd: number | null | undefined): string => usd?.toFixed(2) ?? unknown;

const sourceLine = (): string => `Source: ${catalogue().source}, ${catalogue().date}.`;

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

…: under the name that the provider lists it by.
${sourceLine()}
Scores and multipliers: understudy models --baseline NAME

Providers; any other OpenAI-compatible server is named by its URL: http://127.0.0.1:8080/v1#qwen3-32b

${providerTable}
`;
};

/** What a built-in provider calls itself; a configured one has its id alone. */
const nameOf = ({ id }: Provider): string =>
  builtInProviders().find((known) => known.id === id)?.name ?? id;

const catalogueDocument = (environment: Environment, providers: readonly Provider[]): unknown => ({
  schema: 'understudy.models/1',
  source: catalogue().source,
  date: catalogue().date,
  currency: 'USD',
  models: catalogue().models,
  providers: providers.map((provider) => ({
    id: provider.id,
    name: nameOf(provider),
    baseUrl: provider.baseUrl,
    keyVariables: provider.keyVariables,
    key: keyState(provider, environment),
  })),
});

const publishedText = (baseline: PricedModel): string => {
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

const publishedDocument = (baseline: PricedModel): unknown => ({
  schema: 'understudy.published/1',
  source: catalogue().source,
  date: catalogue().date,
  currency: 'USD',
  baseline: baseline.id,
  ...publishedTables(catalogue(), baseline.price.output),
});
