import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { wildcardPattern } from '../traffic/selection/capture-filter.ts';

/** A server that calls are forwarded to. */
export type Upstream = {
  /** The user's name for it, else its host. */
  readonly name: string;
  /** The first segment of paths that are for it alone; null where the user gave no name. */
  readonly prefix: string | null;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The value of the `Host` header. */
  readonly host: string;
  /** The path of its base URL without a slash at the end: `/v1`, or nothing. */
  readonly basePath: string;
};

/** A pattern of model names, in which `*` matches any characters, and where such calls go. */
export type Route = { readonly model: string; readonly upstream: Upstream };

/** Where a call goes: an upstream and the path there, with its query. */
export type Target = { readonly upstream: Upstream; readonly path: string };

export type Router = {
  /** The target of a path that begins with the prefix of an upstream; null for any other path. */
  readonly byPrefix: (path: string) => Target | null;
  /** The target of a path without such a prefix; `model` is null where it is not known. */
  readonly byModel: (path: string, model: string | null) => Target;
  /** Whether the model matters at all, so that the request must be read before it is forwarded. */
  readonly asksForModel: boolean;
};

/** First segments of paths that clients use with any upstream. */
const reserved = new Set(['v1', 'v1beta', 'openai', 'api', 'chat']);

/**
 * Reads upstreams, each `URL` or `NAME=URL`. Throws UserError for an invalid URL, for one with
 * credentials or a query, and for two upstreams of one name.
 */
export const readUpstreams = (words: readonly string[]): readonly Upstream[] => {
  const upstreams = words.map(readUpstream);
  const names = new Set(upstreams.map(({ name }) => name));
  if (names.size < upstreams.length) {
    throw new UserError(
      'Two upstreams have the same name. Name each of them: --upstream NAME=URL.',
    );
  }
  return upstreams;
};

const readUpstream = (word: string): Upstream => {
  const [, prefix = null, text = word] = /^([A-Za-z0-9][\w.-]*)=(https?:\/\/.*)$/s.exec(word) ?? [];
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `--upstream takes a base URL such as https://api.openai.com/v1, with NAME= before it if there are several; ${JSON.stringify(printableLine(word))} is not one.`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UserError(
      `The URL of the upstream ${printableLine(url.host)} has credentials, a query or a # in it. Leave them out: each client sends its own key.`,
    );
  }
  if (prefix !== null && reserved.has(prefix.toLowerCase())) {
    throw new UserError(
      `An upstream cannot be named ${prefix}, because paths begin with that for other reasons. Choose another name.`,
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

/** Reads routes, each `PATTERN=NAME`. Throws UserError for a name that no upstream has. */
export const readRoutes = (
  words: readonly string[],
  upstreams: readonly Upstream[],
): readonly Route[] =>
  words.map((word) => {
    const [, model = '', name = ''] = /^(.+)=([^=]+)$/s.exec(word) ?? [];
    const upstream = upstreams.find((one) => one.name === name);
    if (upstream !== undefined) return { model, upstream };
    throw new UserError(
      `--route takes a pattern of model names and an upstream, such as 'gpt-*=openai'; ${JSON.stringify(printableLine(word))} names none of ${upstreams.map((one) => one.name).join(', ')}.`,
    );
  });

/**
 * Chooses an upstream: the one whose name is the first segment of the path, else that of the first
 * route whose pattern matches the model, else the first upstream.
 */
export const createRouter = (
  upstreams: readonly [Upstream, ...(readonly Upstream[])],
  routes: readonly Route[],
): Router => {
  const patterns = routes.map(({ model, upstream }) => ({
    pattern: wildcardPattern(model),
    upstream,
  }));
  const hasPrefixes = upstreams.some(({ prefix }) => prefix !== null);
  return {
    byPrefix: (path) => {
      if (!hasPrefixes) return null;
      const [, segment = '', rest = ''] = /^\/([^/?]+)(.*)$/s.exec(path) ?? [];
      const upstream = upstreams.find(({ prefix }) => prefix !== null && prefix === segment);
      if (upstream === undefined) return null;
      const inner = rest.startsWith('/') ? rest : `/${rest}`;
      return { upstream, path: pathAt(upstream.basePath, inner) };
    },
    byModel: (path, model) => {
      const route =
        model === null ? undefined : patterns.find(({ pattern }) => pattern.test(model));
      const { upstream } = route ?? { upstream: upstreams[0] };
      return { upstream, path: pathAt(upstream.basePath, path) };
    },
    asksForModel: patterns.length > 0,
  };
};

/**
 * The path at an upstream. Clients write the address with its version or without (`/v1/models`,
 * `/models`) and mean the same. A path that begins like the base URL is complete already, as those of
 * Azure's deployments are.
 */
export const pathAt = (basePath: string, path: string): string => {
  if (basePath === '') return path;
  const first = /^\/[^/?]+/;
  if (first.exec(path)?.[0] === first.exec(basePath)?.[0]) return path;
  return `${basePath}${path.replace(/^\/v1(?=[/?]|$)/, '')}`;
};
