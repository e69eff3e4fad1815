import type OpenAI from 'openai';
import type { Provider } from './model.ts';

/** Longer than any of our deadlines: the SDK's own clock must never be the one that strikes. */
const neverMs = 2 ** 31 - 1;

/** More of an error's body is not read. */
const errorBytes = 64 * 1024;

/** Clients by base URL and key; a client costs a millisecond and is good for any number of calls. */
const clients = new Map<string, OpenAI>();

/**
 * A client of the openai SDK that calls this provider and tells it nothing else: its fetch is the
 * gate. There every header is put on anew, so that no organization, project or custom header of the
 * environment (`OPENAI_*`) and nothing about this machine goes along; redirects are not followed, for
 * they would carry the request to another host; of an error's body no more than 64 KB are read.
 * Retries and logging are off. An empty key is sent as `none`.
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
    fetch: gate({
      accept: 'text/event-stream, application/json',
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'user-agent': 'understudy',
    }),
  });
  clients.set(id, client);
  return client;
};

const gate =
  (headers: Readonly<Record<string, string>>): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, { ...init, headers, redirect: 'manual' });
    const { status, statusText } = response;
    if (response.ok || response.body === null || status > 599) return response;
    const text = await beginningOf(response.body);
    return new Response(text, { status, statusText, headers: response.headers });
  };

/** The first 64 KB of a body, or what came of them before it broke or was cut off. */
const beginningOf = async (body: ReadableStream<Uint8Array>): Promise<string> => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    while (bytes < errorBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      text += decoder.decode(value.subarray(0, errorBytes), { stream: true });
    }
  } catch {
    // The status is the failure; a body that breaks off only says less about it.
  }
  void reader.cancel().catch(() => undefined);
  return text;
};
