import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { isLoopback } from './loopback.ts';
import type { Model, Provider } from './model.ts';
import { builtInProviders, hostedProviders, isHostOf } from './providers.ts';

/** The environment variables to read: `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The key variable for every server that is not a built-in provider. */
export const bareKeyVariable = 'UNDERSTUDY_API_KEY';

/**
 * Returns the first of the provider's variables that is set, with its trimmed key; null if none is.
 */
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

/** Returns the provider's key from the environment, trimmed; null if none is set. */
export const apiKey = (provider: Provider, environment: Environment): string | null =>
  setVariable(provider, environment)?.key ?? null;

/** Returns whether the provider's key is in the environment. */
export const keyState = (
  provider: Provider,
  environment: Environment,
): 'set' | 'not set' | 'not needed' => {
  if (apiKey(provider, environment) !== null) return 'set';
  return provider.keyRequired ? 'not set' : 'not needed';
};

/**
 * Returns the key for calls to the provider; empty if none is set and none is needed. Throws
 * UserError for a missing key and for one with a character that is not allowed in an HTTP header.
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
      `The key in ${set.variable} contains a space or another character that is not valid in a key. Set it again, without quotes or line feeds.`,
    );
  }
  return set.key;
};

/** The origin of a run's providers. */
export type ProviderSource = {
  /** The configuration file; null without one. */
  readonly file: string | null;
  /** Whether the user named that file, rather than it being found in the working directory. */
  readonly isNamed: boolean;
  /** The available providers, including those of the file. */
  readonly providers: readonly Provider[];
};

/** The keys of a run. */
export type RunKeys = {
  /** Returns the key for a model of the run; empty if it needs none. */
  readonly keyOf: (model: Model) => string;
  /** Lines saying which host gets which variable's key, and which key travels unencrypted. */
  readonly notices: readonly string[];
};

/** The keys of a run without calls. */
export const noKeys: RunKeys = { keyOf: () => '', notices: [] };

/**
 * Reads the keys for calls to these models. Throws UserError for a key that is missing or
 * malformed, and like `checkKeyHosts`.
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
 * Throws UserError if a key would go to a host that must not receive it. A configuration that was
 * merely found in the working directory must not send a built-in provider's key or
 * UNDERSTUDY_API_KEY to another host. UNDERSTUDY_API_KEY goes to only one host per run.
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

/** A host that is called, and the variable whose key it receives. */
type KeyDestination = {
  readonly provider: Provider;
  readonly url: URL;
  readonly variable: string;
  /** False if the variable is needed but missing. */
  readonly isSet: boolean;
};

/** Returns one entry for each live model that has or needs a key. */
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
  // A model named by its URL is not a provider of the file.
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

/** Returns whether a built-in provider with this variable uses this address. */
const isAtHome = (variable: string, url: URL): boolean =>
  builtInProviders().some(
    ({ baseUrl, keyVariables }) =>
      keyVariables.includes(variable) &&
      (new URL(baseUrl).origin === url.origin || (isLoopback(baseUrl) && isLoopback(url.href))),
  ) ||
  hostedProviders().some(
    (hosted) => hosted.keyVariables.includes(variable) && isHostOf(hosted, url),
  );

/** The warning about a key that travels in the clear beyond this machine; null for any other. */
export const unencryptedKey = (variable: string, url: URL): string | null =>
  url.protocol === 'http:' && !isLoopback(url.href)
    ? `The key in ${variable} goes to ${url.origin} unencrypted: anyone on the network path can read it. Use https, or a tunnel that ends on this machine.`
    : null;

const noticesOf = (
  destinations: readonly KeyDestination[],
  { file, providers }: ProviderSource,
): readonly string[] => {
  const set = destinations.filter(({ isSet }) => isSet);
  const unencrypted = set.flatMap(({ url, variable }) => unencryptedKey(variable, url) ?? []);
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

/** Returns the name of the first query parameter that seems to contain a key; null if none does. */
export const keyParameter = (url: URL): string | null => {
  for (const [name, value] of url.searchParams) {
    if (secretParameter.test(name) || looksLikeKey(value)) return name;
  }
  return null;
};

/** Returns whether the value of a header or parameter starts like a key. */
export const looksLikeKey = (value: string): boolean => secretValue.test(value);
