import { sides, type Side } from '../../comparison/outcome.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth } from '../../text/width.ts';
import type { PairView } from '../pair-view.ts';
import type { Viewport } from '../session/scroll.ts';
import { listOf, type Session } from '../session/session.ts';
import { bottomRuns, commentLabel, shownComment } from './bottom.ts';
import { pairDocument, type Document } from './document.ts';
import { geometry, minimumColumns, minimumRows, type Geometry } from './geometry.ts';
import { headRuns } from './head.ts';
import { detailsDocument, helpDocument, requestDocument, textDocument } from './overlay.ts';
import { lineRuns, listRows } from './list-rows.ts';
import { highlightMatches } from './matches.ts';
import { layOut, type Row, type Rows } from './rows.ts';
import { plain, type Paint, type StyledRun } from './styled-text.ts';
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
      /**
       * Rows across the whole width below all panes, for a single-column document; otherwise empty.
       */
      readonly wide: readonly string[];
      readonly bottom: readonly string[];
      readonly cursor: { readonly x: number; readonly y: number } | null;
    }
  | {
      readonly kind: 'overlay';
      readonly columns: number;
      readonly top: readonly string[];
      readonly rows: readonly string[];
      readonly bottom: readonly string[];
    };

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

type FittingGeometry = Exclude<Geometry, { kind: 'too_small' }>;

/** Returns the frame of a scene, and the viewport for scrolling. */
export const createFrame = (scene: Scene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { session } = scene;
  const { mode } = session;
  const document = shownDocument(scene);
  const place = geometry(scene.columns, scene.rows, session.layout, document.columns);
  if (place.kind === 'too_small') return tooSmall(scene);
  const list = listOf(session);
  const isOverlay = 'scroll' in mode || list !== null;
  const rows = laidOut(document, isOverlay ? scene.columns - overlayIndent : place.textWidth);
  const height = isOverlay ? place.overlayHeight : place.bodyHeight;
  const scroll = Math.min(
    'scroll' in mode ? mode.scroll : session.scroll,
    Math.max(0, rows.total - height),
  );
  const wanted = isOverlay || session.search === null ? '' : printableLine(session.search.text);
  const visible = rows.slice(scroll, height).map((row) => withMatches(row, wanted));
  const position = rows.total > height ? positionText(rows, scroll, height, scene.columns) : null;
  const around = {
    columns: scene.columns,
    top: topRuns(session, scene.title, scene.view, scene.columns).map(paint),
    bottom: bottomRuns(
      session,
      { remark: document.remark, position, progress: scene.progress },
      scene.columns,
    ).map(paint),
  };
  const frame: Frame = isOverlay
    ? {
        kind: 'overlay',
        ...around,
        rows:
          list === null
            ? overlayRows(visible, height, paint)
            : fill(listRows(session, list, scene.columns, height).map(paint), height),
      }
    : {
        kind: 'panes',
        ...around,
        direction: place.kind === 'side_by_side' ? 'row' : 'column',
        ...panes(scene, place, document, visible, paint),
        cursor: lineCursor(scene, around.bottom.length),
      };
  const sideBySide = place.kind === 'side_by_side';
  return {
    frame,
    viewport: {
      rows: rows.total,
      height,
      differences: rows.differences,
      sideBySide,
      ...(wanted === '' ? {} : { matches: rows.find(wanted) }),
    },
  };
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
  viewport: { rows: 0, height: 0, differences: [], sideBySide: false },
});

const layouts = new WeakMap<Document, Map<number, Rows>>();

const laidOut = (document: Document, width: number): Rows => {
  const byWidth = layouts.get(document) ?? new Map<number, Rows>();
  layouts.set(document, byWidth);
  const rows = byWidth.get(width) ?? layOut(document, width);
  byWidth.set(width, rows);
  return rows;
};

/** Returns the visible rows and, if there is space, the number of differences below. */
const positionText = (rows: Rows, scroll: number, height: number, columns: number): string => {
  const end = Math.min(rows.total, scroll + height);
  const below = rows.differences.filter((row) => row >= end).length;
  const visible = `rows ${count(scroll + 1)}–${count(end)} of ${count(rows.total)}`;
  if (below === 0 || columns < 80) return visible;
  return `${visible} · ${count(below)} ${below === 1 ? 'difference' : 'differences'} below`;
};

const nothing: Document = { columns: 2, lines: [], differences: [], remark: null };

const shownDocument = ({ session, summary, view }: Scene): Document => {
  switch (session.mode.kind) {
    case 'review':
    case 'comment':
    case 'quit':
    case 'filter':
    case 'search':
    case 'rest':
      return view === null ? nothing : pairDocument(view, session);
    case 'pairs':
    case 'patterns':
    case 'comparisons':
    case 'palette':
      return nothing;
    case 'help':
      return help;
    case 'summary':
      return summaryDocument(summary);
    case 'request':
      return view === null ? nothing : cachedDocument(requests, view, requestDocument);
    case 'details':
      return view === null ? nothing : cachedDocument(details, view, detailsDocument);
  }
};

const help = helpDocument();
const requests = new WeakMap<PairView, Document>();
const details = new WeakMap<PairView, Document>();
let lastSummary: { readonly text: string; readonly document: Document } | null = null;

const summaryDocument = (text: string): Document => {
  if (lastSummary?.text !== text) lastSummary = { text, document: textDocument(text) };
  return lastSummary.document;
};

const cachedDocument = (
  cache: WeakMap<PairView, Document>,
  view: PairView,
  create: (view: PairView) => Document,
): Document => {
  const document = cache.get(view) ?? create(view);
  cache.set(view, document);
  return document;
};

/** The number of cells to the left of an overlay's text. */
const overlayIndent = 2;

const overlayRows = (visible: readonly Row[], height: number, paint: Paint): readonly string[] =>
  fill(
    visible.map((row) => paint([plain(' '.repeat(overlayIndent)), ...(row.baseline ?? [])])),
    height,
  );

const fill = (rows: readonly string[], height: number): readonly string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => ''),
];

const lineCursor = (
  { columns, rows, session }: Scene,
  bottomHeight: number,
): { readonly x: number; readonly y: number } | null => {
  const y = rows - bottomHeight;
  if (session.mode.kind === 'comment') {
    return { x: cellWidth(commentLabel) + cellWidth(shownComment(session.mode.text, columns)), y };
  }
  const at = lineRuns(session, columns)?.cursor ?? null;
  return at === null ? null : { x: at, y };
};

const markStyles = {
  '~': 'warning',
  '-': 'removed',
  '+': 'added',
  '·': 'dim',
  ' ': 'plain',
} as const;

const panes = (
  scene: Scene,
  place: FittingGeometry,
  document: Document,
  visible: readonly Row[],
  paint: Paint,
): { readonly panes: readonly PaneFrame[]; readonly wide: readonly string[] } => {
  const { session, view } = scene;
  const isJoint = place.kind === 'single' && document.columns === 1;
  const body = (side: Side): readonly string[] =>
    fill(
      visible.map((row) => {
        const runs = row[side];
        if (runs === null) return '';
        const mark: StyledRun = { text: row.mark, style: markStyles[row.mark] };
        return paint([mark, plain(' '), ...runs]);
      }),
      place.bodyHeight,
    );
  const pane = (side: Side, rows: readonly string[]): PaneFrame => ({
    side,
    width: place.paneWidth,
    head: fill(
      headRuns(side, view, place.paneWidth, isJoint ? 'joint' : place.kind).map(paint),
      place.headHeight,
    ),
    rows,
  });
  if (place.kind === 'single') {
    const shown = document.columns === 2 ? session.pane : 'baseline';
    return { panes: [pane(shown, body(shown))], wide: [] };
  }
  if (document.columns === 2) {
    return { panes: sides.map((side) => pane(side, body(side))), wide: [] };
  }
  // One column below two heads, so that the facts of both sides stay in place.
  return { panes: sides.map((side) => pane(side, [])), wide: body('baseline') };
};
