import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { sha256 } from '../traffic/hash.ts';

/** The header in which a client sends the proxy's token; it is never forwarded. */
export const tokenHeader = 'x-understudy-token';

/** Whether a client may use the proxy, and the path without the token that it may begin with. */
export type Access =
  { readonly allowed: true; readonly path: string } | { readonly allowed: false };

/**
 * Checks the token of a call: in the header `x-understudy-token`, or as the first segment of the path
 * (`/token=SECRET/v1/…`) for clients that let only the base URL be changed. `Authorization` belongs to
 * the upstream. Without a token every client is allowed. `headers` are the values of the token's header.
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

const localName = String.raw`(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?`;
const localHost = new RegExp(`^${localName}$`, 'i');
const localOrigin = new RegExp(`^https?://${localName}$`, 'i');

/**
 * Whether a web page of another site may have sent a request. Any page can have a browser send calls to
 * this machine. The browser then names the page in `Origin`, or says at least `cross-site`; a page whose
 * own name leads here (DNS rebinding) has that name in `Host`.
 */
export const comesFromElsewhere = (headers: IncomingHttpHeaders): boolean => {
  const { host, origin } = headers;
  if (host !== undefined && !localHost.test(host)) return true;
  if (origin !== undefined) return !localOrigin.test(origin);
  return headers['sec-fetch-site'] === 'cross-site';
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Compares hashes: the time taken reveals nothing about the token, not even its length. */
const isSame = (given: string, token: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
