import { sides, type Side } from '../../comparison/outcome.ts';
import { isRoutine } from '../../models/adaptation/warnings.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import type { PairView } from '../pair-view.ts';
import { keyHint } from '../session/keymap.ts';
import type { Session } from '../session/session.ts';
import type { Beside } from './candidate-panes.ts';
import type { Document, Mark } from './document.ts';
import type { Geometry } from './geometry.ts';
import type { SideNames } from './hidden.ts';
import { columnGap, shadedRow, tableColumns, type Row } from './rows.ts';
import {
  dim,
  joinedRuns,
  plain,
  ruleRuns,
  runsWidth,
  verdictMark,
  type Paint,
  type StyledRun,
} from './styled-text.ts';
import { shortModelName } from './top.ts';

/** A pane as painted rows; `width` in cells. `other`: a candidate that is not judged now. */
export type PaneFrame = {
  readonly side: Side | 'other';
  readonly width: number;
  readonly head: readonly string[];
  readonly rows: readonly string[];
};

const markStyles = {
  '~': 'warning',
  '-': 'error',
  '+': 'good',
  '↕': 'accent',
  '≈': 'dim',
  '·': 'dim',
  ' ': 'plain',
} as const;

/** Marks a row where the other side has text and this one has none. */
const filler: StyledRun = { text: '╱', style: 'dim' };

/** The line between two panes. */
const separator: readonly StyledRun[] = [dim('│')];

type ShownPanes = {
  readonly columns: number;
  readonly names: SideNames;
  readonly session: Session;
  readonly view: PairView | null;
  /** The candidates of three panes; null for less. */
  readonly beside: Beside | null;
  readonly place: Geometry;
  readonly document: Document;
  readonly visible: readonly Row[];
  readonly height: number;
};

/** Returns the panes of a pair, each with its title. */
export const panes = (shown: ShownPanes, paint: Paint): readonly PaneFrame[] => {
  const { beside, document, names, place, session, view } = shown;
  const isBeside = place.kind === 'side_by_side';
  const body = (side: Side): readonly string[] =>
    paneRows(shown, isBeside && side === 'candidate' ? separator : [], paint, (row) => ({
      mark: row.mark,
      runs: row[side],
    }));
  const pane = (side: Side, title: readonly StyledRun[], isFirst: boolean): PaneFrame => {
    const right = document.columns === 1 ? jointNotes(view, names) : requestNotes(side, view);
    const head = paneHead(title, right, { width: place.paneWidth, isFirst: isFirst || !isBeside });
    return { side, width: place.paneWidth, head: [paint(head)], rows: body(side) };
  };
  const name = (side: Side): StyledRun => ({ text: names[side], style: 'bold' });
  if (document.isTable === true) return [pane('baseline', tableTitle(names, place), true)];
  if (document.columns === 1) {
    const both: StyledRun = { text: `- ${names.baseline} · + ${names.candidate}`, style: 'bold' };
    return [pane('baseline', [both], true)];
  }
  if (place.kind === 'single') {
    const side = session.pane;
    return [pane(side, [name(side), dim(' · tab: the other side')], true)];
  }
  if (beside !== null) {
    return [pane('baseline', [name('baseline')], true), ...candidatePanes(shown, beside, paint)];
  }
  return [
    pane('baseline', [name('baseline')], true),
    pane('candidate', [name('candidate')], false),
  ];
};

/** Returns the panes of two candidates; the last one takes the cells that are left. */
const candidatePanes = (
  shown: ShownPanes,
  { candidates }: Beside,
  paint: Paint,
): readonly PaneFrame[] => {
  const { columns, place, session } = shown;
  return candidates.map(({ entry, isJudged, number, title, view }, index) => {
    const width = index === 0 ? place.paneWidth : columns - 2 * place.paneWidth;
    const { verdict } = entry;
    const key = keyHint(session.keymap, 'candidate.next');
    const name = `candidate ${number} · ${printableLine(shortModelName(title.candidate))}`;
    const label: readonly StyledRun[] = [
      isJudged ? { text: `▸ ${name}`, style: 'accent' } : dim(name),
      ...(verdict === null
        ? []
        : [plain(' '), verdictMark[verdict], plain(` ${verdict.replaceAll('_', ' ')}`)]),
      ...(isJudged ? [] : [dim(` · ${key}: judge it`)]),
    ];
    return {
      side: isJudged ? 'candidate' : 'other',
      width,
      head: [paint(paneHead(label, requestNotes('candidate', view), { width, isFirst: false }))],
      rows: paneRows(shown, separator, paint, (row) =>
        isJudged
          ? { mark: row.mark, runs: row.candidate }
          : { mark: row.other?.mark ?? ' ', runs: row.other === undefined ? [] : row.other.runs },
      ),
    };
  });
};

/** Returns the rule above a pane; after another pane, it begins where the line between both does. */
const paneHead = (
  title: readonly StyledRun[],
  right: readonly StyledRun[],
  { isFirst, width }: { readonly width: number; readonly isFirst: boolean },
): readonly StyledRun[] => {
  const before = isFirst ? [] : [dim('┬')];
  return [...before, ...ruleRuns(title, right, width - runsWidth(before))];
};

/** Returns the rows of a pane, each after the runs `before`. */
const paneRows = (
  { document, height, place, visible }: ShownPanes,
  before: readonly StyledRun[],
  paint: Paint,
  cellOf: (row: Row) => { readonly mark: Mark; readonly runs: readonly StyledRun[] | null },
): readonly string[] => {
  return [
    ...visible.map((row) => {
      const { mark, runs } = cellOf(row);
      if (runs === null) return paint([...before, filler]);
      // The cells of a table have their own shades.
      const text = document.isTable === true ? runs : shadedRow(runs, place.textWidth);
      return paint([...before, { text: mark, style: markStyles[mark] }, plain(' '), ...text]);
    }),
    ...Array.from({ length: Math.max(0, height - visible.length) }, () => paint(before)),
  ];
};

/** Returns the heads of a table's columns, each above its column. */
const tableTitle = (names: SideNames, { textWidth }: Geometry): readonly StyledRun[] => {
  const { path, value } = tableColumns(textWidth);
  const head = (name: string, width: number): readonly StyledRun[] => [
    { text: truncateCells(name, width), style: 'bold' },
    dim(` ${'─'.repeat(Math.max(0, width + columnGap - cellWidth(name) - 2))} `),
  ];
  return [
    ...head('path', path),
    ...head(names.baseline, value),
    { text: names.candidate, style: 'bold' },
  ];
};

/**
 * Returns the changes and warnings of a side's request by name, except for routine ones: of a request that was
 * translated, what was lost.
 */
const requestNotes = (side: Side, view: PairView | null): readonly StyledRun[] => {
  const record = view?.sides[side] ?? null;
  if (record?.kind !== 'answered') return [];
  const { adaptations, path } = record;
  const unusual = adaptations.filter(
    (one) => one.action === 'kept' || (path === 'native' ? !isRoutine(one) : one.lossy === true),
  );
  const words = unusual.map(({ action, parameter }) =>
    printableLine(`${parameter} ${action === 'kept' ? 'may have no effect' : action}`),
  );
  if (words.length === 0 && path === 'native') return [];
  const parts = [...(path === 'native' ? [] : [path]), ...words];
  return [{ text: `${parts.join(', ')} (i)`, style: 'warning' }];
};

const jointNotes = (view: PairView | null, names: SideNames): readonly StyledRun[] =>
  joinedRuns(
    sides.map((side) => {
      const notes = requestNotes(side, view);
      return notes.length === 0 ? [] : [dim(`${names[side]}: `), ...notes];
    }),
  );
