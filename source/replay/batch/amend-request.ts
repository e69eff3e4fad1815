import { isDeepStrictEqual } from 'node:util';
import { adaptRequest } from '../../models/adaptation/adapt-request.ts';
import { remedyFor, type Remedy } from '../../models/adaptation/remedy.ts';
import type { Failure } from '../../models/answer.ts';
import type { Adaptation, Model } from '../../models/model.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Adapting, RemedyScope } from '../remedy-book.ts';

/** What can be done about a refused request. */
export type Amendment =
  /** It was changed, and may be ordered once more. */
  | { readonly kind: 'changed' }
  /** A change would help, and nobody agreed to it. */
  | { readonly kind: 'unused'; readonly remedy: Remedy }
  | { readonly kind: 'none' };

/** Turns captured requests into what a model accepts, and learns from what it refuses. */
export type Amender = {
  /** The request as this model accepts it, as far as that is known. */
  readonly adapt: (request: JsonObject) => Promise<{
    readonly body: JsonObject;
    readonly adaptations: readonly Adaptation[];
  }>;
  /**
   * Responds to the refusal of a request that was sent with these adaptations (null: not known any
   * more). It may ask a person and wait for the answer.
   */
  readonly amend: (
    request: JsonObject,
    refused: { readonly failure: Failure; readonly adaptations: readonly Adaptation[] | null },
  ) => Promise<Amendment>;
};

/**
 * The amender of a model within the comparisons that it is replayed for, with what earlier refusals
 * have taught. Many lines of one file often meet the same refusal: the first one teaches, and the
 * others only have to be sent changed.
 */
export const createAmender = (options: {
  readonly model: Extract<Model, { kind: 'live' }>;
  readonly scope: RemedyScope;
  readonly adapting: Adapting;
}): Amender => {
  const { adapting, model, scope } = options;
  const { book, keep } = adapting;
  const adapt = async (request: JsonObject) => {
    const remedies = await book.remedies(scope, request);
    return { ...adaptRequest(request, model, { keep, remedies }), remedies };
  };
  return {
    adapt,
    async amend(request, { adaptations: sent, failure }) {
      const now = await adapt(request);
      if (sent !== null) {
        if (!isDeepStrictEqual(sent, inBatch(now.adaptations))) return { kind: 'changed' };
      } else {
        const first = adaptRequest(request, model, { keep, remedies: [] });
        const wanted = remedyFor(failure, first.body)?.parameter;
        const isMade = now.remedies.some(({ parameter }) => parameter === wanted);
        if (isMade && !isDeepStrictEqual(first.body, now.body)) return { kind: 'changed' };
      }
      const lesson = await book.learn(scope, { failure, body: now.body }, adapting);
      if (lesson.kind !== 'learnt') return lesson;
      const { body } = await adapt(request);
      return { kind: isDeepStrictEqual(body, now.body) ? 'none' : 'changed' };
    },
  };
};

/** The adaptations of a request in a batch, which is never streamed. */
export const inBatch = (adaptations: readonly Adaptation[]): readonly Adaptation[] =>
  adaptations.filter(({ parameter }) => !streaming.has(parameter));

const streaming: ReadonlySet<string> = new Set(['stream', 'stream_options']);
