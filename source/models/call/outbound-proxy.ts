import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';
import type { Model } from '../model.ts';
import { UserError } from '../../text/user-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy that calls go through, and the environment variable that names it. */
export type OutboundProxy = { readonly url: URL; readonly variable: string };

/**
 * The proxy that the environment names for a URL, by the rules of curl and Go: `HTTPS_PROXY` for https
 * and `HTTP_PROXY` for http, in lower case too, which comes first, unless `NO_PROXY` has the host (a
 * name with all names under it, an address, a CIDR block, each with or without a port, or `*`). Null for
 * a direct call. A server on this machine is always called directly. Throws UserError for a proxy
 * that is no http or https URL.
 */
export const outboundProxy = (target: string, environment: Environment): OutboundProxy | null => {
  const url = new URL(target);
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = [name, name.toUpperCase()].find((one) => environment[one]?.trim());
  if (variable === undefined || isLoopback(url.href)) return null;
  const exceptions = environment['no_proxy'] || environment['NO_PROXY'] || '';
  if (exceptions.split(/[\s,]+/).some((one) => one !== '' && covers(one.toLowerCase(), url))) {
    return null;
  }
  const value = environment[variable]?.trim() ?? '';
  const text = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UserError(
      `${variable} names no http or https proxy. Write http://HOST:PORT, or unset it; NO_PROXY lists hosts that are called directly.`,
    );
  }
  return { url: new URL(text), variable };
};

/** Whether an entry of `NO_PROXY`, in lower case, covers a URL. */
const covers = (entry: string, url: URL): boolean => {
  if (entry === '*') return true;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const [block = '', prefix] = entry.split('/');
  if (prefix !== undefined) return inBlock(host, block, Number(prefix));
  const [, named = entry, port = null] = /^(.*?):(\d+)$/.exec(isIP(entry) === 0 ? entry : '') ?? [];
  const ownPort = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (port !== null && port !== ownPort) return false;
  const domain = named.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
};

const inBlock = (host: string, block: string, prefix: number): boolean => {
  const family = isIP(block);
  if (
    family === 0 ||
    isIP(host) !== family ||
    !(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))
  )
    return false;
  const blocks = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  blocks.addSubnet(block, prefix, kind);
  return blocks.check(host, kind);
};

/** Whether this version of Node can call through a proxy: 22.21, 24.5 and later ones. */
const canUseProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

const keptAgents = new Map<string, http.Agent>();

/**
 * The agent for calls to a URL, through the proxy that the environment names. One that keeps
 * connections is shared; one that does not is new. Throws UserError as `outboundProxy` does.
 */
export const agentFor = (
  target: string,
  connections: 'kept' | 'new',
  environment: Environment = process.env,
): http.Agent => {
  const proxy = canUseProxies ? (outboundProxy(target, environment)?.url.href ?? '') : '';
  const protocol = new URL(target).protocol === 'https:' ? 'https' : 'http';
  const name = `${protocol} ${proxy}`;
  const kept = connections === 'kept' ? keptAgents.get(name) : undefined;
  if (kept !== undefined) return kept;
  const options = {
    keepAlive: connections === 'kept',
    ...(proxy === '' ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
  };
  const agent = protocol === 'https' ? new https.Agent(options) : new http.Agent(options);
  if (connections === 'kept') keptAgents.set(name, agent);
  return agent;
};

/** The words that name the way of a call in a message: ` through the proxy HOST:PORT (HTTPS_PROXY)`. */
export const proxyText = (target: string, environment: Environment = process.env): string => {
  const proxy = canUseProxies ? outboundProxy(target, environment) : null;
  return proxy === null ? '' : ` through the proxy ${proxy.url.host} (${proxy.variable})`;
};

/** Lines that name the proxies of these models' calls; none for direct calls. Throws UserError as `outboundProxy` does. */
export const proxyNotices = (
  models: readonly Model[],
  environment: Environment,
): readonly string[] => {
  const lines = models.flatMap((model) => {
    if (model.kind === 'recorded') return [];
    const { baseUrl } = model.provider;
    const proxy = outboundProxy(baseUrl, environment);
    if (proxy === null) return [];
    const { host } = new URL(baseUrl);
    return canUseProxies
      ? [`Calls to ${host} go${proxyText(baseUrl, environment)}.`]
      : [
          `${proxy.variable} is set, but Node ${process.versions.node} cannot call through a proxy, so calls to ${host} go there directly. Node 22.21, 24.5 and later can.`,
        ];
  });
  return [...new Set(lines)];
};
