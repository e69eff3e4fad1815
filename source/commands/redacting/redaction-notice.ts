import { countRedacted } from '../../store/redaction/redactions.ts';
import type { Store } from '../../store/open.ts';
import { count } from '../../text/numbers.ts';

/** What is to be known of redacted requests before the first call, as lines; none without a call. */
export const redactionNotice = async (
  store: Store,
  comparisonId: string,
  isCalled: boolean,
): Promise<readonly string[]> => {
  const redacted = isCalled ? await countRedacted(store, comparisonId) : 0;
  if (redacted === 0) return [];
  const what = redacted === 1 ? '1 capture is' : `${count(redacted)} captures are`;
  return [`${what} redacted: placeholders are sent in place of the values.`];
};
