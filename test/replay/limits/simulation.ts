import type { Failure, FailureReason } from '../../../source/models/answer.ts';
import { Budget } from '../../../source/replay/limits/budget.ts';
import type { Admission, CallTicket } from '../../../source/replay/limits/waiting-calls.ts';
import { Gate } from '../../../source/replay/limits/gate.ts';
import { Lane } from '../../../source/replay/limits/lane.ts';
import type { Limits } from '../../../source/configuration/settings.ts';
import { retryDelayMs } from '../../../source/replay/limits/retry.ts';
import { windowMs } from '../../../source/replay/limits/window.ts';

/** How a simulated server behaves. Shares are fractions of its calls, 0 to 1. */
export type SimulatedServer = {
  readonly limits: Limits;
  readonly longestLatencyMs: number;
  readonly failing: number;
  readonly tooFast: number;
  readonly refused: number;
  /** The simulated time before which the server does not answer. */
  readonly downUntilMs: number;
  readonly warmUpMs: number;
};

export type Simulation = {
  readonly seed: number;
  readonly servers: readonly SimulatedServer[];
  readonly concurrency: number;
  /** The servers that each capture is sent to. */
  readonly captures: readonly (readonly number[])[];
  /** In units of the most that a call can cost; null for no budget. */
  readonly budget: number | null;
  readonly abortAtMs: number | null;
};

/** The observable result of one simulated call. */
export type SimulatedCall = {
  readonly server: number;
  readonly begunAtMs: number;
  readonly ends: string[];
  sent: number;
  endedAtMs: number;
};

export type SimulationResult = {
  readonly calls: readonly SimulatedCall[];
  /** Descriptions of violated invariants. */
  readonly broken: readonly string[];
  readonly spent: number;
  readonly tookMs: number;
};

/** Pseudo-random numbers in [0, 1), determined by the seed (mulberry32). */
const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

const costAtMost = 0.01;

/**
 * Runs calls through a gate on a simulated clock, against servers that answer late, fail, go down
 * and reject calls. Checks after every step that no limit is exceeded.
 */
export const simulate = (simulation: Simulation): SimulationResult => {
  const random = seededRandom(simulation.seed);
  const broken: string[] = [];
  const calls: SimulatedCall[] = [];
  let nowMs = 0;
  const events: { atMs: number; run: () => void }[] = [];
  const later = (ms: number, run: () => void): void => {
    events.push({ atMs: nowMs + ms, run });
  };

  const limit = simulation.budget === null ? null : simulation.budget * costAtMost;
  const budget = new Budget(limit);
  const lanes = simulation.servers.map(
    ({ limits }, index) =>
      new Lane({ label: `${index}`, limits, patience: { totalMs: 900_000, probes: 10 } }),
  );
  const seen = lanes.map(() => ({
    inFlight: 0,
    sentAtMs: [] as number[],
    tokens: [] as { readonly atMs: number; amount: number }[],
    leftAloneUntilMs: 0,
    dueRetries: new Set<{ readonly dueMs: number; readonly tokens: number }>(),
  }));
  let inFlight = 0;

  const gate = new Gate({
    concurrency: simulation.concurrency,
    budget,
    lanes,
    now: () => nowMs,
    onCold: (lane) => {
      const server = simulation.servers[lanes.indexOf(lane)];
      later(server?.warmUpMs ?? 0, () => gate.warm(lane));
    },
  });

  const sees = (index: number, tokens: number): void => {
    const server = simulation.servers[index];
    const of = seen[index];
    if (server === undefined || of === undefined) return;
    const { concurrency, requestsPerMinute, tokensPerMinute } = server.limits;
    if (++inFlight > simulation.concurrency) broken.push('more calls in flight than in all');
    if (++of.inFlight > (concurrency ?? Number.POSITIVE_INFINITY)) {
      broken.push('more calls in flight than the model allows');
    }
    of.sentAtMs.push(nowMs);
    const inWindow = of.sentAtMs.filter((at) => at + windowMs > nowMs).length;
    if (requestsPerMinute !== null && inWindow > requestsPerMinute) {
      broken.push(`${inWindow} requests within a minute`);
    }
    if (tokensPerMinute !== null) {
      const amount = Math.min(tokens, tokensPerMinute);
      const counted = of.tokens.filter(({ atMs }) => atMs + windowMs > nowMs);
      const sum = counted.reduce((all, one) => all + one.amount, amount);
      if (sum > tokensPerMinute) broken.push(`${sum} tokens within a minute`);
      of.tokens.push({ atMs: nowMs, amount });
    }
    if (nowMs < of.leftAloneUntilMs) broken.push('sent while it was to be left alone');
    if (limit !== null && budget.spent + budget.reserved > limit + 1e-9) {
      broken.push('the budget is passed');
    }
  };

  /** How a server responds to a call, and after how long. */
  const answerOf = (
    server: SimulatedServer,
  ): {
    readonly ms: number;
    readonly reason: FailureReason | null;
    readonly retryMs: number | null;
  } => {
    const ms = random() * server.longestLatencyMs;
    if (nowMs < server.downUntilMs) return { ms: ms / 10, reason: 'connection', retryMs: null };
    const chance = random();
    if (chance < server.tooFast) {
      const retryMs = random() < 0.5 ? null : Math.floor(random() * 90_000);
      return { ms: ms / 10, reason: 'rate_limited', retryMs };
    }
    if (chance < server.tooFast + server.failing)
      return { ms, reason: 'server_error', retryMs: null };
    if (chance < server.tooFast + server.failing + server.refused) {
      return { ms, reason: 'rejected', retryMs: null };
    }
    return { ms, reason: null, retryMs: null };
  };

  const send = (
    index: number,
    call: SimulatedCall,
    tokens: number,
    ticket: CallTicket,
    attempt: number,
  ): void => {
    const server = simulation.servers[index];
    const of = seen[index];
    const lane = lanes[index];
    if (server === undefined || of === undefined || lane === undefined) return;
    call.sent++;
    sees(index, tokens);
    const counted = of.tokens.at(-1);
    const { ms, reason, retryMs } = answerOf(server);
    later(ms, () => {
      inFlight--;
      of.inFlight--;
      const aborted = simulation.abortAtMs !== null && nowMs >= simulation.abortAtMs;
      const used = reason === null ? Math.ceil(tokens * random()) : null;
      if (counted !== undefined && used !== null && server.limits.tokensPerMinute !== null) {
        counted.amount = used;
      }
      const cost = reason === null ? costAtMost * random() : 0;
      if (reason === null) {
        gate.leave(ticket, cost, { failure: null, pauseMs: null, tokens: used, rateLimits: null });
        end(call, 'answered');
        return;
      }
      const failure: Failure = {
        reason,
        message: '',
        status: null,
        retryAfterMs: retryMs,
        parameter: null,
      };
      const delayMs = aborted
        ? null
        : retryDelayMs(failure, attempt, random, Number.POSITIVE_INFINITY);
      const pauseMs = reason === 'rate_limited' ? (retryMs ?? delayMs ?? 1000) : null;
      if (pauseMs !== null) of.leftAloneUntilMs = Math.max(of.leftAloneUntilMs, nowMs + pauseMs);
      gate.leave(ticket, cost, { failure, pauseMs, tokens: null, rateLimits: null });
      if (delayMs === null || lane.stopped !== null) {
        end(call, aborted ? 'interrupted' : 'failed');
        return;
      }
      const waiting = { dueMs: nowMs + delayMs, tokens };
      of.dueRetries.add(waiting);
      const admitted = (what: Admission): void => {
        of.dueRetries.delete(waiting);
        if (what.kind === 'sent') send(index, call, tokens, what.ticket, attempt + 1);
        else end(call, what.why);
      };
      gate.retry({ lane, atMost: costAtMost, tokens, admitted }, delayMs);
    });
  };

  const end = (call: SimulatedCall, how: string): void => {
    call.ends.push(how);
    call.endedAtMs = nowMs;
  };

  /** Whether a call that is due could be sent but is not. */
  const look = (): void => {
    if (limit !== null || gate.inFlight >= simulation.concurrency) return;
    for (const [index, lane] of lanes.entries()) {
      const due = [...(seen[index]?.dueRetries ?? [])].filter(({ dueMs }) => dueMs <= nowMs);
      if (due.length > 0 && due.every(({ tokens }) => lane.opensAt(tokens, nowMs) <= nowMs)) {
        broken.push('a retry that is due is not sent although there is room');
      }
    }
  };

  // As in a run, captures enter one by one as the queue has room; deferred ones come at the end.
  const returning: { readonly index: number; readonly call: SimulatedCall }[] = [];
  const wantedOf = (index: number, lane: Lane, call: SimulatedCall) => {
    const tokens = 1 + Math.floor(random() * 2000);
    const admitted = (what: Admission): void => {
      if (what.kind === 'sent') send(index, call, tokens, what.ticket, 1);
      else if (what.why === 'later') returning.push({ index, call });
      else end(call, what.why);
    };
    return { lane, atMost: costAtMost, tokens, admitted };
  };
  const beginReturning = (): void => {
    const next = returning.shift();
    const lane = next === undefined ? undefined : lanes[next.index];
    if (next === undefined || lane === undefined) return;
    const wanted = [wantedOf(next.index, lane, next.call)];
    gate.begin(wanted, { patient: true, taken: () => later(0, beginReturning) });
  };
  const begin = (at: number): void => {
    const servers = simulation.captures[at];
    if (servers === undefined) {
      beginReturning();
      return;
    }
    const wanted = servers.flatMap((index) => {
      const lane = lanes[index];
      if (lane === undefined) return [];
      const call = { server: index, begunAtMs: nowMs, ends: [], sent: 0, endedAtMs: -1 };
      calls.push(call);
      return [wantedOf(index, lane, call)];
    });
    gate.begin(wanted, { patient: false, taken: () => later(0, () => begin(at + 1)) });
  };

  if (simulation.abortAtMs !== null) later(simulation.abortAtMs, () => gate.close());
  later(0, () => begin(0));
  for (let steps = 0; steps < 200_000; steps++) {
    let next: (typeof events)[number] | null = null;
    for (const event of events) if (next === null || event.atMs < next.atMs) next = event;
    const wakesAtMs = gate.wakesAtMs;
    if (wakesAtMs !== null && (next === null || wakesAtMs <= next.atMs)) {
      nowMs = Math.max(nowMs, wakesAtMs);
      gate.advance();
    } else if (next === null) break;
    else {
      events.splice(events.indexOf(next), 1);
      nowMs = next.atMs;
      next.run();
    }
    look();
  }
  if (inFlight !== 0 || gate.inFlight !== 0) broken.push('calls are in flight after the end');
  if (budget.reserved !== 0) broken.push('money is set aside after the end');
  if (gate.retrying !== 0) broken.push('calls wait for their next try after the end');
  return { calls, broken: [...new Set(broken)], spent: budget.spent, tookMs: nowMs };
};
