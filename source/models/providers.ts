import * as z from 'zod';
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
  /** When the facts were gathered; they change monthly. */
  date: z.string(),
  source: z.string(),
  providers: z.array(z.strictObject({ ...rules, baseUrl: z.url() })),
  /** Providers that give each customer a separate host with one of these suffixes. */
  byHost: z.array(z.strictObject({ ...rules, hosts: z.array(z.string()) })),
});

/** A provider that can be named without a URL. */
export type BuiltInProvider = Provider & { readonly name: string };

/** A provider without an address of its own, known by the suffix of the customer's host. */
export type HostedProvider = Omit<Provider, 'baseUrl'> & {
  readonly name: string;
  readonly hosts: readonly string[];
};

/** Whether a hosted provider gave this host to a customer. */
export const isHostOf = ({ hosts }: HostedProvider, url: URL): boolean =>
  url.protocol === 'https:' && hosts.some((host) => url.hostname.endsWith(host));

let parsed: z.infer<typeof schema> | null = null;

const read = (): z.infer<typeof schema> => (parsed ??= schema.parse(data));

/** The built-in providers of data/providers.json, in its order. */
export const builtInProviders = (): readonly BuiltInProvider[] => read().providers;

/** The providers of data/providers.json that give each customer a host. */
export const hostedProviders = (): readonly HostedProvider[] => read().byHost;
