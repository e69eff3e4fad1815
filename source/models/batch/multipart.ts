import { createReadStream } from 'node:fs';
import type { BatchRequest } from './batch-request.ts';

/** A file on disk that is sent as it stands. */
export type UploadFile = { readonly path: string; readonly name: string; readonly bytes: number };

/**
 * A multipart/form-data body (RFC 7578) of some fields and one file, which is read while it is sent.
 * Names and values are ours and hold no quotes and no line ends.
 */
export const multipartBody = (
  fields: Readonly<Record<string, string>>,
  file: UploadFile,
): NonNullable<BatchRequest['body']> => {
  const boundary = `understudy-${file.name.replaceAll(/[^A-Za-z0-9]/g, '')}`;
  const before = Buffer.from(
    [
      ...Object.entries(fields).map(
        ([name, value]) =>
          `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${file.name}"\r\n`,
      'content-type: application/octet-stream\r\n\r\n',
    ].join(''),
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    length: before.length + file.bytes + after.length,
    bytes: async function* () {
      yield before;
      yield* createReadStream(file.path) as AsyncIterable<Uint8Array>;
      yield after;
    },
  };
};
