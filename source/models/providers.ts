import data from '../../data/providers.json' with { type: 'json' };
import type { Provider } from './model.ts';

/** A provider that can be named without a URL. */
export type BuiltInProvider = Provider & { readonly name: string };

/** A provider without an address of its own, identified by the suffix of the customer's host. */
export type HostedProvider = Omit<Provider, 'baseUrl'> & {
  readonly name: string;
  readonly hosts: readonly string[];
};

/** Returns whether this host is a customer's host at a hosted provider. */
export const isHostOf = ({ hosts }: HostedProvider, url: URL): boolean =>
  url.protocol === 'https:' && hosts.some((host) => url.hostname.endsWith(host));

// The file is part of the program and a test checks it: zod alone would take 13 ms of every start.
const { byHost, providers } = data as {
  readonly providers: readonly BuiltInProvider[];
  readonly byHost: readonly HostedProvider[];
};

/** Returns the built-in providers of data/providers.json, in its order. */
export const builtInProviders = (): readonly BuiltInProvider[] => providers;

/** Returns the providers of data/providers.json that give each customer a host. */
export const hostedProviders = (): readonly HostedProvider[] => byHost;
