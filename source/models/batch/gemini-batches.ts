import { isJsonObject, type JsonValue } from '../../text/json.ts';
import { notAnAnswer, uploadBody, type BatchClient, type UploadFile } from './batch-client.ts';

/**
 * Derives the URLs of files and batches in Gemini's own API from the base URL of its OpenAI layer,
 * which has no files: https://ai.google.dev/gemini-api/docs/openai (Batch) and
 * https://ai.google.dev/api/files. A path before the version is kept: it may belong to a gateway.
 */
export const geminiUrls = (
  baseUrl: string,
): {
  readonly upload: URL;
  readonly batches: URL;
  /** `fileId` is a resource name, `files/abc`. */
  readonly download: (fileId: string) => URL;
} => {
  const base = new URL(baseUrl);
  const segments = base.pathname.split('/').filter((segment) => segment !== '');
  if (segments.at(-1) === 'openai') segments.pop();
  const version = segments.pop() ?? 'v1beta';
  const urlAt = (...path: readonly string[]): URL => {
    const url = new URL(base);
    url.pathname = [...segments, ...path].join('/');
    return url;
  };
  return {
    upload: urlAt('upload', version, 'files'),
    batches: urlAt(version, 'batches'),
    download: (fileId) => {
      const name = fileId.split('/').map(encodeURIComponent).join('/');
      const url = urlAt('download', version, `${name}:download`);
      url.searchParams.set('alt', 'media');
      return url;
    },
  };
};

/** The number of pages of the newest batches to search. */
const maximumPages = 50;

/** Files and the list of batches in Gemini's own API. All methods throw BatchError. */
export class GeminiBatches {
  readonly #client: BatchClient;
  readonly #urls: ReturnType<typeof geminiUrls>;
  /** Gemini's own API takes the key in a different header from its OpenAI layer. */
  readonly #keyHeaders: Readonly<Record<string, string | null>>;

  constructor(client: BatchClient) {
    this.#client = client;
    this.#urls = geminiUrls(client.provider.baseUrl);
    this.#keyHeaders = { authorization: null, 'x-goog-api-key': client.apiKey || 'none' };
  }

  /** Uploads a file in one piece by the resumable protocol. Returns its resource name. */
  async upload(file: UploadFile): Promise<string> {
    const session = await this.#openUpload(file);
    const blob = await uploadBody(file);
    const answer = await this.#client.json((sdk, options) =>
      sdk.post(session.href, {
        ...options,
        headers: {
          // The session URL is itself the secret.
          authorization: null,
          'content-type': 'application/jsonl',
          'x-goog-upload-offset': '0',
          'x-goog-upload-command': 'upload, finalize',
        },
        body: blob,
      }),
    );
    const name = uploadedName(answer);
    if (name === null) throw notAnAnswer('no name of the file');
    return name;
  }

  /** Returns the bytes of a file. */
  download(fileId: string): Promise<AsyncIterable<Uint8Array>> {
    const { href } = this.#urls.download(fileId);
    const headers = this.#keyHeaders;
    return this.#client.bytes((sdk, options) => sdk.get(href, { ...options, headers }));
  }

  /**
   * Finds the batch of a file in Gemini's own list, because its OpenAI layer neither lists batches
   * nor accepts metadata. Returns its resource name, or null if none is at least as recent as
   * `oldest` (seconds since 1970).
   */
  async findBatch(fileId: string, oldest: number): Promise<string | null> {
    const { href } = this.#urls.batches;
    const headers = this.#keyHeaders;
    let pageToken: string | null = null;
    for (let page = 0; page < maximumPages; page++) {
      const query = { pageSize: 100, ...(pageToken === null ? {} : { pageToken }) };
      const { batches, nextPage } = readBatchList(
        await this.#client.json((sdk, options) => sdk.get(href, { ...options, headers, query })),
      );
      const found = batches.find((batch) => batch.fileId === fileId);
      if (found !== undefined) return found.name;
      const createdAt = batches.at(-1)?.createdAt ?? null;
      if (nextPage === null || (createdAt !== null && createdAt < oldest)) return null;
      pageToken = nextPage;
    }
    return null;
  }

  /** Starts an upload. Returns the URL to send the file to. */
  async #openUpload(file: UploadFile): Promise<URL> {
    const { href } = this.#urls.upload;
    const response = await this.#client.send((sdk, options) =>
      sdk.post(href, {
        ...options,
        headers: {
          ...this.#keyHeaders,
          'x-goog-upload-protocol': 'resumable',
          'x-goog-upload-command': 'start',
          'x-goog-upload-header-content-length': String(file.bytes),
          'x-goog-upload-header-content-type': 'application/jsonl',
        },
        body: { file: { display_name: file.name } },
      }),
    );
    await response.body?.cancel();
    const location = response.headers.get('x-goog-upload-url');
    const session = location === null ? null : sameServer(location, this.#urls.upload);
    if (session === null) throw notAnAnswer('no place to upload to');
    return session;
  }
}

/**
 * Returns the URL if it is on the server that was called; otherwise null. The requests in a file
 * must not go to another server.
 */
const sameServer = (location: string, asked: URL): URL | null => {
  if (!URL.canParse(location, asked)) return null;
  const url = new URL(location, asked);
  return url.origin === asked.origin ? url : null;
};

/** Returns the resource name of an uploaded file; null if the answer has none. */
export const uploadedName = (answer: JsonValue): string | null => {
  const file = isJsonObject(answer) ? (answer['file'] ?? answer) : null;
  const name = isJsonObject(file) ? file['name'] : null;
  return typeof name === 'string' && name !== '' ? name : null;
};

/** A batch in Gemini's own list. `createdAt` is in seconds since 1970. */
export type ListedBatch = {
  readonly name: string;
  readonly fileId: string | null;
  readonly createdAt: number | null;
};

/** Reads a page of `GET /v1beta/batches`: operations, whose metadata describe the batches. */
export const readBatchList = (
  answer: JsonValue,
): { readonly batches: readonly ListedBatch[]; readonly nextPage: string | null } => {
  const page = isJsonObject(answer) ? answer : {};
  const list = page['operations'] ?? page['batches'];
  const batches = (Array.isArray(list) ? (list as readonly JsonValue[]) : []).flatMap((entry) => {
    if (!isJsonObject(entry) || typeof entry['name'] !== 'string') return [];
    const batch = isJsonObject(entry['metadata']) ? entry['metadata'] : entry;
    const input = isJsonObject(batch['inputConfig']) ? batch['inputConfig'] : {};
    const created = Date.parse(String(batch['createTime']));
    return [
      {
        name: entry['name'],
        fileId: typeof input['fileName'] === 'string' ? input['fileName'] : null,
        createdAt: Number.isNaN(created) ? null : created / 1000,
      },
    ];
  });
  const next = page['nextPageToken'];
  return { batches, nextPage: typeof next === 'string' && next !== '' ? next : null };
};
