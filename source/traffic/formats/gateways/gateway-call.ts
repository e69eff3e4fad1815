import type { JsonObject } from '../../../text/json.ts';
import type { RecordedOutcome } from '../parts/recorded-outcome.ts';

/**
 * An outcome with what stands beside the answer in a gateway's row put into it, where the answer itself
 * does not say: its model and its tokens (`usage` of a chat completion).
 */
export const withKnown = (
  outcome: RecordedOutcome,
  known: { readonly model?: string | null; readonly usage: JsonObject | null },
): RecordedOutcome => {
  if (outcome.kind !== 'answered') return outcome;
  const { body } = outcome;
  const model = body['model'] ?? known.model ?? null;
  const usage = body['usage'] ?? known.usage;
  return {
    kind: 'answered',
    body: {
      ...body,
      ...(model === null ? {} : { model }),
      ...(usage === null ? {} : { usage }),
    },
  };
};
