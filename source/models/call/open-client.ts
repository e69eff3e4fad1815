import type OpenAI from 'openai';
import { httpFetch } from './http-fetch.ts';
import type { Provider } from '../model.ts';

/** Longer than any of our deadlines: the SDK's own clock must never be the one that strikes. */
const neverMs = 2 ** 31 - 1;

/** Clients by base URL and key; a client costs a millisecond and is good for any number of calls. */
const clients = new Map<string, OpenAI>();

/**
 * A client of the openai SDK that calls this provider and tells it nothing else: in `httpFetch` every
 * header is put on anew, so that no organization, project or custom header of the environment
 * (`OPENAI_*`) and nothing about this machine goes along. Retries and logging are off. An empty key
 * is sent as `none`.
 */
export const openClient = async (provider: Provider, apiKey: string): Promise<OpenAI> => {
  const id = `${provider.baseUrl}\0${apiKey}`;
  const known = clients.get(id);
  if (known !== undefined) return known;
  const { OpenAI } = await import('openai');
  const key = apiKey || 'none';
  const client = new OpenAI({
    baseURL: provider.baseUrl,
    apiKey: key,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: neverMs,
    logLevel: 'off',
    fetch: httpFetch({
      accept: 'text/event-stream, application/json',
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'user-agent': 'understudy',
    }),
  });
  clients.set(id, client);
  return client;
};
