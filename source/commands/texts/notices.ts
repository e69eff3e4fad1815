import { countRedacted } from '../../store/redaction/redactions.ts';
import type { Store } from '../../store/open.ts';
import { count } from '../../text/numbers.ts';
import type { ReadOriginals } from '../../replay/prepare/read-originals.ts';

/**
 * What is to be known of redacted requests before the first call, as lines; none without a call.
 * `read` is null where placeholders are sent.
 */
export const redactionNotice = async (
  store: Store,
  comparisonId: string,
  isCalled: boolean,
  read: ReadOriginals | null,
): Promise<readonly string[]> => {
  const redacted = isCalled ? await countRedacted(store, comparisonId) : 0;
  if (redacted === 0) return [];
  const what = `${captures(redacted)} redacted`;
  if (read === null) return [`${what}: placeholders are sent in place of the values.`];
  return [
    `${what}: the values are sent, as they stand in the files, and taken out of the answers.`,
    ...(read.missing > 0
      ? [`${captures(read.missing)} not sent: no original is in the files named.`]
      : []),
  ];
};

const captures = (number: number): string =>
  number === 1 ? '1 capture is' : `${count(number)} captures are`;
