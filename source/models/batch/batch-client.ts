import { openAsBlob } from 'node:fs';
import type { OpenAI } from 'openai';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure } from '../answer.ts';
import { parseErrorBody, shortened } from '../call/error-message.ts';
import { connectionFailure, plainFailure, statusFailure } from '../call/failures.ts';
import { HttpTransport, SilentServer } from '../call/http-transport.ts';
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

/** How long a server may be silent; some take minutes to check a file. */
const silenceMs = 300_000;

/** The largest JSON answer that is read. File contents have no such limit. */
const maximumJsonBytes = 32 * 1024 * 1024;

/**
 * Sends the requests of one Batch API through the openai SDK, each once and on a connection of its own,
 * through the proxy that the environment names. Files are streamed from disk. A request fails after five
 * minutes without data, and follows no redirects. All methods throw BatchError.
 */
export class BatchClient {
  readonly provider: Provider;
  /** Empty for a server that accepts any key. */
  readonly apiKey: string;
  readonly #signal: AbortSignal;
  /** The paths that were asked, by their responses. */
  readonly #paths = new WeakMap<Response, string>();

  constructor(provider: Provider, apiKey: string, signal: AbortSignal) {
    this.provider = provider;
    this.apiKey = apiKey;
    this.#signal = signal;
  }

  /** Returns the response to a request, with a status of 2xx. */
  async send(request: BatchRequest): Promise<Response> {
    const client = await openProviderClient(this.provider, this.apiKey);
    const carrier = new HttpTransport(this.#signal, { connections: 'new', silenceMs });
    const transport = transportOptions(async ({ headers, ...outgoing }) => {
      const compressed = { ...headers, 'accept-encoding': 'gzip' };
      const response = await carrier.send({ ...outgoing, headers: compressed });
      this.#paths.set(response, new URL(outgoing.url).pathname);
      return response;
    });
    try {
      return await request(client, { signal: this.#signal, ...transport }).asResponse();
    } catch (error) {
      if (carrier.errorAnswer === null) throw new BatchError(this.#failure(error));
      const { status, headers, text } = carrier.errorAnswer;
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
    const { baseUrl } = this.provider;
    if (!isSilence(error)) return connectionFailure(error, baseUrl);
    return plainFailure(
      'timeout',
      shortened(`${baseUrl} was silent for ${silenceMs / 60_000} minutes.`),
    );
  }

  #noJson(response: Response): Failure {
    const path = this.#paths.get(response) ?? '';
    const message = `${this.provider.baseUrl} answered ${path} with no JSON.`;
    return plainFailure('not_an_answer', shortened(message));
  }
}

/** Whether the server has been silent for too long; the SDK wraps the errors of its transport. */
const isSilence = (error: unknown): boolean =>
  error instanceof Error && (error instanceof SilentServer || isSilence(error.cause));
