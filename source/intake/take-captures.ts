import { nearest } from '../text/nearest.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { countRecords } from '../store/captures/captures.ts';
import { discardRejected, selectRejected } from '../store/captures/rejected-records.ts';
import { dropEmptyComparison } from '../store/comparisons/comparisons.ts';
import {
  offerAll,
  offeredEndpoints,
  offerNone,
  loadSelection,
  selectOffered,
  type SelectionResult,
} from '../store/comparisons/select-captures.ts';
import type { Store } from '../store/open.ts';
import { printable, printableLine } from '../text/printable.ts';
import { count } from '../text/numbers.ts';
import { UserError } from '../text/user-error.ts';
import { wildcardPattern } from '../traffic/selection/capture-filter.ts';
import { type Selection, selectionText } from '../traffic/selection/selection.ts';
import { sumReports, type FileReport } from './import-tally.ts';
import type { TrafficFile } from './inspect-files.ts';
import { storeSink } from './store-sink.ts';
import { takeIn, type ImportProgress } from './take-in.ts';

/** The captures of a run. */
export type TakenCaptures = {
  /** The imported files, one report each. */
  readonly reports: readonly FileReport[];
  /** The selection and its number of captures as one line; null for all of them. */
  readonly selected: string | null;
};

/**
 * Fills a comparison with captures: imports the files or, without files, takes all captures of the
 * store. Captures of the files that the store already has are also included. `asked` selects some
 * of the captures. Throws UserError if nothing is left to replay.
 */
export const takeCaptures = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly files: readonly TrafficFile[];
    readonly lastTurn: boolean;
    /** Null stores everything unredacted. */
    readonly redactor: Redactor | null;
    /** The selection of the flags; null if they do not select. */
    readonly asked: Selection | null;
    readonly progress: ImportProgress | null;
    /** Ends the import early; see `takeIn`. */
    readonly signal?: AbortSignal | undefined;
    readonly at: string;
  },
): Promise<TakenCaptures> => {
  const { asked, at, files, lastTurn, progress, redactor, signal } = options;
  const selection = await selectionForRun(store, comparisonId, asked);
  await offerNone(store);
  const { isBuilt } = store.engine.place();
  const sink = storeSink(store, files, { comparisonId, at });
  const reports = await takeIn(files, sink, { redactor, lastTurn, progress, signal });
  if (files.length === 0) await selectRejected(store, comparisonId);
  // A store that was built for this import holds nothing else.
  if (files.length === 0 || isBuilt) await offerAll(store);
  const selected = selection === null ? null : await selectForRun(store, comparisonId, selection);
  if (selection === null) await selectOffered(store, comparisonId, null);
  await requireCaptures(store, comparisonId, { files: files.length, reports, at });
  return { reports, selected };
};

type RunSelection = {
  readonly selection: Selection;
  /** Whether it comes from the comparison rather than the flags. */
  readonly isRemembered: boolean;
};

/**
 * Returns the selection of the flags, otherwise the one stored with the comparison: a forgotten
 * flag then does not cause calls for all other captures. Null selects everything.
 */
const selectionForRun = async (
  store: Store,
  comparisonId: string,
  asked: Selection | null,
): Promise<RunSelection | null> => {
  if (asked !== null) return { selection: asked, isRemembered: false };
  const selection = await loadSelection(store, comparisonId);
  return selection === null ? null : { selection, isRemembered: true };
};

/**
 * Selects from the offered captures. Returns a line that describes the selection. Throws UserError,
 * and selects nothing, if no capture has a requested endpoint, or if the comparison would stay
 * empty.
 */
const selectForRun = async (
  store: Store,
  comparisonId: string,
  { selection, isRemembered }: RunSelection,
): Promise<string> => {
  try {
    if (!isRemembered) await requireEndpoints(store, selection);
    const result = await selectOffered(store, comparisonId, selection);
    if (result.before === 0 && result.selected === 0 && result.offered > 0) {
      throw new UserError(nothingSelected(result, selection));
    }
    return selectedText(result, selection, isRemembered);
  } catch (error) {
    await dropEmptyComparison(store, comparisonId);
    throw error;
  }
};

/** The most endpoints to search for a likely typing error. */
const maximumEndpoints = 1000;

const requireEndpoints = async (store: Store, { endpoints }: Selection): Promise<void> => {
  if (endpoints.length === 0) return;
  const known = await offeredEndpoints(store, maximumEndpoints);
  if (known.length === 0 || known.length === maximumEndpoints) return;
  for (const label of endpoints) {
    const pattern = wildcardPattern(label);
    if (known.some((endpoint) => pattern.test(endpoint))) continue;
    const [meant] = nearest(label, known);
    const guess = meant === undefined ? '' : ` Did you mean ${printableLine(meant)}?`;
    const shown = known.slice(0, 10).map(printableLine).join(', ');
    const more = known.length > 10 ? ` and ${count(known.length - 10)} more` : '';
    throw new UserError(
      `No capture has the endpoint ${JSON.stringify(printableLine(label))}.${guess} Available: ${shown}${more}.`,
    );
  }
};

const nothingSelected = ({ offered, reasons }: SelectionResult, selection: Selection): string => {
  const why = reasons.map(({ reason, captures }) => `${reason} ${count(captures)}`).join(', ');
  return `None of the ${count(offered)} captures is selected by ${selectionText(selection)}: ${why}. Change or leave out ${selectingFlags(selection).join(' or ')}.`;
};

const selectingFlags = (selection: Selection): readonly string[] => {
  const { endpoints, limit, sample, since, stratify, until, where } = selection;
  return [
    ...(sample === null ? [] : ['--sample']),
    ...(endpoints.length === 0 ? [] : ['--endpoint']),
    ...(since === null ? [] : ['--since']),
    ...(until === null ? [] : ['--until']),
    ...(where.length === 0 ? [] : ['--where']),
    ...(stratify === null ? [] : ['--stratify']),
    ...(limit === null ? [] : ['--limit']),
  ];
};

/**
 * Formats `412 of 4,120 captures selected: sample 10 %, endpoint classify_ticket`, and the number
 * of new ones.
 */
const selectedText = (
  { offered, selected, added, before }: SelectionResult,
  selection: Selection,
  isRemembered: boolean,
): string => {
  const how = isRemembered ? ' (as before; --sample 100% selects all)' : '';
  const line = `${count(selected)} of ${count(offered)} captures selected: ${selectionText(selection)}${how}`;
  if (before === 0) return line;
  return `${line}; ${count(added)} of them new to the comparison, which keeps the ${count(before)} that it has`;
};

/** Throws UserError, and removes the comparison, if it has no captures. */
const requireCaptures = async (
  store: Store,
  comparisonId: string,
  imported: {
    readonly files: number;
    readonly reports: readonly FileReport[];
    readonly at: string;
  },
): Promise<void> => {
  if (!(await dropEmptyComparison(store, comparisonId))) return;
  const { files, reports, at } = imported;
  const { notReplayable, reasons } = files === 0 ? await countRecords(store) : sumReports(reports);
  if (files > 0) await discardRejected(store, at);
  const why = reasons.slice(0, 3).map(({ reason }) => printableLine(reason));
  const what =
    notReplayable === 0
      ? ''
      : ` ${count(notReplayable)} ${notReplayable === 1 ? 'record is' : 'records are'} not replayable: ${why.join('; ')}.`;
  throw new UserError(
    files === 0
      ? `${printable(store.file)} contains no captures that can be replayed.${what} Name a file of captured traffic.`
      : `There are no captures in ${files === 1 ? 'this file' : 'these files'} that can be replayed.${what} See understudy import --help for the formats.`,
  );
};
