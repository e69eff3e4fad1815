import type { JsonValue } from '../../text/json.ts';
import { isJsonObject } from '../../text/json.ts';

/**
 * Where Gemini's own API keeps files and batches, seen from the base URL of its OpenAI layer, which
 * has no files: https://ai.google.dev/gemini-api/docs/openai (Batch) and
 * https://ai.google.dev/api/files. What stands before the version stays: it may be a gateway's.
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
  const at = (...rest: readonly string[]): URL => {
    const url = new URL(base);
    url.pathname = [...segments, ...rest].join('/');
    return url;
  };
  return {
    upload: at('upload', version, 'files'),
    batches: at(version, 'batches'),
    download: (fileId) => {
      const url = at('download', version, `${namePath(fileId)}:download`);
      url.searchParams.set('alt', 'media');
      return url;
    },
  };
};

/** A resource name as part of a path: its slashes stay. */
export const namePath = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/** What the first request of a resumable upload says of the file that comes in the second. */
export const uploadStartHeaders = (bytes: number): Readonly<Record<string, string>> => ({
  'x-goog-upload-protocol': 'resumable',
  'x-goog-upload-command': 'start',
  'x-goog-upload-header-content-length': String(bytes),
  'x-goog-upload-header-content-type': 'application/jsonl',
});

/** What the second one says: all of it comes at once. */
export const uploadWholeHeaders: Readonly<Record<string, string>> = {
  'x-goog-upload-offset': '0',
  'x-goog-upload-command': 'upload, finalize',
};

/** The resource name of the file that an upload made; null where the answer has none. */
export const uploadedName = (answer: JsonValue): string | null => {
  const file = isJsonObject(answer) ? (answer['file'] ?? answer) : null;
  const name = isJsonObject(file) ? file['name'] : null;
  return typeof name === 'string' && name !== '' ? name : null;
};

/** A batch as Gemini's own list has it. `createdAt`: seconds since 1970. */
export type ListedBatch = {
  readonly name: string;
  readonly fileId: string | null;
  readonly createdAt: number | null;
};

/** A page of `GET /v1beta/batches`: operations, whose metadata describe the batches. */
export const readBatchList = (
  answer: JsonValue,
): { readonly batches: readonly ListedBatch[]; readonly nextPage: string | null } => {
  const page = isJsonObject(answer) ? answer : {};
  const list = page['operations'] ?? page['batches'];
  const batches = (Array.isArray(list) ? (list as readonly JsonValue[]) : []).flatMap((one) => {
    if (!isJsonObject(one) || typeof one['name'] !== 'string') return [];
    const about = isJsonObject(one['metadata']) ? one['metadata'] : one;
    const input = isJsonObject(about['inputConfig']) ? about['inputConfig'] : {};
    const created = Date.parse(String(about['createTime']));
    return [
      {
        name: one['name'],
        fileId: typeof input['fileName'] === 'string' ? input['fileName'] : null,
        createdAt: Number.isNaN(created) ? null : created / 1000,
      },
    ];
  });
  const next = page['nextPageToken'];
  return { batches, nextPage: typeof next === 'string' && next !== '' ? next : null };
};
