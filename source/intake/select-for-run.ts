import { nearest } from '../models/nearest.ts';
import { dropEmptyComparison } from '../store/comparisons/comparisons.ts';
import {
  loadSelection,
  offeredEndpoints,
  type SelectionResult,
  selectOffered,
} from '../store/comparisons/select-captures.ts';
import type { Store } from '../store/open.ts';
import { harmlessLine } from '../text/harmless.ts';
import { count } from '../text/numbers.ts';
import { UserError } from '../text/user-error.ts';
import { wildcardPattern } from '../traffic/selection/capture-filter.ts';
import { type Selection, selectionText } from '../traffic/selection/selection.ts';

/** What a run selects. */
export type RunSelection = {
  readonly selection: Selection;
  /** The flags said nothing; this is what the comparison remembers. */
  readonly remembered: boolean;
};

/**
 * The selection of a run: that of the flags; without them the one that the comparison remembers, so
 * that a flag forgotten does not cost the rest of the captures; null: everything.
 */
export const selectionOfRun = async (
  store: Store,
  comparisonId: string,
  asked: Selection | null,
): Promise<RunSelection | null> => {
  if (asked !== null) return { selection: asked, remembered: false };
  const selection = await loadSelection(store, comparisonId);
  return selection === null ? null : { selection, remembered: true };
};

/**
 * Selects what fits of the captures that were offered; the line that says so. Throws UserError, with
 * nothing selected, for an endpoint that no capture has and when the comparison would have nothing.
 */
export const selectForRun = async (
  store: Store,
  comparisonId: string,
  { selection, remembered }: RunSelection,
): Promise<string> => {
  try {
    if (!remembered) await requireEndpoints(store, selection);
    const result = await selectOffered(store, comparisonId, selection);
    if (result.before === 0 && result.selected === 0 && result.offered > 0) {
      throw new UserError(nothingSelected(result, selection));
    }
    return selectedText(result, selection, remembered);
  } catch (error) {
    await dropEmptyComparison(store, comparisonId);
    throw error;
  }
};

/** More endpoints than this are not listed to find a typing error. */
const listedEndpoints = 1000;

const requireEndpoints = async (store: Store, { endpoints }: Selection): Promise<void> => {
  if (endpoints.length === 0) return;
  const known = await offeredEndpoints(store, listedEndpoints);
  if (known.length === 0 || known.length === listedEndpoints) return;
  for (const label of endpoints) {
    const pattern = wildcardPattern(label);
    if (known.some((endpoint) => pattern.test(endpoint))) continue;
    const [meant] = nearest(label, known);
    const guess = meant === undefined ? '' : ` Did you mean ${harmlessLine(meant)}?`;
    const shown = known.slice(0, 10).map(harmlessLine).join(', ');
    const more = known.length > 10 ? ` and ${count(known.length - 10)} more` : '';
    throw new UserError(
      `No capture has the endpoint ${JSON.stringify(harmlessLine(label))}.${guess} There is: ${shown}${more}.`,
    );
  }
};

const nothingSelected = ({ offered, reasons }: SelectionResult, selection: Selection): string => {
  const why = reasons.map(({ reason, captures }) => `${reason} ${count(captures)}`).join(', ');
  return `None of the ${count(offered)} captures is selected by ${selectionText(selection)}: ${why}. Choose more, for example with a larger --sample.`;
};

/** `412 of 4,120 captures selected: sample 10 %, endpoint classify_ticket`, and what is new. */
const selectedText = (
  { offered, selected, added, before }: SelectionResult,
  selection: Selection,
  remembered: boolean,
): string => {
  const how = remembered ? ' (as before; --sample 100% selects all)' : '';
  const line = `${count(selected)} of ${count(offered)} captures selected: ${selectionText(selection)}${how}`;
  if (before === 0) return line;
  return `${line}; ${count(added)} of them new to the comparison, which keeps the ${count(before)} that it has`;
};
