import type { Deadlines } from '../models/call/deadlines.ts';
import type { Model, Price, Provider } from '../models/model.ts';
import type { OwnPrices } from '../models/prices.ts';
import { builtInProviders, hostedProviders } from '../models/providers.ts';
import { dialectsAt, providerAt } from '../models/resolve-model.ts';
import type { ThinkTags } from '../models/stream/think-tags.ts';
import type { CustomRule } from '../redaction/rules/load-rules.ts';
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import type {
  Configuration,
  ConfiguredProvider,
  ConfiguredRule,
  ReviewTheme,
} from './configuration-schema.ts';
import { normalRulePath, readTolerance, type RuleContent } from './rule-content.ts';
import type { PhoneCountry } from '../redaction/rules/phone-countries.ts';

/** The limits of a model; null if unknown. Whole numbers ≥ 1. */
export type Limits = {
  /** Calls in flight at once. */
  readonly concurrency: number | null;
  /** Calls that may start within any period of 60 seconds. */
  readonly requestsPerMinute: number | null;
  /** Tokens, input plus output, of the calls that start within any period of 60 seconds. */
  readonly tokensPerMinute: number | null;
};

export const noLimits: Limits = {
  concurrency: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
};

/** The redaction rules in addition to the built-in ones, and the values that are kept. */
export type RedactionSettings = {
  readonly rules: readonly CustomRule[];
  readonly ignore: readonly string[];
  /** The countries whose national phone numbers are found; null for the built-in ones. */
  readonly phoneCountries: readonly PhoneCountry[] | null;
};

/**
 * The parsed configuration file, with defaults for missing settings. It does not include the flags
 * of a command; those of a replay are `ReplaySettings`.
 */
export type Settings = {
  /** The path of the file; null if there is none. */
  readonly file: string | null;
  /**
   * Whether the user named the file, by `--config` or UNDERSTUDY_CONFIG. A file found by default
   * may send fewer keys.
   */
  readonly isNamed: boolean;
  /** All available providers: the built-in ones, with changes and additions. */
  readonly providers: readonly Provider[];
  readonly prices: OwnPrices;
  /** Returns the limits of a model, otherwise those of its provider. */
  readonly modelLimits: (model: Model) => Limits;
  /** Deadlines that replace a model's own, in milliseconds. */
  readonly deadlines: Partial<Deadlines>;
  /** USD for all runs of a calendar month; null for no limit. */
  readonly budgetPerMonth: number | null;
  readonly redaction: RedactionSettings;
  /** How to treat reasoning within the text of an answer. */
  readonly thinkTags: ThinkTags;
  /** Differences that do not count, in every comparison. */
  readonly rules: readonly RuleContent[];
  /**
   * The review's keys by command (not validated yet), its tags and its difftool (null for the default), whether
   * it uses the mouse, and its theme.
   */
  readonly review: {
    readonly keys: Readonly<Record<string, string | readonly string[]>>;
    readonly tags: readonly string[] | null;
    readonly difftool: string | null;
    readonly theme: ReviewTheme;
    readonly mouse: boolean;
  };
};

/**
 * Resolves the content of a configuration file. `day` (ISO 8601) is the date of the prices in it.
 * Throws UserError for a new provider without a base URL, and for quirks that no built-in provider
 * has.
 */
export const resolveSettings = (
  configuration: Configuration,
  from: Pick<Settings, 'file' | 'isNamed'> & { readonly day: string },
): Settings => {
  const configured = Object.entries(configuration.providers ?? {});
  const own = configured.map(([id, one]) => configuredProvider(id, one, from.file ?? ''));
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
              cacheWrite: price.cacheWrite ?? null,
              hourCacheWrite: price.hourCacheWrite ?? null,
              source: printableLine(from.file ?? ''),
              date: from.day,
            },
          ]),
        ),
      ]),
    ),
    modelLimits: (model) => {
      if (model.kind === 'recorded') return noLimits;
      const { provider, name } = model;
      const ownLimits = limits.get(`${provider.id}/${name}`) ?? limits.get(model.label);
      return { ...noLimits, ...limits.get(provider.id), ...ownLimits };
    },
    deadlines: configuration.deadlines ?? {},
    budgetPerMonth: configuration.budget?.perMonth ?? null,
    redaction: { rules: [], ignore: [], phoneCountries: null, ...configuration.redaction },
    thinkTags: configuration.thinkTags ?? 'apart',
    rules: (configuration.rules ?? []).map(configuredRule),
    review: {
      keys: configuration.keys ?? {},
      tags: configuration.tags ?? null,
      difftool: configuration.difftool ?? null,
      theme: configuration.theme ?? 'auto',
      mouse: configuration.mouse ?? true,
    },
  };
};

/** Returns a rule whose path and tolerance the schema has checked. */
const configuredRule = ({ endpoint, ignore, path, tolerance }: ConfiguredRule): RuleContent => {
  const where = { endpoint: endpoint ?? null, path: normalRulePath(path) ?? path };
  if (ignore !== undefined) return { ...where, ignore, tolerance: null };
  const read = readTolerance(String(tolerance));
  if (read === null) throw new Error('The schema lets through a tolerance that cannot be read.');
  return { ...where, ignore: null, tolerance: read };
};

/** Returns a provider with the changes of the configuration. */
const configuredProvider = (id: string, given: ConfiguredProvider, file: string): Provider => {
  const { baseUrl, dialects: _dialects, keyVariable, prices: _, quirks, ...changes } = given;
  if (quirks !== undefined && !knownQuirks().has(quirks)) {
    throw new UserError(
      `In ${printableLine(file)}, providers.${id}.quirks is ${JSON.stringify(printableLine(quirks))}, which is none of ${[...knownQuirks()].join(', ')}.`,
    );
  }
  const provider = { ...baseProvider(id, baseUrl, file), ...changes, id };
  const key = keyVariable === undefined ? {} : { keyVariables: [keyVariable], keyRequired: true };
  const headers = Object.entries(provider.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return {
    ...provider,
    ...key,
    ...(quirks === undefined ? {} : { quirks }),
    dialects: configuredDialects(provider.dialects, given),
    headers: Object.fromEntries(headers) as Provider['headers'],
  };
};

/**
 * The dialects of a configured provider. A header of the key that the configuration names is that of all of them.
 */
const configuredDialects = (
  known: Provider['dialects'],
  { authorization, dialects }: ConfiguredProvider,
): Provider['dialects'] => {
  const given =
    dialects === undefined
      ? known
      : Array.isArray(dialects)
        ? Object.fromEntries(dialects.map((dialect) => [dialect, known[dialect] ?? {}]))
        : Object.fromEntries(
            Object.entries(dialects).map(([dialect, baseUrl]) => [dialect, { baseUrl }]),
          );
  if (authorization === undefined) return given;
  return Object.fromEntries(
    Object.entries(given).map(([dialect, address]) => [dialect, { ...address, authorization }]),
  );
};

/**
 * Returns the provider that a configuration changes. A built-in provider keeps its key variable
 * only at its own address; at another address it uses that of a bare URL. When a run reads its
 * keys, it checks which of them a configuration may send to which host.
 */
const baseProvider = (id: string, baseUrl: string | undefined, file: string): Provider => {
  const builtIn = builtInProviders().find((known) => known.id === id);
  if (baseUrl !== undefined) {
    const there = providerAt(new URL(baseUrl));
    if (builtIn === undefined) return there;
    const { quirks, streamOptions, pricesId, loadsOnFirstCall, batch } = builtIn;
    const own = { quirks, streamOptions, pricesId, loadsOnFirstCall, batch };
    return { ...there, ...own, dialects: dialectsAt(builtIn, there.baseUrl) };
  }
  if (builtIn !== undefined) return builtIn;
  const hosted = hostedProviders().find((known) => known.id === id);
  const example =
    hosted === undefined
      ? 'https://api.example.com/v1'
      : `https://NAME${hosted.hosts[0]}/openai/v1`;
  throw new UserError(
    `In ${printableLine(file)}, providers.${id} has no baseUrl, and no built-in provider of that name has one. Add it: "baseUrl": "${example}".`,
  );
};

const knownQuirks = (): ReadonlySet<string> =>
  new Set([
    ...builtInProviders().map(({ quirks }) => quirks),
    ...hostedProviders().map(({ quirks }) => quirks),
    'openai-compatible',
  ]);
