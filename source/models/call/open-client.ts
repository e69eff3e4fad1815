import type OpenAI from 'openai';
import { httpFetch } from './http-fetch.ts';
import type { createLeanClient } from './lean-client.ts';
import type { Provider } from '../model.ts';

/** Longer than any of our deadlines: the SDK's own clock must never be the one that strikes. */
const neverMs = 2 ** 31 - 1;

/** A client costs a millisecond and is good for any number of calls. */
const clients = new WeakMap<Provider, Map<string, OpenAI>>();

/**
 * A client of the openai SDK that calls this provider and tells it nothing else: in `httpFetch` every
 * header is put on anew, so that no organization, project or custom header of the environment
 * (`OPENAI_*`) and nothing about this machine goes along. Retries and logging are off. An empty key
 * is sent as `none`.
 */
export const openClient = async (provider: Provider, apiKey: string): Promise<OpenAI> => {
  let ofProvider = clients.get(provider);
  if (ofProvider === undefined) {
    ofProvider = new Map();
    clients.set(provider, ofProvider);
  }
  const known = ofProvider.get(apiKey);
  if (known !== undefined) return known;
  const { createLeanClient: create } = await import('./lean-client.ts');
  const client = withoutAmbientHeaders(() => newClient(create, provider, apiKey || 'none'));
  ofProvider.set(apiKey, client);
  return client;
};

const newClient = (create: typeof createLeanClient, provider: Provider, apiKey: string): OpenAI =>
  create({
    baseURL: provider.baseUrl,
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: neverMs,
    logLevel: 'off',
    fetch: httpFetch({
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
      'user-agent': 'understudy',
      ...provider.headers,
      ...(provider.authorization === 'api-key'
        ? { 'api-key': apiKey }
        : { authorization: `Bearer ${apiKey}` }),
    }),
  });

const ambientHeaders = 'OPENAI_CUSTOM_HEADERS';

/** The SDK reads this variable when a client is made, and throws when there is no header in it. */
const withoutAmbientHeaders = <T>(make: () => T): T => {
  const { [ambientHeaders]: kept } = process.env;
  delete process.env[ambientHeaders];
  try {
    return make();
  } finally {
    if (kept !== undefined) process.env[ambientHeaders] = kept;
  }
};
