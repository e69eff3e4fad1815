import { afterEach, describe, expect, it } from 'vitest';
import type { FaultRequest, Fault } from '../../source/demo/faults.ts';
import {
  RemedyBook,
  type AdaptPolicy,
  type Adapting,
  type AskRemedy,
} from '../../source/replay/remedy-book.ts';
import { loadPair } from '../../source/store/comparisons/pairs.ts';
import { loadRemedies } from '../../source/store/comparisons/remedies.ts';
import { captureOf, openStand, say, sideOf, type Stand } from './stand.ts';

let stand: Stand | null = null;

afterEach(async () => {
  await stand?.close();
  stand = null;
});

const at = '2026-11-24T00:00:00.000Z';

/** OpenAI's response to an unsupported parameter. */
const refusal = (parameter: string): Fault => ({
  kind: 'reply',
  status: 400,
  body: {
    error: {
      message: `Unsupported parameter: '${parameter}' is not supported with this model.`,
      type: 'invalid_request_error',
      param: parameter,
      code: 'unsupported_parameter',
    },
  },
});

/** The candidate refuses these parameters, one at a time. */
const picky =
  (...parameters: readonly string[]) =>
  (request: FaultRequest): Fault => {
    const refused = parameters.find((parameter) => Object.hasOwn(request.body, parameter));
    return sideOf(request) === 'candidate' && refused !== undefined
      ? refusal(refused)
      : say('an answer');
  };

const captures = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) => {
    const capture = captureOf(index + 1);
    return { ...capture, request: { ...capture.request, temperature: 0, seed: 7, ...more } };
  });

const adapting = (
  { store }: Stand,
  policy: AdaptPolicy,
  ask: AskRemedy | null = null,
): Adapting => ({
  keep: new Set(),
  policy,
  ask,
  book: new RemedyBook({ store, at: () => at }),
});

const candidateCalls = (): number =>
  stand?.calls().filter(({ model }) => model === 'newcomer').length ?? 0;

const refusedCalls = (): number =>
  stand?.calls().filter(({ status }) => status === 400).length ?? 0;

const newcomer = { modelLabel: 'test/newcomer', dialect: 'chat' } as const;

describe('a request rejected because of a parameter', () => {
  it('fails if nothing may be changed, and the possible change is reported', async () => {
    stand = await openStand({ captures: captures(3), answer: picky('temperature') });
    const result = await stand.run({ adapting: adapting(stand, 'never') });
    expect(result.progress.failures.candidate).toEqual({ rejected: 3 });
    expect(candidateCalls()).toBe(3);
    const failed = result.events.filter((event) => event.kind === 'failed');
    expect(failed.map(({ unused }) => unused?.parameter)).toEqual(Array(3).fill('temperature'));
    expect(await loadRemedies(stand.store, stand.comparisonId, newcomer)).toEqual([]);
  });

  it('fails by default, and when nobody can be asked', async () => {
    stand = await openStand({ captures: captures(2), answer: picky('temperature') });
    expect((await stand.run()).progress.failures.candidate).toEqual({ rejected: 2 });
    const result = await stand.run({ adapting: adapting(stand, 'ask') });
    expect(result.progress.failures.candidate).toEqual({ rejected: 2 });
    expect(candidateCalls()).toBe(4);
  });

  it('is changed and resent at once, and later requests are changed before sending', async () => {
    stand = await openStand({ captures: captures(6), answer: picky('temperature') });
    const result = await stand.run({ adapting: adapting(stand, 'auto'), concurrency: 1 });
    expect(result.progress.failures.candidate).toEqual({});
    expect(refusedCalls()).toBe(1);
    expect(candidateCalls()).toBe(7);
    expect(stand.waits.every((ms) => ms === 0)).toBe(true);
    // The order of captures is random for each comparison.
    let attempts = 0;
    for (let number = 1; number <= 6; number++) {
      const { sides } = await loadPair(stand.store, stand.comparisonId, `capture-${number}`);
      if (sides.candidate.kind !== 'answered') throw new Error('not answered');
      attempts += sides.candidate.attempts.length;
      expect(sides.candidate.adaptations).toContainEqual({
        parameter: 'temperature',
        action: 'removed',
        from: 0,
        reason:
          "after a 400: Unsupported parameter: 'temperature' is not supported with this model.",
      });
      if (sides.baseline.kind !== 'answered') throw new Error('not answered');
      expect(sides.baseline.adaptations.map(({ parameter }) => parameter)).not.toContain(
        'temperature',
      );
    }
    expect(attempts).toBe(1);
  });

  it('is changed from the first call in the next run', async () => {
    stand = await openStand({ captures: captures(4), answer: picky('temperature') });
    await stand.run({ adapting: adapting(stand, 'auto'), only: ['capture-1'] });
    expect(refusedCalls()).toBe(1);
    // A new process has its own book, which may not learn.
    const result = await stand.run({ adapting: adapting(stand, 'never') });
    expect(result.progress.failures.candidate).toEqual({});
    expect(refusedCalls()).toBe(1);
  });

  it('is changed one parameter at a time', async () => {
    stand = await openStand({ captures: captures(1), answer: picky('temperature', 'seed') });
    const result = await stand.run({ adapting: adapting(stand, 'auto') });
    expect(result.progress.failures.candidate).toEqual({});
    expect(refusedCalls()).toBe(2);
    const remedies = await loadRemedies(stand.store, stand.comparisonId, newcomer);
    expect(remedies.map(({ parameter }) => parameter)).toEqual(['seed', 'temperature']);
  });

  it('is changed at most five times', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => `parameter_${letter}`);
    const more = Object.fromEntries(names.map((name) => [name, 1]));
    stand = await openStand({ captures: captures(1, more), answer: picky(...names) });
    const result = await stand.run({ adapting: adapting(stand, 'auto') });
    expect(result.progress.failures.candidate).toEqual({ rejected: 1 });
    expect(candidateCalls()).toBe(6);
  });

  it('fails when the provider rejects the same parameter again', async () => {
    const stubborn = (request: FaultRequest): Fault =>
      sideOf(request) === 'candidate' ? refusal('temperature') : say('an answer');
    stand = await openStand({ captures: captures(2), answer: stubborn });
    const result = await stand.run({ adapting: adapting(stand, 'auto'), concurrency: 1 });
    expect(result.progress.failures.candidate).toEqual({ rejected: 2 });
    expect(candidateCalls()).toBe(3);
  });

  it('still has four attempts for transient failures', async () => {
    let number = 0;
    const answer = (request: FaultRequest): Fault => {
      if (sideOf(request) !== 'candidate') return say('an answer');
      if (Object.hasOwn(request.body, 'temperature')) return refusal('temperature');
      number++;
      return number < 4 ? { kind: 'reply', status: 503 } : say('an answer');
    };
    stand = await openStand({ captures: captures(1), answer });
    const result = await stand.run({ adapting: adapting(stand, 'auto') });
    expect(result.progress.failures.candidate).toEqual({});
    expect(candidateCalls()).toBe(5);
  });

  it('asks once per model and parameter while similar requests wait', async () => {
    stand = await openStand({ captures: captures(12), answer: picky('temperature') });
    const questions: string[] = [];
    const answer = Promise.withResolvers<boolean>();
    const ask: AskRemedy = ({ modelLabel, remedy }) => {
      questions.push(`${modelLabel} ${remedy.parameter}`);
      return answer.promise;
    };
    let refusedWhenAsked = 0;
    const running = stand.run({ adapting: adapting(stand, 'ask', ask), concurrency: 4 });
    await expect.poll(() => questions.length).toBe(1);
    await expect.poll(() => stand?.calls().every(({ end }) => end !== 'open')).toBe(true);
    refusedWhenAsked = refusedCalls();
    answer.resolve(true);
    const result = await running;
    expect(questions).toEqual(['test/newcomer temperature']);
    expect(result.progress.failures.candidate).toEqual({});
    expect(refusedWhenAsked).toBeLessThanOrEqual(4);
    expect(refusedCalls()).toBeLessThanOrEqual(5);
  });

  it('fails after a "no", and the question is not repeated', async () => {
    stand = await openStand({ captures: captures(8), answer: picky('temperature') });
    let questions = 0;
    const ask: AskRemedy = () => {
      questions++;
      return Promise.resolve(false);
    };
    const result = await stand.run({ adapting: adapting(stand, 'ask', ask) });
    expect(questions).toBe(1);
    expect(result.progress.failures.candidate).toEqual({ rejected: 8 });
    expect(result.progress.failures.baseline).toEqual({});
  });

  it('does not fail when interrupted while a person is asked', async () => {
    stand = await openStand({ captures: captures(1), answer: picky('temperature') });
    const stop = new AbortController();
    const ask: AskRemedy = () => {
      stop.abort();
      return Promise.resolve(false);
    };
    const result = await stand.run({
      adapting: adapting(stand, 'ask', ask),
      signal: stop.signal,
    });
    expect(result.ended).toBe('interrupted');
    expect(result.progress.failures.candidate).toEqual({});
    expect((await stand.run({ adapting: adapting(stand, 'auto') })).ended).toBe('done');
  });
});
