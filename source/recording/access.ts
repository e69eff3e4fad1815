import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../traffic/hash.ts';

/** The header in which a client names the token of the proxy; it does not go on to the upstream. */
export const tokenHeader = 'x-understudy-token';

/** What a client may do: the path without the token that it may begin with, or nothing. */
export type Access =
  { readonly allowed: true; readonly path: string } | { readonly allowed: false };

/**
 * Checks the token of a call: in the header `x-understudy-token`, or as the first segment of the path
 * (`/token=SECRET/v1/…`) for clients of which only the base URL can be changed. `Authorization` is no
 * place for it: that is the upstream's. Everything is allowed where there is no token.
 */
export const accessOf = (
  token: string | null,
  path: string,
  headers: readonly string[],
): Access => {
  const [, inPath = null, rest = path] = /^\/token=([^/?]*)(.*)$/s.exec(path) ?? [];
  const inner = rest.startsWith('/') ? rest : `/${rest}`;
  if (token === null) return { allowed: true, path: inner };
  const [only, another] = headers;
  const inHeader = another === undefined ? only : undefined;
  const given = inPath === null ? inHeader : decoded(inPath);
  if (given === undefined || !isSame(given, token)) return { allowed: false };
  return { allowed: true, path: inner };
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Hashes are compared, so that the time tells nothing, the length of the token included. */
const isSame = (given: string, token: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
