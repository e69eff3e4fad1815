import { countRecords } from '../../store/captures/captures.ts';
import { countPartial, partialFacts } from '../../store/captures/partial-captures.ts';
import type { Store } from '../../store/open.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';

/** What is to be known of partial captures before the first call, as lines; none without a call. */
export const partialNotice = async (
  store: Store,
  comparisonId: string,
  isCalled: boolean,
): Promise<readonly string[]> => {
  if (!isCalled) return [];
  const { captures, parts } = countPartial(await partialFacts(store, comparisonId));
  if (captures === 0) return [];
  const { replayable } = await countRecords(store, comparisonId);
  const lost = parts.map((one) =>
    one.captures === captures
      ? harmlessLine(one.part)
      : `${harmlessLine(one.part)} (${count(one.captures)})`,
  );
  return [
    `${count(captures)} of ${count(replayable)} captures ${captures === 1 ? 'is' : 'are'} partial: the recording did not keep ${lost.join(', ')}.`,
  ];
};
