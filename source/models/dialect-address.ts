import { dialects, type Dialect } from '../traffic/dialects/dialect.ts';
import type { Authorization, Provider } from './model.ts';

/** The dialects that a server speaks, the one that it speaks best first. */
export const spokenDialects = (provider: Pick<Provider, 'dialects'>): readonly Dialect[] =>
  Object.keys(provider.dialects).filter(isDialect);

const isDialect = (name: string): name is Dialect => dialects.some((one) => one === name);

/** The header that carries the key where a dialect has its own. */
const ownHeaders: Readonly<Record<Dialect, Authorization | null>> = {
  chat: null,
  responses: null,
  messages: 'x-api-key',
  gemini: 'x-goog-api-key',
};

/** The version in the path of a dialect's calls, for a base URL that names none. */
const versions: Readonly<Record<Dialect, string>> = {
  chat: '',
  responses: '',
  messages: '/v1',
  gemini: '/v1beta',
};

const hasVersion = /\/v\d\w*(?:\/|$)/;

/** How calls in a dialect reach a server. */
export type DialectRoute = {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly authorization: Authorization;
};

/**
 * Returns where and with which header a server is called in a dialect that it speaks. A base URL that names no
 * version, as SDKs of Anthropic and Google take it, is completed.
 */
export const dialectRoute = (provider: Provider, dialect: Dialect): DialectRoute => {
  const { authorization, baseUrl = provider.baseUrl } = provider.dialects[dialect] ?? {};
  return {
    baseUrl: withPath(baseUrl, (path) => (hasVersion.test(path) ? path : path + versions[dialect])),
    authorization: authorization ?? ownHeaders[dialect] ?? provider.authorization,
  };
};

/** The URL of a call in a dialect. Gemini has the name of the model in it. */
export const callUrl = (provider: Provider, dialect: Dialect, model: string): string => {
  const { baseUrl } = dialectRoute(provider, dialect);
  const url = withPath(baseUrl, (path) => path + callPath(dialect, model));
  if (dialect !== 'gemini') return url;
  return `${url}${url.includes('?') ? '&' : '?'}alt=sse`;
};

const callPath = (dialect: Dialect, model: string): string => {
  switch (dialect) {
    case 'chat':
      return '/chat/completions';
    case 'responses':
      return '/responses';
    case 'messages':
      return '/messages';
    case 'gemini': {
      const name = model.includes('/') ? model : `models/${model}`;
      return `/${name.split('/').map(encodeURIComponent).join('/')}:streamGenerateContent`;
    }
  }
};

/** A URL with another path, and its query as it was. */
const withPath = (url: string, change: (path: string) => string): string => {
  const [address = '', ...query] = url.split('?');
  return [change(address.replace(/\/+$/, '')), ...query].join('?');
};

/** The key in the header that carries it. */
export const keyHeader = (
  authorization: Authorization,
  apiKey: string,
): Readonly<Record<string, string>> =>
  authorization === 'bearer' ? { authorization: `Bearer ${apiKey}` } : { [authorization]: apiKey };

/** The headers that a dialect needs beside that of the key. */
export const dialectHeaders = (dialect: Dialect): Readonly<Record<string, string>> =>
  dialect === 'messages' ? { 'anthropic-version': '2023-06-01' } : {};

/** The addresses at which a server may be called, each once. */
export const serverAddresses = (provider: Provider): readonly string[] => [
  ...new Set([
    provider.baseUrl,
    ...Object.values(provider.dialects).flatMap(({ baseUrl }) => baseUrl ?? []),
  ]),
];
