import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { allDropped, createCounters, type Counters } from '../recording/counters.ts';
import { KeptBytes } from '../recording/tap.ts';
import { RecordingProxy } from '../recording/proxy.ts';
import { Recorder, type WriterSettings } from '../recording/recorder.ts';
import { openFileSink, openStoreSink } from '../recording/writing/sinks.ts';
import { printableLine } from '../text/printable.ts';
import { ascendingIds } from '../text/time-ordered-id.ts';
import { count } from '../text/numbers.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { keepPausesShort } from './terminal/heap.ts';
import { nextStopSignal } from './terminal/signals.ts';
import { StatusLine } from './terminal/status-line.ts';
import { isLoopback } from '../models/loopback.ts';
import { tokenHeader } from '../recording/access.ts';
import {
  createRouter,
  readRoutes,
  readUpstreams,
  type Router,
  type Upstream,
} from '../recording/router.ts';
import { readSelection } from '../traffic/selection/read-selection.ts';
import { notThat, readFlags, storeFile } from './flags/read-flags.ts';

/** The most bytes of a request, and of its response, that are kept. */
const capBytes = 8 * 1024 * 1024;

/** How much is kept in memory of all calls, in flight or waiting to be saved. More is not recorded. */
const maximumKeptBytes = 256 * 1024 * 1024;

/** How often the counters are shown: on a terminal, and as lines of a log. */
const statusPace = { redrawMs: 500, logMs: 60_000 };

/**
 * Runs `understudy record --upstream URL`: a proxy that records the prompts passing
 * through it until it is stopped.
 */
export const record: Command<'record'> = async (argv) => {
  keepPausesShort();
  const settings = readRecordSettings(argv, process.env);
  const { redaction } = await readConfiguration(settings.config, process.env);
  await tryDestination(settings.writer.to);
  const counters = createCounters();
  const kept = new KeptBytes(maximumKeptBytes);
  const status = new StatusLine(process.stderr, {
    text: () => countsLine(counters),
    ...statusPace,
  });
  const recorder = new Recorder({
    workerUrl: new URL('./recording-worker.js', import.meta.url),
    settings: { ...settings.writer, redaction: settings.redact ? redaction : null },
    counters,
    kept,
    onTrouble: (trouble) => {
      const sentence =
        trouble === null
          ? 'Captures are saved again.'
          : `Calls continue, and captures wait to be saved: ${trouble}`;
      status.print(printableLine(sentence));
    },
  });
  const proxy = openProxy(settings, { counters, kept, record: recorder.record });
  try {
    const port = await proxy.listen(settings.port, settings.host).catch((error: unknown) => {
      throw listenProblem(error, settings);
    });
    // Before the greeting: whoever reads it may stop the proxy at once.
    const stopping = nextStopSignal((times) => {
      if (times === 2) proxy.cut();
      // A third signal does not wait: unsaved captures are lost.
      else process.exit(130);
    });
    status.print(greeting(settings, port));
    const signal = await stopping;
    if (counters.inFlight > 0) {
      status.print(
        `Waiting for ${counters.inFlight} calls to end; new calls are refused. Ctrl-C again aborts them.`,
      );
    }
    await proxy.stop();
    await recorder.close();
    status.print(`Stopped. ${countsLine(counters)}`);
    if (settings.json) process.stdout.write(jsonDocument(countsJson(counters), 'one line'));
    if (lossReasons.some((reason) => counters.dropped.has(reason))) return 2;
    return signal === 'SIGTERM' ? 0 : 130;
  } finally {
    status.clear();
    await recorder.close();
  }
};

/** The reasons for losing captures that should have been saved. */
const lossReasons = ['could not be saved', 'the recording thread ended'];

/**
 * Opens the file that the recording thread will open, so that a mistake ends the command before it
 * listens.
 */
const tryDestination = async (to: WriterSettings['to']): Promise<void> => {
  const sink =
    to.kind === 'store' ? await openStoreSink(to.file) : await openFileSink(to.file, null);
  await sink.close();
};

const openProxy = (
  { router, token, endpointHeader, injectsUsage }: RecordSettings,
  shared: {
    readonly counters: Counters;
    readonly kept: KeptBytes;
    readonly record: Recorder['record'];
  },
): RecordingProxy => {
  const resolutionMs = 10;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return new RecordingProxy({
    router,
    token,
    // Without a token, the proxy listens on this machine only.
    names: token === null ? 'local' : 'any',
    endpointHeader,
    injectsUsage,
    capBytes,
    ...shared,
    loopDelays: () =>
      [0.5, 0.9, 0.99].map((quantile) => ({
        quantile,
        // The histogram holds the time between two samples, which is never less than the
        // resolution.
        seconds: Math.max(0, delay.percentile(quantile * 100) / 1e9 - resolutionMs / 1000),
      })),
    newId: ascendingIds(Date.now, randomBytes),
  });
};

const listenProblem = (error: unknown, { port, host }: RecordSettings): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const where = `${printableLine(host)}, port ${port}`;
  if (code === 'EADDRINUSE') {
    return new UserError(
      `Another program is already listening on ${where}. Choose another --port.`,
    );
  }
  if (code === 'EACCES') {
    return new UserError(`This user may not listen on ${where}. Choose a --port from 1024 on.`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new UserError(
      `${printableLine(host)} is not an address of this machine. Choose another --host.`,
    );
  }
  return error;
};

const greeting = ({ upstreams, shownHost, writer }: RecordSettings, port: number): string => {
  const [first, ...others] = upstreams;
  const base = `http://${shownHost}:${port}`;
  const lines = [
    `Recording. Base URL for clients: ${base}/v1 → ${first.host}${first.basePath}`,
    ...others.map((one) => `  ${base}/${one.prefix ?? one.name} → ${one.host}${one.basePath}`),
    `Captures go to ${writer.to.file}. Ctrl-C ends it.`,
  ];
  return lines.map(printableLine).join('\n');
};

/** Returns the counters in one line without a line feed. */
const countsLine = (counters: Counters): string => {
  const { requests, inFlight, passed, recorded, queuedExchanges, dropped } = counters;
  const reasons = [...dropped]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, number]) => `${count(number)} ${reason}`);
  const lost = allDropped(counters);
  return [
    `${count(requests)} ${requests === 1 ? 'call' : 'calls'}`,
    `${count(inFlight)} in flight`,
    `${count(recorded)} recorded`,
    ...(queuedExchanges > 0 ? [`${count(queuedExchanges)} waiting to be saved`] : []),
    ...(passed > 0 ? [`${count(passed)} passed on only`] : []),
    ...(lost > 0 ? [`${count(lost)} not recorded (${reasons.join(', ')})`] : []),
  ].join(' · ');
};

const countsJson = (counters: Counters) => ({
  calls: counters.requests,
  recorded: counters.recorded,
  passed: counters.passed,
  notRecorded: allDropped(counters),
  reasons: Object.fromEntries(counters.dropped),
});

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

export const tokenVariable = 'UNDERSTUDY_PROXY_TOKEN';

/** The minimum length of a token; a shorter one could be guessed. */
export const shortestToken = 16;

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

export const refuseLoop = (upstreams: readonly Upstream[], port: number): void => {
  const loop = upstreams.find(
    (upstream) => upstream.port === port && isLoopback(`http://${upstream.host}`),
  );
  if (loop !== undefined) {
    throw new UserError(
      `The upstream ${printableLine(loop.host)} is this proxy itself. Give another --upstream, or another --port.`,
    );
  }
};

export const tokenOf = (token: string | undefined, host: string): string | null => {
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

export const headerName = (word: string): string => {
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
