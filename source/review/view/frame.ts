import { sides, type Side } from '../../comparison/outcome.ts';
import { count } from '../../text/numbers.ts';
import { cellWidth } from '../../text/width.ts';
import type { PairView } from '../pair-view.ts';
import type { Viewport } from '../session/scroll.ts';
import type { Session } from '../session/session.ts';
import { bottomRuns, commentLabel, shownComment } from './bottom.ts';
import type { Document } from './document.ts';
import { documentOf } from './documents.ts';
import { geometry, minimumColumns, minimumRows, type Geometry } from './geometry.ts';
import { headRuns } from './head.ts';
import { detailsDocument, helpDocument, requestDocument, textDocument } from './overlay.ts';
import type { Paint } from './styled-text.ts';
import { layOut, type Row, type Rows } from './rows.ts';
import { plain, type Run } from './run.ts';
import { topRuns, type Title } from './top.ts';

/** A pane as painted rows; `width` in cells. */
export type PaneFrame = {
  readonly side: Side;
  readonly width: number;
  readonly head: readonly string[];
  readonly rows: readonly string[];
};

/** One whole screen: painted rows, each no wider than its place. */
export type Frame =
  | { readonly kind: 'too_small'; readonly text: string }
  | {
      readonly kind: 'panes';
      readonly columns: number;
      readonly direction: 'row' | 'column';
      readonly top: readonly string[];
      readonly panes: readonly PaneFrame[];
      /** Rows below all panes over the whole width, for a document of one column; else none. */
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

/** Everything that a screen shows. */
export type Scene = {
  readonly session: Session;
  readonly view: PairView | null;
  readonly title: Title;
  readonly summary: string;
  readonly progress: string | null;
  readonly columns: number;
  readonly rows: number;
};

const nothing: Document = { columns: 2, lines: [], differences: [], remark: null };

const laidOut = new WeakMap<Document, Map<number, Rows>>();

const rowsOf = (document: Document, width: number): Rows => {
  const byWidth = laidOut.get(document) ?? new Map<number, Rows>();
  laidOut.set(document, byWidth);
  const known = byWidth.get(width) ?? layOut(document, width);
  byWidth.set(width, known);
  return known;
};

/** The screen for a scene, and what the keys must know of it. */
export const frameOf = (scene: Scene, paint: Paint): { frame: Frame; viewport: Viewport } => {
  const { session, view } = scene;
  const { mode } = session;
  const shown =
    mode.kind === 'review' || mode.kind === 'comment' || mode.kind === 'quit'
      ? view === null
        ? nothing
        : documentOf(view, session.view, session.folded)
      : overlayDocument(scene, mode.kind);
  const place = geometry(scene.columns, scene.rows, session.layout, shown.columns);
  if (place.kind === 'too_small') {
    return {
      frame: {
        kind: 'too_small',
        text: `The terminal has ${scene.columns}×${scene.rows} cells; the review needs ${minimumColumns}×${minimumRows}. Make it larger, or q to quit.`,
      },
      viewport: { rows: 0, height: 0, differences: [], sideBySide: false },
    };
  }
  const isOverlay = 'scroll' in mode;
  const width = isOverlay ? scene.columns - 2 : place.textWidth;
  const rows = rowsOf(shown, width);
  const height = isOverlay ? place.overlayHeight : place.bodyHeight;
  const viewport: Viewport = {
    rows: rows.total,
    height,
    differences: rows.differences,
    sideBySide: place.kind === 'side_by_side',
  };
  const asked = isOverlay ? mode.scroll : session.scroll;
  const scroll = Math.min(asked, Math.max(0, rows.total - height));
  const visible = rows.slice(scroll, height);
  const top = topRuns(session, scene.title, view, scene.columns).map(paint);
  const bottom = bottomRuns(
    session,
    {
      remark: shown.remark,
      position: rows.total > height ? positionText(rows, scroll, height, scene.columns) : null,
      progress: scene.progress,
    },
    scene.columns,
  ).map(paint);
  if (isOverlay) {
    const painted = visible.map((row) =>
      paint([{ text: '  ', style: 'plain' }, ...(row.baseline ?? [])]),
    );
    return {
      frame: { kind: 'overlay', columns: scene.columns, top, rows: fill(painted, height), bottom },
      viewport,
    };
  }
  const body = bodyFrame(scene, place, shown, visible, paint);
  const cursor =
    mode.kind === 'comment'
      ? {
          x: cellWidth(commentLabel) + cellWidth(shownComment(mode.text, scene.columns)),
          y: scene.rows - bottom.length,
        }
      : null;
  return {
    frame: {
      kind: 'panes',
      columns: scene.columns,
      direction: place.kind === 'side_by_side' ? 'row' : 'column',
      top,
      ...body,
      bottom,
      cursor,
    },
    viewport,
  };
};

/** Which rows are seen, and where there is room for it how many differences are still below. */
const positionText = (rows: Rows, scroll: number, height: number, columns: number): string => {
  const end = Math.min(rows.total, scroll + height);
  const below = rows.differences.filter((row) => row >= end).length;
  const seen = `rows ${count(scroll + 1)}–${count(end)} of ${count(rows.total)}`;
  if (below === 0 || columns < 80) return seen;
  return `${seen} · ${count(below)} ${below === 1 ? 'difference' : 'differences'} below`;
};

const overlayDocument = (
  scene: Scene,
  kind: 'help' | 'summary' | 'request' | 'details',
): Document => {
  const { view } = scene;
  switch (kind) {
    case 'help':
      return cachedHelp;
    case 'summary':
      return cached(summaries, scene.summary, () => textDocument(scene.summary));
    case 'request':
      return view === null ? nothing : cachedFor(requests, view, requestDocument);
    case 'details':
      return view === null ? nothing : cachedFor(details, view, detailsDocument);
  }
};

const cachedHelp = helpDocument();
const summaries: { text: string; document: Document }[] = [];
const requests = new WeakMap<PairView, Document>();
const details = new WeakMap<PairView, Document>();

const cached = (
  cache: { text: string; document: Document }[],
  text: string,
  make: () => Document,
): Document => {
  const [last] = cache;
  if (last?.text === text) return last.document;
  const document = make();
  cache[0] = { text, document };
  return document;
};

const cachedFor = (
  cache: WeakMap<PairView, Document>,
  view: PairView,
  make: (view: PairView) => Document,
): Document => {
  const document = cache.get(view) ?? make(view);
  cache.set(view, document);
  return document;
};

const fill = (rows: readonly string[], height: number): readonly string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => ''),
];

const markStyles = {
  '~': 'warning',
  '-': 'removed',
  '+': 'added',
  '·': 'dim',
  ' ': 'plain',
} as const;

const bodyFrame = (
  scene: Scene,
  place: Exclude<Geometry, { kind: 'too_small' }>,
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
        const mark: Run = { text: row.mark, style: markStyles[row.mark] };
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
  // One column under two heads: the facts of both sides stay where they are.
  return { panes: sides.map((side) => pane(side, [])), wide: body('baseline') };
};
