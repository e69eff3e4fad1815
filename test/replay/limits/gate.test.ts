import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../source/models/answer.ts';
import { Gate, type LaneNews } from '../../../source/replay/limits/gate.ts';
import type { Admission, CallTicket } from '../../../source/replay/limits/waiting-calls.ts';
import { Budget } from '../../../source/replay/limits/budget.ts';
import { defaultPatience } from '../../../source/replay/limits/health.ts';
import { Lane, type LaneEnd } from '../../../source/replay/limits/lane.ts';
import { noLimits, type Limits } from '../../../source/configuration/settings.ts';

const well: LaneEnd = { failure: null, pauseMs: null, tokens: null, rateLimits: null };

const failed = (reason: Failure['reason'], pauseMs: number | null = null): LaneEnd => ({
  ...well,
  pauseMs,
  failure: { reason, message: '', status: null, retryAfterMs: null, parameter: null },
});

/** A gate with two lanes and a manual clock. */
const open = (
  concurrency: number,
  options: { readonly budget?: number; readonly limits?: Partial<Limits> } = {},
) => {
  let nowMs = 0;
  const lane = (label: string) =>
    new Lane({ label, limits: { ...noLimits, ...options.limits }, patience: defaultPatience });
  const lanes = { a: lane('a'), b: lane('b') };
  const news: LaneNews[] = [];
  const gate = new Gate({
    concurrency,
    budget: new Budget(options.budget ?? null),
    lanes: [lanes.a, lanes.b],
    now: () => nowMs,
    onNews: (one) => news.push(one),
  });
  const tickets = new Map<string, CallTicket>();
  const log: string[] = [];
  const call = (name: string, of: 'a' | 'b', atMost = 0, tokens = 0) => ({
    lane: lanes[of],
    atMost,
    tokens,
    admitted: (admitted: Admission) => {
      log.push(admitted.kind === 'sent' ? name : `${name}: ${admitted.why}`);
      if (admitted.kind === 'sent') tickets.set(name, admitted.ticket);
    },
  });
  const begin = (calls: readonly ReturnType<typeof call>[], patient = false): void =>
    gate.begin(calls, { patient, taken: () => log.push('taken') });
  const leave = (name: string, end: LaneEnd = well, cost = 0): void => {
    const ticket = tickets.get(name);
    if (ticket === undefined) throw new Error(`${name} was not sent.`);
    gate.leave(ticket, cost, end);
  };
  return {
    gate,
    lanes,
    news,
    call,
    begin,
    leave,
    /** The events since the last call. */
    log: () => log.splice(0).filter((line) => line !== 'taken'),
    goTo: (ms: number) => {
      nowMs = ms;
      gate.advance();
    },
  };
};

/** Fails calls of lane b until it is paused. */
const pauseB = ({ begin, call, leave, log }: ReturnType<typeof open>): void => {
  for (let index = 0; index < 5; index++) {
    begin([call(`x${index}`, 'b')]);
    leave(`x${index}`, failed('connection'));
  }
  log();
};

describe('a gate', () => {
  it('admits both sides of a pair or neither', () => {
    const { begin, call, leave, log, gate } = open(3);
    begin([call('1a', 'a'), call('1b', 'b')]);
    begin([call('2a', 'a'), call('2b', 'b')]);
    expect([log(), gate.inFlight]).toEqual([['1a', '1b'], 2]);
    leave('1a');
    expect([log(), gate.inFlight]).toEqual([['2a', '2b'], 3]);
  });

  it('sends the sides in turn if they can never start together', () => {
    const { begin, call, leave, log } = open(1);
    begin([call('a', 'a'), call('b', 'b')]);
    expect(log()).toEqual(['a']);
    leave('a');
    expect(log()).toEqual(['b']);
  });

  it('gives due retries priority', () => {
    const { begin, call, goTo, leave, log, gate } = open(2);
    begin([call('1a', 'a'), call('1b', 'b')]);
    begin([call('2a', 'a')]);
    gate.retry(call('again', 'b'), 1000);
    log();
    expect(gate.wakesAtMs).toBe(1000);
    goTo(1000);
    leave('1a');
    expect(log()).toEqual(['again']);
    leave('1b');
    expect(log()).toEqual(['2a']);
  });

  it('starts nothing new while retries take up the whole concurrency', () => {
    const { begin, call, goTo, log, gate } = open(2);
    gate.retry(call('r1', 'a'), 1000);
    gate.retry(call('r2', 'a'), 1000);
    begin([call('new', 'a')]);
    expect(log()).toEqual([]);
    goTo(1000);
    expect(log()).toEqual(['r1', 'r2']);
  });

  it('reports that the budget is reached only after calls in flight have ended', () => {
    const { begin, call, leave, log } = open(8, { budget: 1 });
    for (const name of ['1', '2', '3']) {
      begin([call(`${name}a`, 'a', 0.4), call(`${name}b`, 'b', 0.4)]);
    }
    expect(log()).toEqual(['1a', '1b']);
    leave('1a', well, 0.1);
    leave('1b', well, 0.1);
    expect(log()).toEqual(['2a', '2b']);
    leave('2a', well, 0.1);
    leave('2b', well, 0.1);
    expect(log()).toEqual(['3a: budget reached', '3b: budget reached']);
    begin([call('4', 'a')]);
    expect(log()).toEqual(['4: budget reached']);
  });

  it('releases all waiting calls when it closes', () => {
    const { begin, call, gate, log } = open(1);
    begin([call('in', 'a')]);
    begin([call('waiting', 'a')]);
    gate.retry(call('retry', 'a'), 5);
    gate.close();
    expect(log()).toEqual(['in', 'retry: closed', 'waiting: closed']);
    begin([call('late', 'b')]);
    expect(log()).toEqual(['late: closed']);
  });

  it('keeps a pair together over a short pause and splits it over a long one', () => {
    const short = open(8);
    short.begin([short.call('x', 'b')]);
    short.leave('x', failed('rate_limited', 4000));
    short.log();
    short.begin([short.call('1a', 'a'), short.call('1b', 'b')]);
    expect(short.log()).toEqual([]);
    short.goTo(4000);
    expect(short.log()).toEqual(['1a', '1b']);

    const long = open(8);
    long.begin([long.call('x', 'b')]);
    long.leave('x', failed('rate_limited', 60_000));
    long.log();
    long.begin([long.call('1a', 'a'), long.call('1b', 'b')]);
    expect(long.log()).toEqual(['1a']);
    long.goTo(60_000);
    expect(long.log()).toEqual(['1b']);
  });

  it('sends one probe to a paused model, and the rest once it is answered', () => {
    const scene = open(8);
    pauseB(scene);
    scene.goTo(5000);
    scene.begin([scene.call('1', 'b')]);
    scene.begin([scene.call('2', 'b')]);
    expect(scene.log()).toEqual(['1']);
    scene.leave('1', failed('connection'));
    scene.goTo(14_999);
    expect(scene.log()).toEqual([]);
    scene.goTo(15_000);
    expect(scene.log()).toEqual(['2']);
    scene.begin([scene.call('3', 'b')]);
    scene.leave('2');
    expect(scene.log()).toEqual(['3']);
    expect(scene.news.map(({ kind }) => kind)).toEqual([
      'paused',
      'probing',
      'paused',
      'probing',
      'resumed',
    ]);
  });

  it('defers calls when too many wait for a paused model, unless they are patient', () => {
    const scene = open(100);
    pauseB(scene);
    scene.goTo(5000);
    scene.begin([scene.call('probe', 'b')]);
    scene.leave('probe', failed('connection'));
    scene.log();
    for (let index = 0; index < 40; index++) {
      scene.begin([scene.call(`${index}a`, 'a'), scene.call(`${index}b`, 'b')]);
      scene.leave(`${index}a`);
    }
    const log = scene.log();
    expect(log.filter((line) => line.endsWith('a'))).toHaveLength(40);
    expect(log.filter((line) => line.endsWith(': later'))).toHaveLength(8);
    scene.begin([scene.call('patient', 'b')], true);
    expect(scene.log()).toEqual([]);
  });

  it('tells all waiting calls why a model is stopped', () => {
    const { begin, call, leave, log, gate } = open(9, { limits: { requestsPerMinute: 5 } });
    for (let index = 0; index < 5; index++) begin([call(`${index}`, 'b')]);
    gate.retry(call('retry', 'b'), 1000);
    begin([call('1a', 'a'), call('1b', 'b')]);
    log();
    for (let index = 0; index < 5; index++) leave(`${index}`, failed('unauthorized'));
    expect(log()).toEqual(['retry: unauthorized', '1b: unauthorized', '1a']);
  });

  it('waits until the window has room, and replaces the estimate with actual usage', () => {
    const { begin, call, goTo, leave, log } = open(8, { limits: { tokensPerMinute: 1000 } });
    begin([call('1', 'a', 0, 800)]);
    begin([call('2', 'a', 0, 800)]);
    expect(log()).toEqual(['1']);
    leave('1', { ...well, tokens: 150 });
    expect(log()).toEqual(['2']);
    begin([call('3', 'a', 0, 5000)]);
    goTo(59_999);
    expect(log()).toEqual([]);
    goTo(60_000);
    expect(log()).toEqual(['3']);
  });
});
