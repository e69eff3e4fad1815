import { wildcardPattern } from '../traffic/selection/capture-filter.ts';
import type { Route, Upstream } from './upstream.ts';

/** Where a call goes: an upstream and the path there, with its query. */
export type Target = { readonly upstream: Upstream; readonly path: string };

export type Router = {
  /** The target that a path names by the prefix of an upstream; null where it has none of them. */
  readonly byPrefix: (path: string) => Target | null;
  /** The target of a path without such a prefix, by the model of its request (null: not known). */
  readonly byModel: (path: string, model: string | null) => Target;
  /** Whether the model has a say at all, so that the request must be read before it goes on. */
  readonly asksForModel: boolean;
};

/**
 * Chooses between upstreams: by the first segment of the path where it is an upstream's name, else by
 * the first route whose pattern fits the model, else the first upstream.
 */
export const createRouter = (
  upstreams: readonly [Upstream, ...(readonly Upstream[])],
  routes: readonly Route[],
): Router => {
  const patterns = routes.map(({ model, upstream }) => ({
    fits: wildcardPattern(model),
    upstream,
  }));
  return {
    byPrefix: (path) => {
      const [, segment = '', rest = ''] = /^\/([^/?]+)(.*)$/s.exec(path) ?? [];
      const upstream = upstreams.find(({ prefix }) => prefix !== null && prefix === segment);
      if (upstream === undefined) return null;
      const inner = rest.startsWith('/') ? rest : `/${rest}`;
      return { upstream, path: pathAt(upstream.basePath, inner) };
    },
    byModel: (path, model) => {
      const found = model === null ? undefined : patterns.find(({ fits }) => fits.test(model));
      const { upstream } = found ?? { upstream: upstreams[0] };
      return { upstream, path: pathAt(upstream.basePath, path) };
    },
    asksForModel: patterns.length > 0,
  };
};

/**
 * The path at an upstream. Clients are given the address with or without its version (`/v1/models`,
 * `/models`) and mean the same; a path that begins as the base URL does is whole already, as Azure's
 * deployments are.
 */
export const pathAt = (basePath: string, path: string): string => {
  if (basePath === '') return path;
  const first = /^\/[^/?]+/;
  if (first.exec(path)?.[0] === first.exec(basePath)?.[0]) return path;
  return `${basePath}${path.replace(/^\/v1(?=[/?]|$)/, '')}`;
};
