import type { ClientCall } from './http/client-call.ts';

/** What was read of the body of a request before it went on: as it came, and without frames. */
export type ReadBody = {
  readonly bytes: readonly Buffer[];
  readonly data: readonly Buffer[];
  readonly isWhole: boolean;
};

/** `read`: the whole body, or as much as the cap allows. */
export type BodyRead =
  { readonly kind: 'read'; readonly body: ReadBody } | { readonly kind: 'client left' };

/**
 * Reads the body of a request, which somebody must know before it goes on, and hands the outcome on
 * once: at the end, or when there are more than `cap` bytes.
 */
export const readBody = (call: ClientCall, cap: number, then: (read: BodyRead) => void): void => {
  const bytes: Buffer[] = [];
  const data: Buffer[] = [];
  let length = 0;
  let told = false;
  const tell = (read: BodyRead): void => {
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
      if (length > cap) tell({ kind: 'read', body: { bytes, data, isWhole: false } });
    },
    onBodyEnd: () => tell({ kind: 'read', body: { bytes, data, isWhole: true } }),
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
