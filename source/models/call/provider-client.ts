import type { OpenAI } from 'openai';
import { UserError } from '../../text/user-error.ts';
import { keyHeader } from '../dialect-address.ts';
import type { Provider } from '../model.ts';

/** A request in its wire form. */
export type OutgoingRequest = {
  readonly url: string;
  readonly method: string;
  /** All headers except those of the connection itself; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: NonNullable<RequestInit['body']> | null;
  /** The SDK's own signal, which the signal in the request options aborts. */
  readonly signal: AbortSignal | null;
};

/** Sends requests. Rejects if no response arrives. */
export type Transport = (request: OutgoingRequest) => Promise<Response>;

/** Longer than any of our deadlines: the SDK's own timeout must never end a call. */
const neverMs = 2 ** 31 - 1;

/** A client is expensive to create and serves any number of concurrent requests. */
const clients = new WeakMap<Provider, Map<string, OpenAI>>();

/**
 * Opens an openai SDK client for one provider. Retries and logging are off, and every request needs
 * the options of `transportOptions`. An empty key is sent as `none`. Of the headers that the SDK
 * creates, only those of the provider and those of Gemini's own API are sent: the others describe
 * this machine or come from `OPENAI_CUSTOM_HEADERS`. Throws UserError if the SDK cannot parse that
 * variable.
 */
export const openProviderClient = async (provider: Provider, apiKey: string): Promise<OpenAI> => {
  const clientsByKey = clients.get(provider) ?? new Map<string, OpenAI>();
  clients.set(provider, clientsByKey);
  const known = clientsByKey.get(apiKey);
  if (known !== undefined) return known;
  const { OpenAI: Client } = await import('openai');
  const client = newClient(Client, provider, apiKey || 'none');
  clientsByKey.set(apiKey, client);
  return client;
};

const newClient = (Client: typeof OpenAI, provider: Provider, apiKey: string): OpenAI => {
  const defaultHeaders = providerHeaders(provider, apiKey);
  const headerNames = [...Object.keys(defaultHeaders), 'content-type', ...geminiHeaders];
  const send = async (url: unknown, init: RequestInit = {}): Promise<Response> =>
    await requestTransport(init)({
      url: String(url),
      method: init.method ?? 'GET',
      headers: pickHeaders(init.headers, headerNames),
      body: init.body ?? null,
      signal: init.signal ?? null,
    });
  try {
    return new Client({
      baseURL: provider.baseUrl,
      apiKey,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: neverMs,
      logLevel: 'off',
      defaultHeaders,
      fetch: send,
    });
  } catch (error) {
    if (!process.env['OPENAI_CUSTOM_HEADERS']) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `The openai SDK cannot read OPENAI_CUSTOM_HEADERS: ${reason}. Unset it; understudy sends none of these headers.`,
    );
  }
};

/** Returns request options that give a request of a shared client its own transport. */
export const transportOptions = (transport: Transport) => ({ fetchOptions: { client: transport } });

/** Returns the transport of a request. The SDK passes `fetchOptions` to `fetch`. */
const requestTransport = (init: RequestInit & { readonly client?: unknown }): Transport => {
  if (typeof init.client === 'function') return init.client as Transport;
  throw new Error('A request of a provider client was made without a transport.');
};

/** The headers of every call, whoever makes it. */
export const commonHeaders = {
  accept: 'text/event-stream, application/json',
  'user-agent': 'understudy',
} as const;

/** Returns the provider's headers. Null prevents the SDK from sending a header. */
const providerHeaders = (
  provider: Provider,
  apiKey: string,
): Readonly<Record<string, string | null>> => ({
  ...commonHeaders,
  ...provider.headers,
  authorization: null,
  ...keyHeader(provider.authorization, apiKey),
});

/** The headers of requests to Gemini's own API. */
const geminiHeaders = [
  'x-goog-api-key',
  'x-goog-upload-protocol',
  'x-goog-upload-command',
  'x-goog-upload-offset',
  'x-goog-upload-header-content-length',
  'x-goog-upload-header-content-type',
];

const pickHeaders = (
  headers: RequestInit['headers'],
  names: readonly string[],
): Readonly<Record<string, string>> => {
  const all = headers instanceof Headers ? headers : new Headers(headers);
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = all.get(name);
    if (value !== null) picked[name] = value;
  }
  return picked;
};
