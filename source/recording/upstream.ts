import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';

/** A server that calls are passed on to. */
export type Upstream = {
  /** As the user named it, else its host. */
  readonly name: string;
  /** The first segment of paths that are for it alone; null where the user gave no name. */
  readonly prefix: string | null;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** What the `Host` header says. */
  readonly host: string;
  /** The path of its base URL without a slash at the end: `/v1`, or nothing. */
  readonly basePath: string;
};

/** A pattern of model names, in which `*` stands for any text, and where such calls go. */
export type Route = { readonly model: string; readonly upstream: Upstream };

/** First segments that clients use with any upstream. */
const taken = new Set(['v1', 'v1beta', 'openai', 'api', 'chat']);

/**
 * The upstreams that the words name, `URL` or `NAME=URL`. Throws UserError for a URL that is none,
 * that holds credentials or a query, and for two upstreams of one name.
 */
export const readUpstreams = (words: readonly string[]): readonly Upstream[] => {
  const upstreams = words.map(readUpstream);
  const names = new Set(upstreams.map(({ name }) => name));
  if (names.size < upstreams.length) {
    throw new UserError('Two upstreams have one name. Give each its own: --upstream NAME=URL.');
  }
  return upstreams;
};

const readUpstream = (word: string): Upstream => {
  const [, prefix = null, text = word] = /^([A-Za-z0-9][\w.-]*)=(https?:\/\/.*)$/s.exec(word) ?? [];
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `--upstream is a base URL such as https://api.openai.com/v1, with NAME= before it if there are several, and ${JSON.stringify(harmlessLine(word))} is none.`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UserError(
      `The upstream ${harmlessLine(url.host)} has credentials, a query or a # in its URL. Leave them out: each client sends its own key.`,
    );
  }
  if (prefix !== null && taken.has(prefix.toLowerCase())) {
    throw new UserError(
      `An upstream cannot be named ${prefix}: paths begin with it for other reasons. Choose another name.`,
    );
  }
  const secure = url.protocol === 'https:';
  return {
    name: prefix ?? url.host,
    prefix,
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    host: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
  };
};

/** The routes that the words name, `PATTERN=NAME`. Throws UserError for a name of no upstream. */
export const readRoutes = (
  words: readonly string[],
  upstreams: readonly Upstream[],
): readonly Route[] =>
  words.map((word) => {
    const [, model = '', name = ''] = /^(.+)=([^=]+)$/s.exec(word) ?? [];
    const upstream = upstreams.find((one) => one.name === name);
    if (upstream !== undefined) return { model, upstream };
    throw new UserError(
      `--route is a pattern of model names and an upstream, such as 'gpt-*=openai', and ${JSON.stringify(harmlessLine(word))} names none of ${upstreams.map((one) => one.name).join(', ')}.`,
    );
  });
