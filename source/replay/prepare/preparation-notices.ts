import type { Side } from '../../comparison/outcome.ts';
import {
  adaptRoutedRequest,
  routeProblem,
  type RoutedRequest,
  routeRequest,
} from '../../models/adaptation/route-request.ts';
import type { RequestPath } from '../../models/request-path.ts';
import { createAdaptationTally, warningsOf } from '../../models/adaptation/warnings.ts';
import type { Model } from '../../models/model.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
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
    const paths = new PathTally();
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
      const problem = routeProblem(request, model);
      if (problem !== null) {
        paths.addUnsent(problem);
        continue;
      }
      const routed = routeRequest(request, model, keep);
      const { dialect } = routed;
      const scope = { comparisonIds: [comparisonId], modelLabel: label, dialect };
      const remedies = await book.remedies(scope, routed.body);
      const sent = adaptRoutedRequest(routed, model, { keep, remedies });
      add(sent.adaptations);
      paths.add(sent);
    }
    lines.push(...paths.lines(label, requests > mostRequests));
    lines.push(...warningsOf(label, tally(), requests > mostRequests));
  }
  return lines.map(printableLine);
};

/** Counts how the requests of one model reach it. */
class PathTally {
  readonly #paths: Record<RequestPath, number> = { native: 0, bridged: 0, lossy: 0 };
  readonly #unsent = new Map<string, number>();
  readonly #losses = new Map<string, number>();

  add({ adaptations, path }: RoutedRequest): void {
    this.#paths[path]++;
    const lost = adaptations.flatMap((one) => (one.lossy === true ? [lossText(one)] : []));
    for (const text of new Set(lost)) countOne(this.#losses, text);
  }

  addUnsent(reason: string): void {
    countOne(this.#unsent, reason);
  }

  /** One line, or none where every request is asked in its own dialect. */
  lines(label: string, ofFirst: boolean): readonly string[] {
    const { bridged, lossy, native } = this.#paths;
    const unsent = [...this.#unsent.values()].reduce((sum, one) => sum + one, 0);
    if (bridged + lossy + unsent === 0) return [];
    const parts = [
      `${count(native)} native`,
      `${count(bridged)} bridged`,
      `${count(lossy)} lossy${listText(this.#losses)}`,
      ...(unsent === 0 ? [] : [`${count(unsent)} not replayable${listText(this.#unsent)}`]),
    ];
    const requests = native + bridged + lossy + unsent;
    return [
      `dialects: ${label}: of ${ofFirst ? 'the first ' : ''}${count(requests)} ${requests === 1 ? 'request' : 'requests'}: ${parts.join(', ')}`,
    ];
  }
}

const lossText = ({ action, parameter }: Adaptation): string => `${parameter} ${action}`;

const countOne = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** The most frequent ones: ` (seed dropped in 3, stop dropped in 1)`. */
const listText = (counts: ReadonlyMap<string, number>): string => {
  const most = [...counts].toSorted(([, a], [, b]) => b - a);
  if (most.length === 0) return '';
  const shown = most.slice(0, 5).map(([name, times]) => `${name} in ${count(times)}`);
  const more = most.length - shown.length;
  return ` (${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
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
