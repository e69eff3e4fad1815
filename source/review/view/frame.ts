import { sides } from '../../comparison/outcome.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import type { PairView } from '../pair-view.ts';
import { currentDifference, openingRow } from '../session/place.ts';
import { noViewport, type Viewport } from '../session/scroll.ts';
import { currentEntry, listOf, pairKey, type DrawnPair } from '../session/session.ts';
import { keyHint } from '../session/keymap.ts';
import type { ListMode } from '../session/lists.ts';
import { bottomRuns } from './bottom.ts';
import { candidatesBeside, type Beside } from './candidate-panes.ts';
import { differenceLabel, differenceParts, differenceRuns } from './differs.ts';
import type { Document } from './document.ts';
import { candidateFactRows, factRows } from './facts.ts';
import {
  bottomRows,
  divideRows,
  geometry,
  hasRatios,
  minimumColumns,
  minimumRows,
  sideBySideColumns,
  titleRows,
} from './geometry.ts';
import { listRows, wholeRows } from './list-rows.ts';
import { panes, type PaneFrame } from './panes.ts';
import { pairQuestion, turnLabel } from './question.ts';
import { layOut, type Row, type Rows } from './rows.ts';
import { dim, fitRuns, plain, ruleRuns, type Paint, type StyledRun } from './styled-text.ts';
import { topRuns } from './top.ts';
import { knownScene, type Scene, type KnownScene } from './scene.ts';
import { lineRuns } from './typed-line.ts';
import { isFoldable, viewsOf, shownDocument, overlayDocument } from './shown-document.ts';

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
        ...(row.other === undefined || row.other.runs === null
          ? {}
          : { other: { ...row.other, runs: highlightMatches(row.other.runs, wanted) } }),
      };

const tooSmall = ({ columns, rows, session }: Scene): { frame: Frame; viewport: Viewport } => ({
  frame: {
    kind: 'too_small',
    text: `The terminal has ${columns}×${rows} cells, and the review needs ${minimumColumns}×${minimumRows}. Enlarge it, or press ${keyHint(session.keymap, 'quit')} to quit.`,
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
  ruleRuns(
    [{ text: session.mode.kind, style: 'bold' }],
    [dim(`${keyHint(session.keymap, 'back')}: back to the pair`)],
    columns,
  ),
];

/** Returns the frame of an overlay: its document below the rows that every screen has at the top. */
const overlay = (scene: KnownScene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { columns, session } = scene;
  const { document, isFoldable: canFold, opening: first } = overlayDocument(scene);
  const { kind } = session.mode;
  // The tables of the summary need all of a terminal of 80 columns.
  const indent = kind === 'summary' ? 0 : overlayIndent;
  const rows = laidOut(document, columns - indent);
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
        visible.map((row) => paint([plain(' '.repeat(indent)), ...(row.baseline ?? [])])),
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
      isFoldable: canFold,
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
  const { candidateNames = new Map() } = scene;
  const size = { width: columns, height };
  const rows = listRows(session, list, candidateNames, size);
  return {
    frame: {
      kind: 'overlay',
      columns,
      top: top.map(paint),
      rows: fill(rows.map(paint), height),
      bottom: bottomRuns(session, { remark: null, position: null }, columns).map(paint),
      pairs:
        list.kind === 'rows'
          ? wholeRows(list, candidateNames, size).map((row) => ({
              key: pairKey(row),
              isComplete: true,
            }))
          : null,
      clickable: [...top, ...rows],
    },
    viewport: { ...noViewport, rows: height, height },
  };
};

/** Returns the frame of a pair: the question, the facts, what differs, and the answers. */
const review = (scene: KnownScene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { columns, names, session, title, view } = scene;
  const beside = candidatesBeside(scene);
  const document = shownDocument(scene, beside);
  const documentColumns = beside === null ? document.columns : 3;
  const place = geometry(columns, scene.rows, session.layout, documentColumns);
  if (place === null) return tooSmall(scene);
  const rows = laidOut(document, place.textWidth);
  const question = pairQuestion(view, columns);
  const table = tableRows(scene, beside);
  const differing = differingRows(scene, beside);
  const heights = divideRows(scene.rows, {
    table: table.length + differing.length - 1,
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
    question.rule(turnLabel(session, view, columns < sideBySideColumns ? 'short' : 'whole')),
    ...question.rows(heights.question),
    ...(heights.system === 1 && question.system !== null ? [question.system] : []),
    ...rules,
    ...table,
    ...rules,
    ...differing,
  ];
  const position = positionText(rows, { scroll, height, current }, columns);
  const bottom = bottomRuns(session, { remark: document.remark, position }, columns);
  return {
    frame: {
      kind: 'panes',
      columns,
      direction: place.kind === 'side_by_side' ? 'row' : 'column',
      top: top.map((row) => paint(fitRuns(row, columns))),
      panes: panes(
        { columns, names, session, view, beside, place, document, visible, height },
        paint,
      ),
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
      conversation: view?.conversation ?? null,
      isFoldable: isFoldable(scene, beside),
      hasReasoning: [view, beside?.other.view ?? null].some(hasReasoning),
    },
  };
};

const hasReasoning = (view: PairView | null): boolean =>
  sides.some((side) => {
    const record = view?.sides[side];
    return record?.kind === 'answered' && record.answer.reasoning !== '';
  });

/** The table of facts about the answers on the screen. */
const tableRows = (
  { columns, names, rows, session, title, view }: KnownScene,
  beside: Beside | null,
): readonly (readonly StyledRun[])[] => {
  if (session.entries.length === 0) {
    // A replay that follows traffic may begin before the first pair comes.
    return [[dim(session.replaying ? ' waiting for the first pair' : ' no pairs')]];
  }
  return beside === null
    ? factRows(view, { title, names }, columns, hasRatios(rows))
    : candidateFactRows(
        beside.candidates.map((candidate) => ({
          ...candidate,
          name: `${candidate.isJudged ? '▸' : ' '} candidate ${candidate.number}`,
        })),
        columns,
        hasRatios(rows),
      );
};

/** Returns one row of differences for each candidate on the screen. */
const differingRows = (
  { columns, names, session, tellTale, view }: KnownScene,
  beside: Beside | null,
): readonly (readonly StyledRun[])[] => {
  if (beside !== null) {
    return beside.candidates.map(({ entry, isJudged, number, view: own }) => {
      const name = { text: `candidate ${number}`, tone: isJudged ? 'action' : 'note' } as const;
      return differenceRuns(
        differenceLabel(entry, own),
        [name, ...differenceParts(entry, own, { keymap: session.keymap })],
        columns,
      );
    });
  }
  const entry = currentEntry(session);
  const parts = differenceParts(entry, view, { keymap: session.keymap, names, tellTale });
  return [differenceRuns(differenceLabel(entry, view), parts, columns)];
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

/** Returns the runs with every occurrence of a text in the style of a match, whatever its case. */
const highlightMatches = (runs: readonly StyledRun[], wanted: string): readonly StyledRun[] =>
  wanted === '' ? runs : runs.flatMap((run) => splitAtMatches(run, wanted.toLowerCase()));

/** Letters whose lower case has another length would shift what is marked, so such runs are left alone. */
const splitAtMatches = (run: StyledRun, wanted: string): readonly StyledRun[] => {
  const text = run.text.toLowerCase();
  if (text.length !== run.text.length || !text.includes(wanted)) return [run];
  const parts: StyledRun[] = [];
  let from = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, from)) {
    if (at > from) parts.push({ ...run, text: run.text.slice(from, at) });
    parts.push({ ...run, text: run.text.slice(at, at + wanted.length), style: 'match' });
    from = at + wanted.length;
  }
  if (from < run.text.length) parts.push({ ...run, text: run.text.slice(from) });
  return parts;
};
