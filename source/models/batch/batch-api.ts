import type { OpenAI } from 'openai';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { withoutKey } from '../echoed-key.ts';
import type { Model } from '../model.ts';
import {
  BatchClient,
  BatchError,
  notAnAnswer,
  uploadBody,
  type UploadFile,
} from './batch-client.ts';
import type { BatchProfile } from './batch-profile.ts';
import { metadataKey, readBatchStatus, type BatchStatus } from './batch-status.ts';
import { GeminiBatches } from './gemini-batches.ts';

/** The files and batches of one provider. Every request is sent once and may throw BatchError. */
export type BatchApi = {
  /** Uploads a file. Returns its id. */
  readonly upload: (file: UploadFile) => Promise<string>;
  /** Creates the batch. From here on it costs money. */
  readonly create: (job: BatchReference) => Promise<BatchStatus>;
  readonly retrieve: (batchId: string) => Promise<BatchStatus>;
  /** Finds the batch of a job by our id or by its file; null if the provider has none. */
  readonly find: (job: BatchReference & { readonly sentAt: string }) => Promise<BatchStatus | null>;
  /** Returns the bytes of a file. */
  readonly content: (fileId: string) => Promise<AsyncIterable<Uint8Array>>;
};

/** Our id of a job, and the provider's id of its file. */
export type BatchReference = { readonly jobId: string; readonly fileId: string };

type BatchApiOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  readonly apiKey: string;
  readonly profile: BatchProfile;
  readonly signal: AbortSignal;
};

/**
 * Opens the Batch API of a provider. In its answers and in the failure of every BatchError, `[key]`
 * replaces the key wherever the server echoes it. The bytes of files are unchanged.
 */
export const openBatchApi = (options: BatchApiOptions): BatchApi => {
  const { apiKey } = options;
  const api = providerBatchApi(options);
  const keyless = async <Answered>(answer: Promise<Answered>): Promise<Answered> => {
    try {
      return withoutKey(await answer, apiKey);
    } catch (error) {
      if (error instanceof BatchError) throw new BatchError(withoutKey(error.failure, apiKey));
      throw error;
    }
  };
  return {
    upload: (file) => keyless(api.upload(file)),
    create: (job) => keyless(api.create(job)),
    retrieve: (batchId) => keyless(api.retrieve(batchId)),
    find: (job) => keyless(api.find(job)),
    content: async (fileId) =>
      (await keyless(api.content(fileId).then((bytes) => ({ bytes })))).bytes,
  };
};

const providerBatchApi = ({ model, apiKey, profile, signal }: BatchApiOptions): BatchApi => {
  const client = new BatchClient(model.provider, apiKey, signal);
  switch (profile.dialect) {
    case 'openai':
      return openAiBatches(client, profile);
    case 'together':
      return togetherBatches(client, profile);
    case 'mistral':
      return mistralBatches(client, profile, model.name);
    case 'gemini':
      return geminiBatches(client, profile);
  }
};

const openAiBatches = (client: BatchClient, profile: BatchProfile): BatchApi => ({
  upload: async (file) => {
    const body = { purpose: 'batch', file: await uploadBody(file) } as const;
    return readFileId(await client.object((sdk, options) => sdk.files.create(body, options)));
  },
  create: async ({ fileId, jobId }) => {
    const order = { ...batchOrder(profile, fileId), metadata: { [metadataKey]: jobId } };
    return readBatch(await client.object((sdk, options) => sdk.batches.create(order, options)));
  },
  retrieve: async (batchId) =>
    readBatch(await client.object((sdk, options) => sdk.batches.retrieve(batchId, options))),
  find: (job) =>
    findBatch(job, async (_, last) => {
      const query = { limit: 100, ...(last === null ? {} : { after: last.batchId }) };
      const answer = await client.json((sdk, options) => sdk.batches.list(query, options));
      return { answer, hasMore: isJsonObject(answer) && answer['has_more'] === true };
    }),
  content: (fileId) => client.bytes((sdk, options) => sdk.files.content(fileId, options)),
});

/**
 * Creates Together's Batch API. Its uploads have their own path and fields, and its batches have no
 * metadata.
 */
const togetherBatches = (client: BatchClient, profile: BatchProfile): BatchApi => ({
  ...openAiBatches(client, profile),
  upload: async (file) => {
    const body = new FormData();
    body.set('purpose', profile.purpose);
    body.set('file_name', file.name);
    body.set('file_type', 'jsonl');
    body.set('file', await uploadBody(file));
    return readFileId(
      await client.object((sdk, options) => sdk.post(profile.uploadPath, { ...options, body })),
    );
  },
  create: async ({ fileId }) => {
    const order = batchOrder(profile, fileId);
    return readBatch(await client.object((sdk, options) => sdk.batches.create(order, options)));
  },
});

/**
 * Creates Mistral's Batch API. Its batches are jobs with their own path and fields; its files are
 * OpenAI's.
 */
const mistralBatches = (client: BatchClient, profile: BatchProfile, model: string): BatchApi => ({
  ...openAiBatches(client, profile),
  create: async ({ fileId, jobId }) => {
    const body = {
      input_files: [fileId],
      endpoint: profile.endpoint,
      model,
      metadata: { [metadataKey]: jobId },
      timeout_hours: Number.parseInt(profile.completionWindow, 10),
    };
    return readBatch(
      await client.object((sdk, options) => sdk.post('/batch/jobs', { ...options, body })),
    );
  },
  retrieve: async (batchId) => {
    const path = `/batch/jobs/${encodeURIComponent(batchId)}`;
    return readBatch(await client.object((sdk, options) => sdk.get(path, options)));
  },
  find: (job) =>
    findBatch(job, async (page) => {
      const query = { page, page_size: 100 };
      const answer = await client.json((sdk, options) =>
        sdk.get('/batch/jobs', { ...options, query }),
      );
      return { answer, hasMore: true };
    }),
});

/**
 * Creates Gemini's Batch API. Batches go through its OpenAI layer; files and the list belong to its
 * own API.
 */
const geminiBatches = (client: BatchClient, profile: BatchProfile): BatchApi => {
  const gemini = new GeminiBatches(client);
  const retrieve = async (name: string): Promise<BatchStatus> => {
    // The ids contain a slash, which the SDK would escape.
    const path = `/batches/${name.split('/').map(encodeURIComponent).join('/')}`;
    return readBatch(await client.object((sdk, options) => sdk.get(path, options)));
  };
  return {
    upload: (file) => gemini.upload(file),
    create: async ({ fileId }) => {
      const order = batchOrder(profile, fileId);
      return readBatch(await client.object((sdk, options) => sdk.batches.create(order, options)));
    },
    retrieve,
    find: async ({ fileId, sentAt }) => {
      const name = await gemini.findBatch(fileId, oldestCreation(sentAt));
      return name === null ? null : retrieve(name);
    },
    content: (fileId) => gemini.download(fileId),
  };
};

type BatchOrder = Parameters<OpenAI['batches']['create']>[0];

const batchOrder = (profile: BatchProfile, fileId: string): BatchOrder => ({
  input_file_id: fileId,
  // The SDK's type lists OpenAI's own paths; Azure and Zhipu have others.
  endpoint: profile.endpoint as BatchOrder['endpoint'],
  completion_window: profile.completionWindow,
});

const readFileId = ({ id }: JsonObject): string => {
  if (typeof id === 'string' && id !== '') return id;
  throw notAnAnswer('no id of the file');
};

const readBatch = (answer: JsonObject): BatchStatus => {
  const status = readBatchStatus(answer);
  if (status === null) throw notAnAnswer('no batch');
  return status;
};

/** The number of pages of the newest batches to search. */
const maximumPages = 50;

/** The largest difference allowed between two clocks. */
const skewSeconds = 3600;

/**
 * Returns the earliest time at which a job's batch may have been created, in seconds since 1970.
 */
const oldestCreation = (sentAt: string): number => Date.parse(sentAt) / 1000 - skewSeconds;

/** Reads a page of batches, the newest first. `last` is the last batch of the previous page. */
type ReadPage = (
  page: number,
  last: BatchStatus | null,
) => Promise<{ readonly answer: JsonValue; readonly hasMore: boolean }>;

/** Searches the newest batches, page by page, until one matches or all are too old. */
const findBatch = async (
  { fileId, jobId, sentAt }: Parameters<BatchApi['find']>[0],
  readPage: ReadPage,
): Promise<BatchStatus | null> => {
  const oldest = oldestCreation(sentAt);
  let last: BatchStatus | null = null;
  for (let page = 0; page < maximumPages; page++) {
    const { answer, hasMore }: Awaited<ReturnType<ReadPage>> = await readPage(page, last);
    const batches = listEntries(answer)
      .map(readBatchStatus)
      .filter((batch) => batch !== null);
    const found = batches.find(
      (batch) => batch.jobId === jobId || batch.inputFileIds.includes(fileId),
    );
    if (found !== undefined) return found;
    const next = batches.at(-1);
    if (!hasMore || next === undefined || next.batchId === last?.batchId) return null;
    if (next.createdAt !== null && next.createdAt < oldest) return null;
    last = next;
  }
  return null;
};

const listEntries = (answer: JsonValue): readonly JsonValue[] => {
  const list = isJsonObject(answer) ? answer['data'] : answer;
  return Array.isArray(list) ? (list as readonly JsonValue[]) : [];
};
