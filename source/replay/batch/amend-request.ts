import { isDeepStrictEqual } from 'node:util';
import { adaptRequest } from '../../models/adaptation/adapt-request.ts';
import { remedyFor, type Remedy } from '../../models/adaptation/remedy.ts';
import type { Failure } from '../../models/answer.ts';
import type { Model } from '../../models/model.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import type { JsonObject } from '../../text/json.ts';
import type { Adapting, RemedyScope } from '../remedy-book.ts';

/** The response to a refused request. */
export type Amendment =
  /** The request was changed and may be submitted once more. */
  | { readonly kind: 'changed' }
  /** A change would help, but nobody approved it. */
  | { readonly kind: 'unused'; readonly remedy: Remedy }
  | { readonly kind: 'none' };

/** Adapts captured requests to a model and learns from the model's refusals. */
export type Amender = {
  /** Adapts a request with everything known about this model. */
  readonly adapt: (request: JsonObject) => Promise<{
    readonly body: JsonObject;
    readonly adaptations: readonly Adaptation[];
  }>;
  /**
   * Responds to the refusal of a request that was sent with these adaptations (null if they are no
   * longer known). May ask a person and wait for the answer.
   */
  readonly amend: (
    request: JsonObject,
    refused: { readonly failure: Failure; readonly adaptations: readonly Adaptation[] | null },
  ) => Promise<Amendment>;
};

/**
 * Creates the amender of a model for the comparisons that are replayed together. It starts with the
 * remedies from earlier refusals. Many lines of one file often meet the same refusal: the first one
 * yields the remedy, and the others only need to be sent with it.
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

/** Returns the adaptations of a request in a batch, which is never streamed. */
export const inBatch = (adaptations: readonly Adaptation[]): readonly Adaptation[] =>
  adaptations.filter(({ parameter }) => !streaming.has(parameter));

const streaming: ReadonlySet<string> = new Set(['stream', 'stream_options']);
