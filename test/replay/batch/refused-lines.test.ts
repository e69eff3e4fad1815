import { describe, expect, it } from 'vitest';
import { createAmender } from '../../../source/replay/batch/amend-request.ts';
import {
  RemedyBook,
  type AdaptPolicy,
  type AskRemedy,
} from '../../../source/replay/remedy-book.ts';
import { loadPair } from '../../../source/store/comparisons/pairs.ts';
import { loadRemedies } from '../../../source/store/comparisons/remedies.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import { captureOf, openBatchStand, type BatchStand } from './stand.ts';

const refusal =
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";

/** A server whose candidate rejects `max_tokens`. */
const picky = (line: { readonly body: { readonly model: string } }) =>
  line.body.model !== 'incumbent' && Object.hasOwn(line.body, 'max_tokens')
    ? ({ kind: 'error', status: 400, message: refusal, parameter: 'max_tokens' } as const)
    : ({ kind: 'text', text: 'an answer' } as const);

const captures = (count: number) =>
  Array.from({ length: count }, (_, index) => captureOf(index + 1));

/** A run like the command's, with its own book: it knows only what is stored. */
const runWith = (stand: BatchStand, policy: AdaptPolicy, ask: AskRemedy | null = null) => {
  const book = new RemedyBook({ store: stand.store, at: () => new Date().toISOString() });
  return stand.run({
    side: (model, comparisonIds) =>
      createAmender({
        model,
        scope: { comparisonIds, modelLabel: model.label, dialect: 'chat' },
        adapting: { keep: new Set(), policy, ask, book },
      }),
  });
};

const bodiesOf = ({ server }: BatchStand, model: string): readonly (readonly JsonObject[])[] =>
  server
    .ordered()
    .filter((lines) => lines[0]?.body.model === model)
    .map((lines) => lines.map(({ body }) => body as JsonObject));

describe('batch lines rejected because of a parameter', () => {
  it('are changed and resubmitted in a new job of the same run, and remembered', async () => {
    const stand = await openBatchStand(captures(4), { answer: picky });
    const { ended, progress } = await runWith(stand, 'auto');
    expect([ended, progress.done, progress.failures.candidate]).toEqual([
      'done',
      4,
      { rejected: 4 },
    ]);
    const [refused, changed, ...more] = bodiesOf(stand, 'newcomer');
    expect([refused?.length, changed?.length, more]).toEqual([4, 4, []]);
    expect(refused?.every((body) => body['max_tokens'] === 50)).toBe(true);
    expect(
      changed?.every(
        (body) => body['max_completion_tokens'] === 50 && !Object.hasOwn(body, 'max_tokens'),
      ),
    ).toBe(true);
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-1');
    expect(sides.candidate).toMatchObject({ kind: 'answered' });
    expect(sides.candidate.attempts).toMatchObject([{ failure: { reason: 'rejected' } }]);
    expect(JSON.stringify(sides.candidate)).toContain('max_completion_tokens');
    const label = `${stand.server.url}#newcomer`;
    expect(
      await loadRemedies(stand.store, stand.comparisonId, { modelLabel: label, dialect: 'chat' }),
    ).toMatchObject([{ parameter: 'max_tokens' }]);
    expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
  });

  it('fail with a reason under `never`, and are resubmitted with changes under `auto` later', async () => {
    const stand = await openBatchStand(captures(3), { answer: picky });
    const first = await runWith(stand, 'never');
    expect(first.progress.unused).toMatchObject([
      { lines: 3, modelLabel: `${stand.server.url}#newcomer`, remedy: { parameter: 'max_tokens' } },
    ]);
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-2');
    expect(sides.candidate).toMatchObject({
      kind: 'failed',
      failure: { reason: 'rejected', message: expect.stringContaining('max_tokens') },
    });
    await runWith(stand, 'never');
    expect(stand.server.requests.create).toBe(2);
    const later = await runWith(stand, 'auto');
    expect([later.progress.done, stand.server.requests.create]).toEqual([3, 3]);
  });

  it.each([true, false])('lead to one question per model and parameter: %s', async (answer) => {
    const stand = await openBatchStand(captures(3), { answer: picky }, {}, ['second']);
    const asked: string[] = [];
    const { progress } = await runWith(stand, 'ask', async ({ modelLabel, remedy }) => {
      asked.push(`${modelLabel.split('#')[1]} ${remedy.parameter}`);
      return answer;
    });
    expect(asked.toSorted()).toEqual(['newcomer max_tokens', 'second max_tokens']);
    expect(progress.done).toBe(answer ? 6 : 0);
    expect(stand.server.requests.create).toBe(answer ? 5 : 3);
  });

  it('fail when the changed request is rejected for the same parameter', async () => {
    const stand = await openBatchStand(captures(1), {
      answer: ({ body }) =>
        body.model === 'incumbent'
          ? { kind: 'text', text: 'an answer' }
          : { kind: 'error', status: 400, message: refusal, parameter: 'max_tokens' },
    });
    for (let run = 0; run < 9; run++) await runWith(stand, 'auto');
    expect(stand.server.requests.create).toBeLessThanOrEqual(7);
    const { sides } = await loadPair(stand.store, stand.comparisonId, 'capture-1');
    expect(sides.candidate.kind).toBe('failed');
  });
});
