import { countDialects } from '../../store/captures/captures.ts';
import type { Side } from '../../comparison/outcome.ts';
import { adaptRequest } from '../../models/adaptation/adapt-request.ts';
import { createAdaptationTally, warningsOf } from '../../models/adaptation/warnings.ts';
import type { Model } from '../../models/model.ts';
import { countRecords } from '../../store/captures/captures.ts';
import { countPartial, partialFacts } from '../../store/captures/partial-captures.ts';
import { pendingRequests } from '../../store/comparisons/pending-pairs.ts';
import type { Store } from '../../store/open.ts';
import { countRedacted } from '../../store/redaction/redactions.ts';
import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import type { RemedyBook } from '../remedy-book.ts';

/** The first 1,000 requests represent the rest and are quick to read. */
const mostRequests = 1000;
const mostCharacters = 32 * 1024 * 1024;

/**
 * Returns lines about adapted requests: warnings and changes. Examines only the first 1,000
 * unanswered requests of each model.
 */
export const adaptationNotices = async (options: {
  readonly store: Store;
  readonly models: readonly {
    readonly comparisonId: string;
    readonly side: Side;
    readonly model: Model;
  }[];
  readonly keep: ReadonlySet<string>;
  readonly book: RemedyBook;
}): Promise<readonly string[]> => {
  const { book, keep, store } = options;
  const lines: string[] = [];
  for (const { comparisonId, model, side } of options.models) {
    if (model.kind !== 'live') continue;
    const { label } = model;
    const scope = { comparisonIds: [comparisonId], modelLabel: label };
    const { add, tally } = createAdaptationTally();
    const pending = pendingRequests(store, comparisonId, {
      side,
      limit: mostRequests + 1,
      characters: mostCharacters,
    });
    let requests = 0;
    for await (const request of pending) {
      requests++;
      if (requests > mostRequests) break;
      const remedies = await book.remedies(scope, request);
      add(adaptRequest(request, model, { keep, remedies }).adaptations);
    }
    lines.push(...warningsOf(label, tally(), requests > mostRequests));
  }
  return lines.map(printableLine);
};

/** Returns lines with the number of partial captures and what their recordings lost. */
export const partialNotices = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const { captures, parts } = countPartial(await partialFacts(store, comparisonId));
  if (captures === 0) return [];
  const { replayable } = await countRecords(store, comparisonId);
  const lost = parts.map((one) =>
    one.captures === captures
      ? printableLine(one.part)
      : `${printableLine(one.part)} (${count(one.captures)})`,
  );
  return [
    `${count(captures)} of ${count(replayable)} captures ${captures === 1 ? 'is' : 'are'} partial: the recording did not keep ${lost.join(', ')}.`,
  ];
};

/** Returns a line with the captures whose requests are in dialects that are not sent yet. */
export const dialectNotices = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const counts = await countDialects(store, comparisonId);
  const unsent = counts.filter(({ dialect }) => dialect !== 'chat');
  const captures = unsent.reduce((sum, one) => sum + one.captures, 0);
  if (captures === 0) return [];
  const named = unsent.map((one) => `${one.dialect} ${count(one.captures)}`).join(', ');
  return [
    `${count(captures)} ${captures === 1 ? 'capture is' : 'captures are'} in other dialects than chat completions (${named}) and ${captures === 1 ? 'is' : 'are'} not sent yet: only recorded answers are compared.`,
  ];
};

/**
 * Returns lines about the requests of redacted captures. `withoutOriginal` is the number of
 * captures without an original in the files; null if placeholders are sent.
 */
export const redactionNotices = async (
  store: Store,
  comparisonId: string,
  withoutOriginal: number | null,
): Promise<readonly string[]> => {
  const redacted = await countRedacted(store, comparisonId);
  if (redacted === 0) return [];
  const what = `${capturesAre(redacted)} redacted`;
  if (withoutOriginal === null) {
    return [`${what}: placeholders are sent in place of the values.`];
  }
  return [
    `${what}: the original values from the files are sent, and removed from the answers.`,
    ...(withoutOriginal > 0
      ? [`${capturesAre(withoutOriginal)} not sent: the files do not contain their originals.`]
      : []),
  ];
};

const capturesAre = (captures: number): string =>
  captures === 1 ? '1 capture is' : `${count(captures)} captures are`;
