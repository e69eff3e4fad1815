import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { Upstream } from '../upstream.ts';

/** Takes what happens on a connection while a call has it. */
export type ConnectionUser = {
  readonly onData: (bytes: Buffer) => void;
  readonly onDrain: () => void;
  /** The upstream sends nothing more. */
  readonly onEnd: () => void;
  /** It is gone; the code of what went wrong, or null. */
  readonly onClose: (code: string | null) => void;
};

export type UpstreamConnection = {
  readonly socket: Socket;
  /** null while no call has it. */
  user: ConnectionUser | null;
  /** Until when it may be taken again. */
  idleUntilMs: number;
};

export type UpstreamPool = {
  /** An idle connection to the upstream, else a new one, on which writing may begin at once. */
  readonly take: (upstream: Upstream, user: ConnectionUser) => UpstreamConnection;
  /** Gives one back of which all was read and written, and which the server keeps for so long, if it says so. */
  readonly giveBack: (
    upstream: Upstream,
    connection: UpstreamConnection,
    keptForMs: number | null,
  ) => void;
  readonly close: () => void;
};

/**
 * Idle connections are closed sooner than servers close them (uvicorn: 5 s). One that closes while a
 * request is on its way to it may have read the request: such a call fails, and is not sent again.
 */
const idleMs = 4000;

/** And so much sooner than one says that it does. */
const marginMs = 1000;

const mostIdle = 4096;

/** What is read at once. */
const readBytes = 64 * 1024;

/** Keeps connections to upstreams for the next call. `now` are milliseconds that only rise. */
export const createUpstreamPool = (now: () => number): UpstreamPool => {
  const idle = new Map<Upstream, UpstreamConnection[]>();
  /** TLS sessions, with which the next handshake is shorter. */
  const sessions = new Map<Upstream, Buffer>();
  /** All connections read into this one; streams bring little at a time, and memory for each is dear. */
  const shared = Buffer.allocUnsafeSlow(readBytes);

  const open = (upstream: Upstream, onBytes: (bytes: Buffer) => void): Socket => {
    const { hostname, port, secure } = upstream;
    const common = {
      host: hostname,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 1000,
      onread: {
        buffer: shared,
        callback: (length: number): boolean => {
          const bytes = Buffer.allocUnsafe(length);
          shared.copy(bytes, 0, 0, length);
          onBytes(bytes);
          return true;
        },
      },
    };
    if (!secure) return connectPlain(common);
    const session = sessions.get(upstream);
    const socket = connectSecure({
      ...common,
      // An address has no name that a server could choose its certificate by.
      servername: isIP(hostname) === 0 ? hostname : '',
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    });
    socket.on('session', (given: Buffer) => void sessions.set(upstream, given));
    return socket;
  };

  const forget = (upstream: Upstream, connection: UpstreamConnection): void => {
    const list = idle.get(upstream);
    const at = list?.indexOf(connection) ?? -1;
    if (at !== -1) list?.splice(at, 1);
  };

  const start = (upstream: Upstream, user: ConnectionUser): UpstreamConnection => {
    const socket = open(upstream, (bytes) => {
      if (connection.user === null) leave();
      else connection.user.onData(bytes);
    });
    const connection: UpstreamConnection = { socket, user, idleUntilMs: 0 };
    let code: string | null = null;
    /** Without a call nothing may come: what does belongs to none. */
    const leave = (): void => {
      forget(upstream, connection);
      socket.destroy();
    };
    socket.on('drain', () => connection.user?.onDrain());
    socket.on('end', () => {
      if (connection.user === null) leave();
      else connection.user.onEnd();
    });
    socket.on('error', (error: Error) => {
      code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      // A session that the server refuses is not tried again.
      sessions.delete(upstream);
    });
    socket.on('close', () => {
      forget(upstream, connection);
      connection.user?.onClose(code);
    });
    return connection;
  };

  const sweep = setInterval(() => {
    const moment = now();
    for (const list of idle.values()) {
      // It leaves the list when it is closed.
      for (const { socket, idleUntilMs } of list) {
        if (idleUntilMs < moment) socket.destroy();
      }
    }
  }, idleMs / 8);
  sweep.unref();

  return {
    take: (upstream, user) => {
      const list = idle.get(upstream);
      for (let found = list?.pop(); found !== undefined; found = list?.pop()) {
        if (found.idleUntilMs < now()) found.socket.destroy();
        if (found.socket.destroyed || !found.socket.writable) continue;
        found.user = user;
        return found;
      }
      return start(upstream, user);
    },
    giveBack: (upstream, connection, keptForMs) => {
      connection.user = null;
      const forMs = Math.min(idleMs, (keptForMs ?? Infinity) - marginMs);
      connection.idleUntilMs = now() + forMs;
      const list = idle.get(upstream) ?? [];
      idle.set(upstream, list);
      if (list.length >= mostIdle || forMs <= 0) connection.socket.destroy();
      else list.push(connection);
    },
    close: () => {
      clearInterval(sweep);
      for (const list of idle.values()) {
        for (const { socket } of list.splice(0)) socket.destroy();
      }
    },
  };
};
