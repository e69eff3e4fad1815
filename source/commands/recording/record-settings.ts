import { isLoopback } from '../../models/loopback.ts';
import { tokenHeader } from '../../recording/access.ts';
import { createRouter, type Router } from '../../recording/router.ts';
import type { WriterSettings } from '../../recording/recorder.ts';
import { readRoutes, readUpstreams, type Upstream } from '../../recording/upstream.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { readSelection } from '../../traffic/selection/read-selection.ts';
import { readFlags, storeFile } from '../flags.ts';
import { redactionFlag } from '../redacting/redaction-flag.ts';

/** What the user wants of `understudy record`. */
export type RecordSettings = {
  readonly upstreams: readonly [Upstream, ...(readonly Upstream[])];
  readonly router: Router;
  readonly host: string;
  /** The host as it stands in a URL. */
  readonly shownHost: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly token: string | null;
  readonly endpointHeader: string;
  readonly injectsUsage: boolean;
  readonly writer: Omit<WriterSettings, 'redaction'>;
  readonly redact: boolean;
  /** The configuration that `--config` names. */
  readonly config: string | undefined;
  readonly json: boolean;
};

const tokenVariable = 'UNDERSTUDY_PROXY_TOKEN';

/** A shorter token could be guessed. */
const shortestToken = 16;

/** Reads the arguments. Throws UserError for whatever cannot be meant, and for a missing token. */
export const readRecordSettings = (
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RecordSettings => {
  const { input, flags } = readFlags('record', argv, {
    upstream: { type: 'string', isMultiple: true },
    route: { type: 'string', isMultiple: true },
    port: { type: 'string' },
    host: { type: 'string' },
    sample: { type: 'string' },
    endpointHeader: { type: 'string' },
    injectUsage: { type: 'boolean' },
    out: { type: 'string' },
    rotate: { type: 'string' },
    db: { type: 'string' },
    config: { type: 'string' },
    json: { type: 'boolean' },
    ...redactionFlag,
  });
  if (input.length > 0) {
    throw new UserError(
      `record takes no files, and ${harmlessLine(input[0] ?? '')} is one. See understudy record --help.`,
    );
  }
  const [first, ...others] = readUpstreams(flags.upstream ?? []);
  if (first === undefined) {
    throw new UserError(
      'record needs to know where calls go: understudy record --upstream https://api.openai.com/v1. See understudy record --help.',
    );
  }
  const upstreams = [first, ...others] as const;
  const host = (flags.host ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const port = portOf(flags.port ?? '8787');
  refuseLoop(upstreams, port);
  return {
    upstreams,
    router: createRouter(upstreams, readRoutes(flags.route ?? [], upstreams)),
    host,
    shownHost,
    port,
    token: tokenOf(environment[tokenVariable], shownHost),
    endpointHeader: headerName(flags.endpointHeader ?? 'x-understudy-endpoint'),
    injectsUsage: flags.injectUsage === true,
    writer: {
      to: destination(flags, environment),
      share:
        flags.sample === undefined
          ? 1
          : (readSelection({ sample: flags.sample }, new Date())?.sample ?? 1),
    },
    redact: flags.redact,
    config: flags.config,
    json: flags.json === true,
  };
};

const portOf = (word: string): number => {
  const port = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UserError(`--port is a number from 0 to 65535, and ${harmlessLine(word)} is none.`);
};

const refuseLoop = (upstreams: readonly Upstream[], port: number): void => {
  const loop = upstreams.find(
    (upstream) => upstream.port === port && isLoopback(`http://${upstream.host}`),
  );
  if (loop !== undefined) {
    throw new UserError(
      `The upstream ${harmlessLine(loop.host)} is this proxy itself. Give another --upstream, or another --port.`,
    );
  }
};

const tokenOf = (token: string | undefined, host: string): string | null => {
  if (token === undefined || token === '') {
    if (isLoopback(`http://${host}`)) return null;
    throw new UserError(
      `At ${harmlessLine(host)} others can reach the proxy, so it needs a token: put one of at least ${shortestToken} characters into ${tokenVariable}, and let clients send it in the header ${tokenHeader} or in their base URL (/token=…/v1).`,
    );
  }
  if (token.length >= shortestToken) return token;
  throw new UserError(
    `The token in ${tokenVariable} is short enough to be guessed. Give it at least ${shortestToken} characters.`,
  );
};

const headerName = (word: string): string => {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(word)) return word.toLowerCase();
  throw new UserError(
    `--endpoint-header is the name of a header, and ${harmlessLine(word)} is none.`,
  );
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
    throw new UserError('--rotate is for a file: name one with --out, or leave --rotate out.');
  }
  if (flags.db !== undefined) {
    throw new UserError('Captures go to one place: name it with --out or with --db.');
  }
  const rotateBytes = flags.rotate === undefined ? null : bytesOf(flags.rotate);
  return { kind: 'file', file: flags.out, rotateBytes };
};

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

const bytesOf = (word: string): number => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmg]?)b?$/i.exec(word.trim()) ?? [];
  const bytes = Number(number) * (units[unit.toLowerCase()] ?? Number.NaN);
  if (number !== '' && bytes >= 1000) return bytes;
  throw new UserError(
    `--rotate is a size from 1KB on, such as 100MB, and ${harmlessLine(word)} is none.`,
  );
};
