import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import type { Deadlines } from '../models/call/deadlines.ts';
import type { Model, Price, Provider } from '../models/model.ts';
import type { OwnPrices } from '../models/prices.ts';
import { builtInProviders, hostedProviders } from '../models/providers.ts';
import { providerAt } from '../models/resolve-model.ts';
import type { CustomRule } from '../redaction/rules/load-rules.ts';
import type { Configuration, ConfiguredProvider } from './configuration.ts';

/** What a provider allows a model; null where no limit is known. Whole numbers ≥ 1. */
export type Limits = {
  /** Calls in flight at once. */
  readonly concurrency: number | null;
  /** Calls that may begin within any 60 seconds. */
  readonly requestsPerMinute: number | null;
  /** Tokens, input and output together, of the calls that began within any 60 seconds. */
  readonly tokensPerMinute: number | null;
};

export const noLimits: Limits = {
  concurrency: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
};

/** What is replaced in traffic beside what always is, and what stays. */
export type RedactionSettings = {
  readonly rules: readonly CustomRule[];
  readonly ignore: readonly string[];
};

/** The configuration as the rest of the program asks for it. */
export type Settings = {
  /** Where they are from; null when there is no configuration. */
  readonly file: string | null;
  /** The user named that file, by `--config` or UNDERSTUDY_CONFIG. */
  readonly isNamed: boolean;
  /** Every provider that can be named: the built-in ones, changed and added to. */
  readonly providers: readonly Provider[];
  readonly prices: OwnPrices;
  /** The limits of a model's provider, each replaced by the one of the model itself where it has one. */
  readonly limitsOf: (model: Model) => Limits;
  /** What takes the place of a model's own deadlines, milliseconds. */
  readonly deadlines: Partial<Deadlines>;
  /** USD for all runs of a calendar month; null for no limit. */
  readonly budgetPerMonth: number | null;
  readonly redaction: RedactionSettings;
};

/**
 * What follows from a configuration. `day` (ISO 8601) is the date of the prices in it, `isNamed`
 * whether the user named its file. Throws
 * UserError for a new provider without a base URL and for rules that no built-in provider has.
 */
export const settingsOf = (
  configuration: Configuration,
  from: Pick<Settings, 'file' | 'isNamed'> & { readonly day: string },
): Settings => {
  const configured = Object.entries(configuration.providers ?? {});
  const own = configured.map(([id, one]) => providerOf(id, one, from.file ?? ''));
  const names = new Set(own.map(({ id }) => id));
  const limits = new Map(Object.entries(configuration.limits ?? {}));
  return {
    file: from.file,
    isNamed: from.isNamed,
    providers: [...builtInProviders().filter(({ id }) => !names.has(id)), ...own],
    prices: new Map(
      configured.map(([id, { prices = {} }]) => [
        id,
        new Map(
          Object.entries(prices).map(([model, price]): [string, Price] => [
            model,
            {
              input: price.input,
              output: price.output,
              cachedInput: price.cachedInput ?? null,
              source: harmlessLine(from.file ?? ''),
              date: from.day,
            },
          ]),
        ),
      ]),
    ),
    limitsOf: (model) => {
      if (model.kind === 'recorded') return noLimits;
      const { provider, name } = model;
      const ofModel = limits.get(`${provider.id}/${name}`) ?? limits.get(model.label);
      return { ...noLimits, ...limits.get(provider.id), ...ofModel };
    },
    deadlines: configuration.deadlines ?? {},
    budgetPerMonth: configuration.budget?.perMonth ?? null,
    redaction: { rules: [], ignore: [], ...configuration.redaction },
  };
};

/** A provider with what the configuration says of it in place of what it would be without. */
const providerOf = (id: string, given: ConfiguredProvider, file: string): Provider => {
  const { baseUrl, keyVariable, prices: _, quirks, ...changes } = given;
  if (quirks !== undefined && !knownQuirks().has(quirks)) {
    throw new UserError(
      `In ${harmlessLine(file)}, providers.${id}.quirks is ${JSON.stringify(harmlessLine(quirks))}, and there are only ${[...knownQuirks()].join(', ')}.`,
    );
  }
  const provider = { ...underlying(id, baseUrl, file), ...changes, id };
  const key = keyVariable === undefined ? {} : { keyVariables: [keyVariable], keyRequired: true };
  const headers = Object.entries(provider.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return {
    ...provider,
    ...key,
    ...(quirks === undefined ? {} : { quirks }),
    headers: Object.fromEntries(headers) as Provider['headers'],
  };
};

/**
 * What a configured provider would be without its settings. A built-in one keeps its key only while
 * it stays at its own address: another address gets what any bare URL there gets. Which keys a
 * configuration may send to which host is checked when a run reads them.
 */
const underlying = (id: string, baseUrl: string | undefined, file: string): Provider => {
  const builtIn = builtInProviders().find((known) => known.id === id);
  if (baseUrl !== undefined) {
    const there = providerAt(new URL(baseUrl));
    if (builtIn === undefined) return there;
    const { quirks, streamOptions, pricesId, loadsOnFirstCall, batch } = builtIn;
    return { ...there, quirks, streamOptions, pricesId, loadsOnFirstCall, batch };
  }
  if (builtIn !== undefined) return builtIn;
  const hosted = hostedProviders().find((known) => known.id === id);
  const example =
    hosted === undefined
      ? 'https://api.example.com/v1'
      : `https://NAME${hosted.hosts[0]}/openai/v1`;
  throw new UserError(
    `In ${harmlessLine(file)}, providers.${id} has no baseUrl, and it is no built-in provider that has one. Add it: "baseUrl": "${example}".`,
  );
};

const knownQuirks = (): ReadonlySet<string> =>
  new Set([
    ...builtInProviders().map(({ quirks }) => quirks),
    ...hostedProviders().map(({ quirks }) => quirks),
    'openai-compatible',
  ]);
