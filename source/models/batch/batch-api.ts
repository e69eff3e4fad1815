import type { JsonObject, JsonValue } from '../../text/json.ts';
import { isJsonObject } from '../../text/json.ts';
import { withoutKey } from '../echoed-key.ts';
import type { Model } from '../model.ts';
import { BatchError, notAnAnswer } from './batch-error.ts';
import type { BatchProfile } from './batch-profile.ts';
import {
  askBatchApi,
  askForJson,
  batchBytes,
  jsonBody,
  sendBatchRequest,
  type BatchEndpoint,
} from './batch-request.ts';
import { downloadFromGemini, findGeminiBatch, uploadToGemini } from './gemini-api.ts';
import { namePath } from './gemini-files.ts';
import { metadataKey, readBatchStatus, type BatchStatus } from './batch-status.ts';
import { multipartBody, type UploadFile } from './multipart.ts';

/** The files and batches of one provider. Every request is sent once; what fails is a BatchError. */
export type BatchApi = {
  /** Sends the file as a stream; its id there. */
  readonly upload: (file: UploadFile) => Promise<string>;
  /** Orders the answers: from here on it costs money. */
  readonly create: (job: BatchReference) => Promise<BatchStatus>;
  readonly retrieve: (batchId: string) => Promise<BatchStatus>;
  /** The batch of this job, if the provider has one; by our id or by its file. */
  readonly find: (job: BatchReference & { readonly sentAt: string }) => Promise<BatchStatus | null>;
  /** The bytes of a file. */
  readonly content: (fileId: string) => Promise<AsyncIterable<Uint8Array>>;
};

/** Our id of a job, and the provider's of its file. */
export type BatchReference = { readonly jobId: string; readonly fileId: string };

/** So many pages of the newest batches are looked through. */
const mostPages = 50;

/** Clocks may differ by so much. */
const skewSeconds = 3600;

type BatchApiOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  readonly apiKey: string;
  readonly profile: BatchProfile;
  readonly signal: AbortSignal;
};

/**
 * The API of one provider. What it answers, and the failure of every BatchError, has `[key]` where
 * the server sends the key back; the bytes of files are as they come.
 */
export const openBatchApi = (options: BatchApiOptions): BatchApi => {
  const { apiKey } = options;
  const api = connectBatchApi(options);
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

const connectBatchApi = (options: BatchApiOptions): BatchApi => {
  const { model, profile } = options;
  const endpoint: BatchEndpoint = { ...options, provider: model.provider };
  const { dialect } = profile;
  const path = dialect === 'mistral' ? '/batch/jobs' : '/batches';
  const retrieve = async (batchId: string): Promise<BatchStatus> =>
    statusOf(await askBatchApi(endpoint, { method: 'GET', path: `${path}/${namePath(batchId)}` }));
  return {
    upload: async (file) => {
      if (dialect === 'gemini') return uploadToGemini(endpoint, file);
      const fields = {
        purpose: profile.purpose,
        ...(dialect === 'together' ? { file_name: file.name, file_type: 'jsonl' } : {}),
      };
      const body = multipartBody(fields, file);
      const answer = await askBatchApi(endpoint, {
        method: 'POST',
        path: profile.uploadPath,
        body,
      });
      const id = answer['id'];
      if (typeof id === 'string' && id !== '') return id;
      throw notAnAnswer('no id of the file');
    },
    create: async (job) => {
      const body = jsonBody(creation(profile, model.name, job));
      return statusOf(await askBatchApi(endpoint, { method: 'POST', path, body }));
    },
    retrieve,
    find: async ({ fileId, jobId, sentAt }) => {
      const oldest = Date.parse(sentAt) / 1000 - skewSeconds;
      if (dialect === 'gemini') {
        const name = await findGeminiBatch(endpoint, { fileId, oldest });
        return name === null ? null : retrieve(name);
      }
      return findBatch(endpoint, path, dialect, {
        oldest,
        fits: (batch) => batch.jobId === jobId || batch.inputFileIds.includes(fileId),
      });
    },
    content: async (fileId) => {
      if (dialect === 'gemini') return downloadFromGemini(endpoint, fileId);
      const file = `/files/${encodeURIComponent(fileId)}/content`;
      return batchBytes(await sendBatchRequest(endpoint, { method: 'GET', path: file }), endpoint);
    },
  };
};

const creation = (profile: BatchProfile, model: string, job: BatchReference): JsonObject => {
  const { completionWindow, dialect, endpoint } = profile;
  const metadata = { [metadataKey]: job.jobId };
  if (dialect === 'mistral') {
    const hours = Number.parseInt(completionWindow, 10);
    return { input_files: [job.fileId], endpoint, model, metadata, timeout_hours: hours };
  }
  return {
    input_file_id: job.fileId,
    endpoint,
    completion_window: completionWindow,
    // These have no metadata; their batches are known by their file.
    ...(dialect === 'together' || dialect === 'gemini' ? {} : { metadata }),
  };
};

/** Looks through the newest batches, a page at a time, until one fits or all are older. */
const findBatch = async (
  endpoint: BatchEndpoint,
  path: string,
  dialect: BatchProfile['dialect'],
  wanted: { readonly oldest: number; readonly fits: (batch: BatchStatus) => boolean },
): Promise<BatchStatus | null> => {
  let after: string | null = null;
  for (let page = 0; page < mostPages; page++) {
    const query: Record<string, string> =
      dialect === 'mistral'
        ? { page: String(page), page_size: '100' }
        : { limit: '100', ...(after === null ? {} : { after }) };
    const answer = await askForJson(endpoint, { method: 'GET', path, query });
    const batches = entriesOf(answer)
      .map(readBatchStatus)
      .filter((batch) => batch !== null);
    const found = batches.find(wanted.fits);
    if (found !== undefined) return found;
    const last = batches.at(-1);
    const more = isJsonObject(answer) && (dialect === 'mistral' || answer['has_more'] === true);
    if (!more || last === undefined || last.batchId === after) return null;
    if (last.createdAt !== null && last.createdAt < wanted.oldest) return null;
    after = last.batchId;
  }
  return null;
};

const entriesOf = (answer: JsonValue): readonly JsonValue[] => {
  const list = isJsonObject(answer) ? answer['data'] : answer;
  return Array.isArray(list) ? (list as readonly JsonValue[]) : [];
};

const statusOf = (answer: JsonObject): BatchStatus => {
  const status = readBatchStatus(answer);
  if (status === null) throw notAnAnswer('no batch');
  return status;
};
