import type { IncomingMessage } from 'node:http';

/** `read`: the whole body and the model that it names, if any. */
export type ReadModel =
  | { readonly kind: 'read'; readonly model: string | null; readonly chunks: readonly Buffer[] }
  | { readonly kind: 'client left' | 'too large' };

/**
 * Reads the body of a request, which must be there to its end before anybody knows its model, and
 * hands the outcome on once. More than `cap` bytes are not read.
 */
export const readModel = (
  request: IncomingMessage,
  cap: number,
  then: (read: ReadModel) => void,
): void => {
  const chunks: Buffer[] = [];
  let length = 0;
  let told = false;
  const tell = (read: ReadModel): void => {
    if (told) return;
    told = true;
    request.off('data', take);
    then(read);
  };
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > cap) tell({ kind: 'too large' });
  };
  request.on('data', take);
  request.once('end', () => tell({ kind: 'read', model: modelOf(Buffer.concat(chunks)), chunks }));
  request.once('error', () => tell({ kind: 'client left' }));
  request.once('close', () => tell({ kind: 'client left' }));
};

const modelOf = (body: Buffer): string | null => {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('model' in parsed)) return null;
    return typeof parsed.model === 'string' ? parsed.model : null;
  } catch {
    return null;
  }
};
