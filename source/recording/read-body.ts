import type { ClientCall } from './http/client-connection.ts';

/** The body of a request that was read before it went on: as it came, and without frames. */
export type ReadBody = { readonly bytes: readonly Buffer[]; readonly data: readonly Buffer[] };

/** `read`: the whole body. */
export type WholeBody =
  | { readonly kind: 'read'; readonly body: ReadBody }
  | { readonly kind: 'client left' | 'too large' };

/**
 * Reads the body of a request to its end, which somebody must know before it goes on, and hands the
 * outcome on once. More than `cap` bytes are not read.
 */
export const readWholeBody = (
  call: ClientCall,
  cap: number,
  then: (read: WholeBody) => void,
): void => {
  const bytes: Buffer[] = [];
  const data: Buffer[] = [];
  let length = 0;
  let told = false;
  const tell = (read: WholeBody): void => {
    if (told) return;
    told = true;
    then(read);
  };
  call.handle({
    onData: (part) => {
      if (!told) data.push(part);
    },
    onBytes: (part) => {
      if (told) return;
      bytes.push(part);
      length += part.length;
      if (length > cap) tell({ kind: 'too large' });
    },
    onBodyEnd: () => tell({ kind: 'read', body: { bytes, data } }),
    onWait: () => undefined,
    onDrain: () => undefined,
    onLeft: () => tell({ kind: 'client left' }),
  });
};

/** The model that the body of a request names, if any. */
export const modelOf = ({ data }: ReadBody): string | null => {
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(data).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('model' in parsed)) return null;
    return typeof parsed.model === 'string' ? parsed.model : null;
  } catch {
    return null;
  }
};
