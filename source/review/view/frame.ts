import { sides, type Side } from '../../comparison/outcome.ts';
import { routine } from '../../models/adaptation/warnings.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import type { PairView } from '../pair-view.ts';
import { hiddenLeft } from '../session/blind.ts';
import type { Keymap } from '../session/keymap.ts';
import { nextPlace } from '../session/controls.ts';
import { currentDifference, openingRow } from '../session/place.ts';
import { noViewport, type Viewport } from '../session/scroll.ts';
import {
  currentEntry,
  knownOpinions,
  listOf,
  pairKey,
  type DrawnPair,
  type Session,
  type View,
} from '../session/session.ts';
import type { ListMode } from '../session/lists.ts';
import { withAnswerNotes } from './answer-notes.ts';
import { bottomRuns } from './bottom.ts';
import { differenceLabel, differenceParts, differenceRuns } from './differs.ts';
import { pairDocument, type Document } from './document.ts';
import { factRows } from './facts.ts';
import {
  bottomRows,
  divideRows,
  geometry,
  hasRatios,
  minimumColumns,
  minimumRows,
  sideBySideColumns,
  titleRows,
  type Geometry,
} from './geometry.ts';
import {
  hiddenNames,
  hiddenText,
  hiddenTitle,
  hiddenView,
  lastingNames,
  openNames,
  sidesThatNameModels,
  withoutNames,
  type SideNames,
} from './hidden.ts';
import { lineRuns, listRows, wholeRows } from './list-rows.ts';
import { highlightMatches } from './matches.ts';
import {
  detailsDocument,
  helpDocument,
  opinionLines,
  requestDocument,
  textDocument,
} from './overlay.ts';
import { pairQuestion } from './question.ts';
import { columnGap, layOut, shadedRow, tableColumns, type Row, type Rows } from './rows.ts';
import {
  dim,
  fitRuns,
  joinedRuns,
  plain,
  ruleRuns,
  runsWidth,
  type Paint,
  type StyledRun,
} from './styled-text.ts';
import { topRuns, type Title } from './top.ts';

/** A pane as painted rows; `width` in cells. */
export type PaneFrame = {
  readonly side: Side;
  readonly width: number;
  readonly head: readonly string[];
  readonly rows: readonly string[];
};

/** One screen: painted rows that fit into their width. */
export type Frame =
  | { readonly kind: 'too_small'; readonly text: string }
  | {
      readonly kind: 'panes';
      readonly columns: number;
      readonly direction: 'row' | 'column';
      readonly top: readonly string[];
      readonly panes: readonly PaneFrame[];
      readonly bottom: readonly string[];
      readonly cursor: { readonly x: number; readonly y: number } | null;
      readonly pairs: readonly DrawnPair[];
      readonly clickable: Clickable;
    }
  | {
      readonly kind: 'overlay';
      readonly columns: number;
      readonly top: readonly string[];
      readonly rows: readonly string[];
      readonly bottom: readonly string[];
      /** The rows of short pairs that are shown whole; null for any other overlay. */
      readonly pairs: readonly DrawnPair[] | null;
      readonly clickable: Clickable;
    };

/** The first rows of a screen before they were painted: what a click on one of them opens. */
type Clickable = readonly (readonly StyledRun[])[];

/** The content of a screen, and its size in cells. */
export type Scene = {
  readonly session: Session;
  readonly view: PairView | null;
  readonly title: Title;
  readonly summary: string;
  readonly progress: string | null;
  readonly columns: number;
  readonly rows: number;
};

/** A scene with the names of its panes. */
export type KnownScene = Scene & {
  readonly names: SideNames;
  /** Sides whose answer may give its model away; none unless models are hidden. */
  readonly tellTale: readonly Side[];
};

/** Returns the scene as far as the reviewer may know it: in a blind review, no model before the verdict. */
export const knownScene = (scene: Scene): KnownScene => {
  const { session, summary, title } = scene;
  const left = hiddenLeft(session);
  if (left === null) return { ...scene, names: openNames, tellTale: [] };
  const view = scene.view === null ? null : hiddenView(scene.view, left);
  const { notice } = session;
  return {
    ...scene,
    session:
      notice === null
        ? session
        : { ...session, notice: { ...notice, text: withoutNames(notice.text, title) } },
    view,
    title: hiddenTitle(title),
    summary: summary === '' ? '' : knownSummary(session, summary),
    progress: scene.progress === null ? null : withoutNames(scene.progress, title),
    names: session.controls === null ? hiddenNames : lastingNames,
    tellTale: view === null ? [] : sidesThatNameModels(view, title),
  };
};

/**
 * Returns the summary as far as a blind reviewer may know it: not before the verdict and, since its counts
 * tell which pairs were control pairs, not before the last pair.
 */
const knownSummary = (session: Session, summary: string): string => {
  if (session.controls === null) return `The summary is ${hiddenText(hiddenNames)} on this pair.\n`;
  return nextPlace(session) === null
    ? summary
    : 'The summary waits until every pair is judged: its counts would say which pairs came back.\n';
};

/** Returns the frame of a scene, and the viewport for scrolling. */
export const createFrame = (whole: Scene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const scene = knownScene(whole);
  if (geometry(scene.columns, scene.rows, null, 1) === null) return tooSmall(scene);
  const list = listOf(scene.session);
  if (list !== null) return listFrame(scene, list, paint);
  return 'scroll' in scene.session.mode ? overlay(scene, paint) : review(scene, paint);
};

/** The pair in the panes; none while it is loading. */
const pairsIn = ({ session, view }: Scene): readonly DrawnPair[] => {
  const entry = currentEntry(session);
  if (view === null || entry === null) return [];
  const isComplete = sides.every(
    (side) => view.sides[side].kind === 'answered' && view.live[side] === null,
  );
  return [{ key: pairKey(entry), isComplete }];
};

const withMatches = (row: Row, wanted: string): Row =>
  wanted === ''
    ? row
    : {
        ...row,
        baseline: row.baseline === null ? null : highlightMatches(row.baseline, wanted),
        candidate: row.candidate === null ? null : highlightMatches(row.candidate, wanted),
      };

const tooSmall = ({ columns, rows }: Scene): { frame: Frame; viewport: Viewport } => ({
  frame: {
    kind: 'too_small',
    text: `The terminal has ${columns}×${rows} cells, and the review needs ${minimumColumns}×${minimumRows}. Enlarge it, or press q to quit.`,
  },
  viewport: noViewport,
});

const overlayTop = ({
  columns,
  progress,
  session,
  title,
}: Scene): readonly (readonly StyledRun[])[] => [
  ...topRuns(session, title, progress, columns),
  ruleRuns([{ text: session.mode.kind, style: 'bold' }], [dim('esc: back to the pair')], columns),
];

/** Returns the frame of an overlay: its document below the rows that every screen has at the top. */
const overlay = (scene: KnownScene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { columns, session } = scene;
  const { document, opening: first } = overlayDocument(scene);
  const rows = laidOut(document, columns - overlayIndent);
  const { kind } = session.mode;
  const top = overlayTop(scene);
  const height = scene.rows - top.length - bottomRows;
  const last = Math.max(0, rows.total - height);
  const opening = Math.min(last, kind === 'request' ? (rows.differences[first] ?? 0) : 0);
  const wanted = 'scroll' in session.mode ? session.mode.scroll : null;
  const scroll = Math.min(wanted ?? opening, last);
  const visible = rows.slice(scroll, height);
  const position = rows.total > height ? visibleRows(rows, scroll, height) : null;
  return {
    frame: {
      kind: 'overlay',
      columns,
      top: top.map(paint),
      rows: fill(
        visible.map((row) => paint([plain(' '.repeat(overlayIndent)), ...(row.baseline ?? [])])),
        height,
      ),
      bottom: bottomRuns(session, { remark: document.remark, position }, columns).map(paint),
      pairs: null,
      clickable: top,
    },
    viewport: {
      ...noViewport,
      rows: rows.total,
      height,
      differences: rows.differences,
      opening,
    },
  };
};

/** Returns the frame of an open list, whose rows fill the screen as those of an overlay do. */
const listFrame = (
  scene: Scene,
  list: ListMode,
  paint: Paint,
): { frame: Frame; viewport: Viewport } => {
  const { columns, session } = scene;
  const top = overlayTop(scene);
  const height = scene.rows - top.length - bottomRows;
  const rows = listRows(session, list, columns, height);
  return {
    frame: {
      kind: 'overlay',
      columns,
      top: top.map(paint),
      rows: fill(rows.map(paint), height),
      bottom: bottomRuns(session, { remark: null, position: null }, columns).map(paint),
      pairs:
        list.kind === 'rows'
          ? wholeRows(list, columns, height).map((row) => ({ key: pairKey(row), isComplete: true }))
          : null,
      clickable: [...top, ...rows],
    },
    viewport: { ...noViewport, rows: height, height },
  };
};

/** Returns the frame of a pair: the question, the facts, what differs, and the answers. */
const review = (scene: KnownScene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { columns, names, session, tellTale, title, view } = scene;
  const document = shownDocument(scene);
  const place = geometry(columns, scene.rows, session.layout, document.columns);
  if (place === null) return tooSmall(scene);
  const rows = laidOut(document, place.textWidth);
  const entry = currentEntry(session);
  const question = pairQuestion(view, columns);
  const table = factRows(view, { title, names }, columns, hasRatios(scene.rows));
  const heights = divideRows(scene.rows, {
    table: table.length,
    titles: titleRows * (place.kind === 'stacked' ? 2 : 1),
    wanted: question.wanted,
    hasSystem: question.system !== null,
    answers: view === null || view.comparison === null ? null : rows.total,
  });
  const height = place.kind === 'stacked' ? Math.floor(heights.body / 2) : heights.body;
  const opening = openingRow(rows.differences[0], rows.total, height);
  const scroll = Math.min(session.scroll ?? opening, Math.max(0, rows.total - height));
  const current = currentDifference(session, rows.differences);
  const wanted = session.search === null ? '' : printableLine(session.search.text);
  const visible = rows.slice(scroll, height, current).map((row) => withMatches(row, wanted));
  const rules = heights.rules ? [[dim('─'.repeat(columns))]] : [];
  const top = [
    ...topRuns(session, title, scene.progress, columns),
    question.rule,
    ...question.rows(heights.question),
    ...(heights.system === 1 && question.system !== null ? [question.system] : []),
    ...rules,
    ...table,
    ...rules,
    differenceRuns(
      differenceLabel(entry, view),
      differenceParts(entry, view, { names, tellTale }),
      columns,
    ),
  ];
  const position = positionText(rows, { scroll, height, current }, columns);
  const bottom = bottomRuns(session, { remark: document.remark, position }, columns);
  return {
    frame: {
      kind: 'panes',
      columns,
      direction: place.kind === 'side_by_side' ? 'row' : 'column',
      top: top.map((row) => paint(fitRuns(row, columns))),
      panes: panes(scene, { place, document, visible, height }, paint),
      bottom: bottom.map(paint),
      cursor: lineCursor(scene, bottom.length),
      pairs: pairsIn(scene),
      clickable: top,
    },
    viewport: {
      rows: rows.total,
      height,
      differences: rows.differences,
      places: rows.places,
      opening,
      sideBySide: place.kind === 'side_by_side',
      view: session.view ?? viewsOf(scene)[0],
      views: viewsOf(scene),
      ...(wanted === '' ? {} : { matches: rows.find(wanted) }),
    },
  };
};

const layouts = new WeakMap<Document, Map<number, Rows>>();

const laidOut = (document: Document, width: number): Rows => {
  const byWidth = layouts.get(document) ?? new Map<number, Rows>();
  layouts.set(document, byWidth);
  const rows = byWidth.get(width) ?? layOut(document, width);
  byWidth.set(width, rows);
  return rows;
};

const visibleRows = (rows: Rows, scroll: number, height: number): string => {
  const end = Math.min(rows.total, scroll + height);
  return `rows ${count(scroll + 1)}–${count(end)} of ${count(rows.total)}`;
};

/**
 * Returns where the screen is in the document: `difference 3 of 9 · all shown`. Away from the
 * differences it says how many follow.
 */
const positionText = (
  rows: Rows,
  {
    current,
    height,
    scroll,
  }: { readonly current: number | null; readonly height: number; readonly scroll: number },
  columns: number,
): string | null => {
  const total = rows.differences.length;
  const below = rows.differences.filter((row) => row >= scroll + height).length;
  const different =
    total === 0
      ? []
      : current !== null
        ? [`difference ${count(current + 1)} of ${count(total)}`]
        : [`${count(total)} ${total === 1 ? 'difference' : 'differences'}, ${count(below)} below`];
  const isLong = rows.total > height;
  const visible = isLong ? [visibleRows(rows, scroll, height)] : total > 0 ? ['all shown'] : [];
  const parts = columns < 80 && isLong ? visible : [...different, ...visible];
  return parts.length === 0 ? null : parts.join(' · ');
};

const nothing: Document = { columns: 2, lines: [], differences: [], remark: null };

/** Returns the views of a pair; first the one that suits it: a table of fields if these differ. */
const viewsOf = ({ columns, session, view }: Scene): Viewport['views'] => {
  // Two narrow columns are harder to read than one wide one, unless the user prefers them.
  const isNarrow = columns < sideBySideColumns && session.layout === null;
  const [first, second]: readonly [View, View] = isNarrow
    ? ['unified', 'side_by_side']
    : ['side_by_side', 'unified'];
  if (view === null || view.fields === null) return [first, second, 'raw'];
  const isDifferent = view.comparison?.outcome === 'different';
  return isDifferent ? ['fields', first, second, 'raw'] : [first, second, 'fields', 'raw'];
};

export const shownDocument = (scene: KnownScene): Document => {
  const { names, session, view } = scene;
  if (view === null) return nothing;
  const shown = session.view ?? viewsOf(scene)[0];
  return withAnswerNotes(pairDocument(view, { folded: session.folded, view: shown }), view, {
    isRaw: shown === 'raw' || view.alignment === null,
    reasoning: session.reasoning,
    names,
  });
};

type Opened = { readonly document: Document; readonly opening: number };

/** Returns the document of the open overlay, and the index of the difference where it opens. */
export const overlayDocument = ({ names, session, summary, view }: KnownScene): Opened => {
  const at = (document: Document): Opened => ({ document, opening: 0 });
  switch (session.mode.kind) {
    case 'help':
      return at(helpOf(session.keymap));
    case 'summary':
      return at(summaryDocument(summary));
    case 'request': {
      if (view === null) return at(nothing);
      const { folded } = session;
      return cached(folded ? foldedRequests : requests, view, () => requestDocument(view, folded));
    }
    case 'details':
      return at(view === null ? nothing : detailsOf(session, view, names));
    default:
      return at(nothing);
  }
};

const detailsOf = (session: Session, view: PairView, names: SideNames): Document => {
  const shown = cached(details, view, () => detailsDocument(view, names));
  const entry = currentEntry(session);
  const lines = opinionLines(entry === null ? [] : knownOpinions(session, entry));
  return lines.length === 0 ? shown : { ...shown, lines: [...shown.lines, ...lines] };
};

const helps = new WeakMap<Keymap, Document>();

const helpOf = (keymap: Keymap): Document => {
  const known = helps.get(keymap) ?? helpDocument(keymap);
  helps.set(keymap, known);
  return known;
};

const requests = new WeakMap<PairView, Opened>();
const foldedRequests = new WeakMap<PairView, Opened>();
const details = new WeakMap<PairView, Document>();
let lastSummary: { readonly text: string; readonly document: Document } | null = null;

const summaryDocument = (text: string): Document => {
  if (lastSummary?.text !== text) lastSummary = { text, document: textDocument(text) };
  return lastSummary.document;
};

const cached = <Value>(
  cache: WeakMap<PairView, Value>,
  view: PairView,
  create: () => Value,
): Value => {
  const known = cache.get(view) ?? create();
  cache.set(view, known);
  return known;
};

/** The number of cells to the left of an overlay's text. */
const overlayIndent = 2;

const fill = (rows: readonly string[], height: number): readonly string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => ''),
];

const lineCursor = (
  { columns, rows, session }: Scene,
  bottomHeight: number,
): { readonly x: number; readonly y: number } | null => {
  const x = lineRuns(session, columns)?.cursor ?? null;
  return x === null ? null : { x, y: rows - bottomHeight };
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

const panes = (
  { names, session, view }: KnownScene,
  shown: {
    readonly place: Geometry;
    readonly document: Document;
    readonly visible: readonly Row[];
    readonly height: number;
  },
  paint: Paint,
): readonly PaneFrame[] => {
  const { document, height, place, visible } = shown;
  const separator = place.kind === 'side_by_side' ? [dim('│')] : [];
  const body = (side: Side): readonly string[] => {
    const before = side === 'candidate' ? separator : [];
    return [
      ...visible.map((row) => {
        const runs = row[side];
        if (runs === null) return paint([...before, filler]);
        const mark: StyledRun = { text: row.mark, style: markStyles[row.mark] };
        // The cells of a table have their own shades.
        const text = document.isTable === true ? runs : shadedRow(runs, place.textWidth);
        return paint([...before, mark, plain(' '), ...text]);
      }),
      ...Array.from({ length: Math.max(0, height - visible.length) }, () => paint(before)),
    ];
  };
  const pane = (
    side: Side,
    title: readonly StyledRun[],
    rows: readonly string[],
    before: readonly StyledRun[] = [],
  ): PaneFrame => {
    const width = place.paneWidth;
    const right = document.columns === 1 ? jointNotes(view, names) : requestNotes(side, view);
    const rule = ruleRuns(title, right, width - runsWidth(before));
    return { side, width, head: [paint([...before, ...rule])], rows };
  };
  const name = (side: Side): StyledRun => ({ text: names[side], style: 'bold' });
  if (document.isTable === true)
    return [pane('baseline', tableTitle(names, place), body('baseline'))];
  if (document.columns === 1) {
    const both: StyledRun = { text: `- ${names.baseline} · + ${names.candidate}`, style: 'bold' };
    return [pane('baseline', [both], body('baseline'))];
  }
  if (place.kind === 'single') {
    const side = session.pane;
    return [pane(side, [name(side), dim(' · tab: the other side')], body(side))];
  }
  return sides.map((side) =>
    pane(
      side,
      [name(side)],
      body(side),
      side === 'candidate' && separator.length > 0 ? [dim('┬')] : [],
    ),
  );
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

/** Returns the changes and warnings of a side's request by name, except for routine ones. */
const requestNotes = (side: Side, view: PairView | null): readonly StyledRun[] => {
  const record = view?.sides[side] ?? null;
  if (record?.kind !== 'answered') return [];
  const unusual = record.adaptations.filter(
    ({ action, parameter }) => action === 'kept' || !routine.has(parameter),
  );
  if (unusual.length === 0) return [];
  const words = unusual.map(({ action, parameter }) =>
    printableLine(`${parameter} ${action === 'kept' ? 'may have no effect' : action}`),
  );
  return [{ text: `${words.join(', ')} (i)`, style: 'warning' }];
};

const jointNotes = (view: PairView | null, names: SideNames): readonly StyledRun[] =>
  joinedRuns(
    sides.map((side) => {
      const notes = requestNotes(side, view);
      return notes.length === 0 ? [] : [dim(`${names[side]}: `), ...notes];
    }),
  );
