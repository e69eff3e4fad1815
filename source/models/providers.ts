import { z } from 'zod';
import data from '../../data/providers.json' with { type: 'json' };
import type { Provider } from './model.ts';

const rules = {
  id: z.string(),
  name: z.string(),
  keyVariables: z.array(z.string()),
  keyRequired: z.boolean(),
  streamOptions: z.boolean(),
  pricesId: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  authorization: z.enum(['bearer', 'api-key']),
  quirks: z.string(),
  loadsOnFirstCall: z.boolean(),
  batch: z.boolean(),
};

const schema = z.strictObject({
  /** The date of the facts, which change monthly. */
  date: z.string(),
  source: z.string(),
  providers: z.array(z.strictObject({ ...rules, baseUrl: z.url() })),
  /** Providers that give each customer a separate host with one of these suffixes. */
  byHost: z.array(z.strictObject({ ...rules, hosts: z.array(z.string()) })),
});

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

let parsed: z.infer<typeof schema> | null = null;

const read = (): z.infer<typeof schema> => (parsed ??= schema.parse(data));

/** Returns the built-in providers of data/providers.json, in its order. */
export const builtInProviders = (): readonly BuiltInProvider[] => read().providers;

/** Returns the providers of data/providers.json that give each customer a host. */
export const hostedProviders = (): readonly HostedProvider[] => read().byHost;
