import { openAsBlob } from 'node:fs';
import type { OpenAI } from 'openai';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure } from '../answer.ts';
import { parseErrorBody, shortened } from '../call/error-message.ts';
import { connectionFailure, plainFailure, statusFailure } from '../call/failures.ts';
import { readErrorAnswer, type ErrorAnswer } from '../call/http-transport.ts';
import { openProviderClient, transportOptions } from '../call/provider-client.ts';
import type { Provider } from '../model.ts';

/** A failed request to a Batch API. */
export class BatchError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'BatchError';
    this.failure = failure;
  }
}

/**
 * Creates the error for a response without the requested object. `found` describes it: `no batch`.
 */
export const notAnAnswer = (found: string): BatchError =>
  new BatchError(plainFailure('not_an_answer', `The Batch API answered with ${found}.`));

/** A file on disk, and its name at the provider. */
export type UploadFile = { readonly path: string; readonly name: string; readonly bytes: number };

/** Returns the file as a request body that is read from disk while it is sent. */
export const uploadBody = async ({ path, name }: UploadFile): Promise<File> =>
  new File([await openAsBlob(path)], name);

/** The SDK options of every request. */
export type RequestOptions = ReturnType<typeof transportOptions> & { readonly signal: AbortSignal };

/** Makes a request with the SDK. */
export type BatchRequest = (
  client: OpenAI,
  options: RequestOptions,
) => { asResponse: () => Promise<Response> };

/** The largest JSON answer that is read. File contents have no such limit. */
const maximumJsonBytes = 32 * 1024 * 1024;

/**
 * Sends the requests of one Batch API through the openai SDK, each once. It uses the built-in
 * fetch, which streams files from disk and times out after five minutes without data. It follows no
 * redirects. All methods throw BatchError.
 */
export class BatchClient {
  readonly provider: Provider;
  /** Empty for a server that accepts any key. */
  readonly apiKey: string;
  readonly #signal: AbortSignal;

  constructor(provider: Provider, apiKey: string, signal: AbortSignal) {
    this.provider = provider;
    this.apiKey = apiKey;
    this.#signal = signal;
  }

  /** Returns the response to a request, with a status of 2xx. */
  async send(request: BatchRequest): Promise<Response> {
    const seen: { error: ErrorAnswer | null } = { error: null };
    const client = await openProviderClient(this.provider, this.apiKey);
    const transport = transportOptions(async ({ url, ...init }) => {
      const response = await fetch(url, { ...init, redirect: 'manual' });
      if (response.ok) return response;
      seen.error = await readErrorAnswer(response.status, response.headers, response.body);
      return new Response(response.status === 304 ? null : seen.error.text, response);
    });
    try {
      return await request(client, { signal: this.#signal, ...transport }).asResponse();
    } catch (error) {
      if (seen.error === null) throw new BatchError(this.#failure(error));
      const { status, headers, text } = seen.error;
      throw new BatchError(statusFailure(status, headers, parseErrorBody(text)));
    }
  }

  /** Returns the JSON response to a request. */
  async json(request: BatchRequest): Promise<JsonValue> {
    const response = await this.send(request);
    const text = await this.#text(response);
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      throw new BatchError(this.#noJson(response));
    }
  }

  /** Returns the JSON object in the response to a request. */
  async object(request: BatchRequest): Promise<JsonObject> {
    const value = await this.json(request);
    if (isJsonObject(value)) return value;
    throw notAnAnswer('JSON that is not an object');
  }

  /** Returns the bytes of a file as they arrive. The iterator also throws BatchError. */
  async bytes(request: BatchRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#pieces(await this.send(request));
  }

  async *#pieces(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* response.body ?? [];
    } catch (error) {
      const failure = this.#failure(error);
      throw new BatchError(
        failure.reason === 'connection'
          ? plainFailure('truncated', 'The file ended before it was complete.')
          : failure,
      );
    }
  }

  async #text(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    for await (const piece of this.#pieces(response)) {
      bytes += piece.length;
      if (bytes > maximumJsonBytes) break;
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }

  #failure(error: unknown): Failure {
    if (this.#signal.aborted) return plainFailure('interrupted', 'The run was stopped.');
    const failure = connectionFailure(error, this.provider.baseUrl);
    return isSilence(error) ? { ...failure, reason: 'timeout' } : failure;
  }

  #noJson({ url }: Response): Failure {
    const path = URL.canParse(url) ? new URL(url).pathname : '';
    const message = `${this.provider.baseUrl} answered ${path} with no JSON.`;
    return plainFailure('not_an_answer', shortened(message));
  }
}

/** Returns whether the built-in fetch timed out. */
const isSilence = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : null;
  return (
    code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || isSilence(error.cause)
  );
};
