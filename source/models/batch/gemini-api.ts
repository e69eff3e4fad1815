import { createReadStream } from 'node:fs';
import { notAnAnswer } from './batch-error.ts';
import {
  askBatchApi,
  batchBytes,
  jsonBody,
  sendBatchRequest,
  type BatchEndpoint,
} from './batch-request.ts';
import {
  geminiUrls,
  readBatchList,
  uploadedName,
  uploadStartHeaders,
  uploadWholeHeaders,
} from './gemini-files.ts';
import type { UploadFile } from './multipart.ts';

/** So many pages of the newest batches are looked through. */
const mostPages = 50;

/** Uploads a file by the resumable protocol, in one piece; its resource name. Throws BatchError. */
export const uploadToGemini = async (
  endpoint: BatchEndpoint,
  file: UploadFile,
): Promise<string> => {
  const { upload } = geminiUrls(endpoint.provider.baseUrl);
  const started = await sendBatchRequest(endpoint, {
    method: 'POST',
    url: upload,
    key: 'x-goog-api-key',
    headers: uploadStartHeaders(file.bytes),
    body: jsonBody({ file: { display_name: file.name } }),
  });
  started.resume();
  const session = sessionOf(started.headers['x-goog-upload-url'], upload);
  if (session === null) throw notAnAnswer('no place to upload to');
  const answer = await askBatchApi(endpoint, {
    method: 'POST',
    url: session,
    // The place itself is the secret.
    key: 'none',
    headers: uploadWholeHeaders,
    body: {
      type: 'application/jsonl',
      length: file.bytes,
      bytes: () => createReadStream(file.path) as AsyncIterable<Uint8Array>,
    },
  });
  const name = uploadedName(answer);
  if (name === null) throw notAnAnswer('no name of the file');
  return name;
};

/** Where the file goes to. The requests leave for the server that was asked, and no other one. */
const sessionOf = (header: string | readonly string[] | undefined, asked: URL): URL | null => {
  if (typeof header !== 'string' || !URL.canParse(header, asked)) return null;
  const url = new URL(header, asked);
  return url.origin === asked.origin ? url : null;
};

/** The bytes of a file. */
export const downloadFromGemini = async (
  endpoint: BatchEndpoint,
  fileId: string,
): Promise<AsyncIterable<Uint8Array>> => {
  const url = geminiUrls(endpoint.provider.baseUrl).download(fileId);
  const body = await sendBatchRequest(endpoint, { method: 'GET', url, key: 'x-goog-api-key' });
  return batchBytes(body, endpoint);
};

/**
 * The resource name of the batch of a file, looked for in Gemini's own list, since its OpenAI layer
 * neither lists nor takes metadata; null where there is none. `oldest`: seconds since 1970.
 */
export const findGeminiBatch = async (
  endpoint: BatchEndpoint,
  wanted: { readonly fileId: string; readonly oldest: number },
): Promise<string | null> => {
  const { batches: url } = geminiUrls(endpoint.provider.baseUrl);
  let pageToken: string | null = null;
  for (let page = 0; page < mostPages; page++) {
    const query: Record<string, string> = {
      pageSize: '100',
      ...(pageToken === null ? {} : { pageToken }),
    };
    const { batches, nextPage } = readBatchList(
      await askBatchApi(endpoint, { method: 'GET', url, query, key: 'x-goog-api-key' }),
    );
    const found = batches.find(({ fileId }) => fileId === wanted.fileId);
    if (found !== undefined) return found.name;
    const created = batches.at(-1)?.createdAt ?? null;
    if (nextPage === null || (created !== null && created < wanted.oldest)) return null;
    pageToken = nextPage;
  }
  return null;
};
