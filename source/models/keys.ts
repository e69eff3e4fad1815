import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { isLoopback } from './loopback.ts';
import type { Model, Provider } from './model.ts';
import { builtInProviders, hostedProviders, isHostOf } from './providers.ts';

/** The part of `process.env` that is read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The key for every server that is not a built-in provider. */
export const bareKeyVariable = 'UNDERSTUDY_API_KEY';

/** The first of the provider's variables that is set, with the key in it, trimmed; null when none is. */
const setVariable = (
  provider: Provider,
  environment: Environment,
): { readonly variable: string; readonly key: string } | null => {
  for (const variable of provider.keyVariables) {
    const key = environment[variable]?.trim();
    if (key) return { variable, key };
  }
  return null;
};

/** The provider's key from the environment, trimmed; null when none is set. */
export const apiKey = (provider: Provider, environment: Environment): string | null =>
  setVariable(provider, environment)?.key ?? null;

/** Whether the provider's key is in the environment. */
export const keyState = (
  provider: Provider,
  environment: Environment,
): 'set' | 'not set' | 'not needed' => {
  if (apiKey(provider, environment) !== null) return 'set';
  return provider.keyRequired ? 'not set' : 'not needed';
};

/**
 * The key to call the provider with; empty where none is set and none is needed. Throws UserError
 * for a missing key and for one with a character that no HTTP header may have.
 */
export const requireKey = (provider: Provider, environment: Environment): string => {
  const set = setVariable(provider, environment);
  if (set === null) {
    if (!provider.keyRequired) return '';
    const [variable = '', ...others] = provider.keyVariables;
    const or = others.length > 0 ? ` (or ${others.join(', ')})` : '';
    throw new UserError(
      `${printableLine(provider.id)} needs a key and ${variable} is not set. Set ${variable}${or} in the environment and run it again.`,
    );
  }
  if (!/^[!-~]+$/.test(set.key)) {
    throw new UserError(
      `The key in ${set.variable} holds a space or another character that no key has. Set it again, without quotes or line ends.`,
    );
  }
  return set.key;
};

/** Where the providers of a run were read from. */
export type ProviderSource = {
  /** The configuration file; null without one. */
  readonly file: string | null;
  /** The user named that file; it was not merely found in the working directory. */
  readonly isNamed: boolean;
  /** The providers that can be named, those of the file included. */
  readonly providers: readonly Provider[];
};

/** The keys of a run. */
export type RunKeys = {
  /** The key to call a model of the run with; empty for one that needs none. */
  readonly keyOf: (model: Model) => string;
  /** Which host gets which variable's key, and which key travels unencrypted, as lines. */
  readonly notices: readonly string[];
};

/** The keys of a run that calls nobody. */
export const noKeys: RunKeys = { keyOf: () => '', notices: [] };

/**
 * Reads the keys that these models are called with. Throws UserError for a key that is missing or
 * malformed, and as `checkKeyHosts` does.
 */
export const readRunKeys = (
  models: readonly Model[],
  environment: Environment,
  source: ProviderSource,
): RunKeys => {
  checkKeyHosts(models, environment, source);
  const keys = new Map(
    models.map((model) => [
      model,
      model.kind === 'live' ? requireKey(model.provider, environment) : '',
    ]),
  );
  return {
    keyOf: (model) => keys.get(model) ?? '',
    notices: noticesOf(destinationsOf(models, environment), source),
  };
};

/**
 * Throws UserError when a key would go where it may not: a configuration that was only found in the
 * working directory sends no built-in provider's key and no UNDERSTUDY_API_KEY to another host, and
 * UNDERSTUDY_API_KEY goes to one host in a run.
 */
export const checkKeyHosts = (
  models: readonly Model[],
  environment: Environment,
  source: ProviderSource,
): void => {
  const destinations = destinationsOf(models, environment);
  for (const destination of destinations) refuseRedirected(destination, source);
  const [first, second] = [
    ...new Set(
      destinations
        .filter(({ variable, isSet }) => isSet && variable === bareKeyVariable)
        .map(({ url }) => url.host),
    ),
  ];
  if (first === undefined || second === undefined) return;
  throw new UserError(
    `${bareKeyVariable} goes to one host in a run, and ${first} and ${second} would both get it. Make one of them a provider in a configuration file, with a keyVariable of its own, and name its model provider/name.`,
  );
};

/** A host that is called, and the variable whose key it gets. */
type KeyDestination = {
  readonly provider: Provider;
  readonly url: URL;
  readonly variable: string;
  /** False: the variable is needed and missing. */
  readonly isSet: boolean;
};

/** One entry for each live model that a key is set or needed for. */
const destinationsOf = (
  models: readonly Model[],
  environment: Environment,
): readonly KeyDestination[] =>
  models.flatMap((model) => {
    if (model.kind !== 'live') return [];
    const { provider } = model;
    const set = setVariable(provider, environment);
    const variable = set?.variable ?? (provider.keyRequired ? provider.keyVariables[0] : undefined);
    if (variable === undefined) return [];
    return [{ provider, url: new URL(provider.baseUrl), variable, isSet: set !== null }];
  });

const refuseRedirected = (
  { provider, url, variable }: KeyDestination,
  { file, isNamed, providers }: ProviderSource,
): void => {
  // A model that was named by its URL is no provider of the file.
  if (file === null || isNamed || !providers.includes(provider)) return;
  const isReserved =
    variable === bareKeyVariable ||
    [...builtInProviders(), ...hostedProviders()].some(({ keyVariables }) =>
      keyVariables.includes(variable),
    );
  if (!isReserved || isAtHome(variable, url)) return;
  const name = printableLine(file);
  throw new UserError(
    `${name}, found in the working directory, makes ${printableLine(provider.id)} send the key in ${variable} to ${url.host}, a host that the key is not known to be for. If that is meant, name the file: --config ${name}. If not, give providers.${printableLine(provider.id)} a keyVariable of its own.`,
  );
};

/** Whether a built-in provider with this variable lives at this address. */
const isAtHome = (variable: string, url: URL): boolean =>
  builtInProviders().some(
    ({ baseUrl, keyVariables }) =>
      keyVariables.includes(variable) &&
      (new URL(baseUrl).origin === url.origin || (isLoopback(baseUrl) && isLoopback(url.href))),
  ) ||
  hostedProviders().some(
    (hosted) => hosted.keyVariables.includes(variable) && isHostOf(hosted, url),
  );

const noticesOf = (
  destinations: readonly KeyDestination[],
  { file, providers }: ProviderSource,
): readonly string[] => {
  const set = destinations.filter(({ isSet }) => isSet);
  const unencrypted = set
    .filter(({ url }) => url.protocol === 'http:' && !isLoopback(url.href))
    .map(
      ({ url, variable }) =>
        `The key in ${variable} goes to ${url.origin} unencrypted: whoever is on the way can read it. Use https, or a tunnel that ends on this machine.`,
    );
  const named = set.map(({ provider, url, variable }) => {
    const isConfigured =
      file !== null &&
      providers.includes(provider) &&
      !builtInProviders().some((builtIn) => builtIn === provider);
    const by = isConfigured ? ` (${printableLine(provider.id)} in ${printableLine(file)})` : '';
    return `${variable} to ${url.host}${by}`;
  });
  if (named.length === 0) return [];
  return [...new Set(unencrypted), `Keys are sent: ${[...new Set(named)].join(', ')}.`];
};

const secretParameter = /key|token|secret|passw|pwd|credential|auth|signature|^sig$|^code$/i;
const secretValue = /^\s*(?:bearer\s|basic\s|sk-)/i;

/** The name of the first query parameter that seems to hold a key; null when none does. */
export const keyParameter = (url: URL): string | null => {
  for (const [name, value] of url.searchParams) {
    if (secretParameter.test(name) || looksLikeKey(value)) return name;
  }
  return null;
};

/** Whether a header's or a parameter's value begins as keys do. */
export const looksLikeKey = (value: string): boolean => secretValue.test(value);
