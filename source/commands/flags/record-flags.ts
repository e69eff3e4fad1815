import { isLoopback } from '../../models/loopback.ts';
import { tokenHeader } from '../../recording/access.ts';
import {
  createRouter,
  readRoutes,
  readUpstreams,
  type Router,
  type Upstream,
} from '../../recording/router.ts';
import type { WriterSettings } from '../../recording/recorder.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { readSelection } from '../../traffic/selection/read-selection.ts';
import { notThat, readFlags, storeFile } from './read-flags.ts';

/** The settings from the flags of `understudy record`. */
export type RecordSettings = {
  readonly upstreams: readonly [Upstream, ...(readonly Upstream[])];
  readonly router: Router;
  readonly host: string;
  /** The host as written in a URL. */
  readonly shownHost: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly token: string | null;
  readonly endpointHeader: string;
  readonly injectsUsage: boolean;
  readonly writer: Omit<WriterSettings, 'redaction'>;
  readonly redact: boolean;
  /** The path of the configuration from `--config`. */
  readonly config: string | undefined;
  readonly json: boolean;
};

const tokenVariable = 'UNDERSTUDY_PROXY_TOKEN';

/** The minimum length of a token; a shorter one could be guessed. */
const shortestToken = 16;

/** Parses the arguments. Throws UserError for an invalid value, and for a missing token. */
export const readRecordSettings = (
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RecordSettings => {
  const { flags } = readFlags('record', argv);
  const [first, ...others] = readUpstreams(flags.upstream);
  if (first === undefined) {
    throw new UserError(
      'record needs the URL to forward calls to: understudy record --upstream https://api.openai.com/v1. See understudy record --help.',
    );
  }
  const upstreams = [first, ...others] as const;
  const host = flags.host.replace(/^\[|\]$/g, '');
  const shownHost = host.includes(':') ? `[${host}]` : host;
  refuseLoop(upstreams, flags.port);
  return {
    upstreams,
    router: createRouter(upstreams, readRoutes(flags.route, upstreams)),
    host,
    shownHost,
    port: flags.port,
    token: tokenOf(environment[tokenVariable], shownHost),
    endpointHeader: headerName(flags.endpointHeader),
    injectsUsage: flags.injectUsage,
    writer: {
      to: destination(flags, environment),
      share: readSelection({ sample: flags.sample }, new Date())?.sample ?? 1,
    },
    redact: flags.redact,
    config: flags.config,
    json: flags.json,
  };
};

const refuseLoop = (upstreams: readonly Upstream[], port: number): void => {
  const loop = upstreams.find(
    (upstream) => upstream.port === port && isLoopback(`http://${upstream.host}`),
  );
  if (loop !== undefined) {
    throw new UserError(
      `The upstream ${printableLine(loop.host)} is this proxy itself. Give another --upstream, or another --port.`,
    );
  }
};

const tokenOf = (token: string | undefined, host: string): string | null => {
  if (token === undefined || token === '') {
    if (isLoopback(`http://${host}`)) return null;
    throw new UserError(
      `Other machines can reach the proxy at ${printableLine(host)}, so it needs a token: put one of at least ${shortestToken} characters into ${tokenVariable}, and let clients send it in the header ${tokenHeader} or in their base URL (/token=…/v1).`,
    );
  }
  if (token.length >= shortestToken) return token;
  throw new UserError(
    `The token in ${tokenVariable} is short enough to be guessed. Give it at least ${shortestToken} characters.`,
  );
};

const headerName = (word: string): string => {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(word)) return word.toLowerCase();
  throw notThat('--endpoint-header', 'the name of a header', word);
};

const destination = (
  flags: {
    readonly out?: string | undefined;
    readonly rotate?: string | undefined;
    readonly db?: string | undefined;
  },
  environment: Readonly<Record<string, string | undefined>>,
): WriterSettings['to'] => {
  if (flags.out === undefined) {
    if (flags.rotate === undefined)
      return { kind: 'store', file: storeFile(flags.db, environment) };
    throw new UserError('--rotate applies to a file: name one with --out, or leave --rotate out.');
  }
  if (flags.db !== undefined) {
    throw new UserError('Captures go to one destination: give either --out or --db.');
  }
  const rotateBytes = flags.rotate === undefined ? null : bytesOf(flags.rotate);
  return { kind: 'file', file: flags.out, rotateBytes };
};

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

const bytesOf = (word: string): number => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmg]?)b?$/i.exec(word.trim()) ?? [];
  const bytes = Number(number) * (units[unit.toLowerCase()] ?? Number.NaN);
  if (number !== '' && bytes >= 1000) return bytes;
  throw notThat('--rotate', 'a size from 1KB up, such as 100MB', word);
};
