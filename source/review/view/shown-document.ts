import type { PairView } from '../pair-view.ts';
import { shownVerdict, verdictWords } from '../session/blind.ts';
import type { Keymap } from '../session/keymap.ts';
import type { Viewport } from '../session/scroll.ts';
import { currentEntry, knownOpinions, type Session, type View } from '../session/session.ts';
import { withAnswerNotes, withCandidateNotes } from './answer-notes.ts';
import { candidatesBeside, type Beside } from './candidate-panes.ts';
import type { Document } from './document.ts';
import { candidatesDocument, pairDocument } from './pair-document.ts';
import { sideBySideColumns } from './geometry.ts';
import type { SideNames } from './hidden.ts';
import { detailsDocument, opinionLines, ownMarkLines } from './details-document.ts';
import { helpDocument, requestDocument, textDocument } from './overlay.ts';
import type { Scene, KnownScene } from './scene.ts';

const nothing: Document = { columns: 2, lines: [], differences: [], remark: null };

/** Returns the views of a pair; first the one that suits it: a table of fields if these differ. */
export const viewsOf = (scene: Scene): Viewport['views'] => {
  const { columns, session, view } = scene;
  // Two narrow columns are harder to read than one wide one, unless the user prefers them.
  const isNarrow = columns < sideBySideColumns && session.layout === null;
  const [first, second]: readonly [View, View] = isNarrow
    ? ['unified', 'side_by_side']
    : ['side_by_side', 'unified'];
  // Answers that are not aligned are shown as received, whatever the view.
  if (view === null || view.alignment === null) return ['raw'];
  if (view.fields === null) return [first, second, 'raw'];
  const isDifferent = view.comparison?.outcome === 'different';
  // Two candidates beside each other say more than a table of one of them.
  const isAlone = candidatesBeside({ ...scene, session: { ...session, view: null } }) === null;
  return isDifferent && isAlone
    ? ['fields', first, second, 'raw']
    : [first, second, 'fields', 'raw'];
};

/** Whether equal lines or fields of the pair on the screen are folded, or can be. */
export const isFoldable = (scene: KnownScene, beside: Beside | null): boolean => {
  const { session } = scene;
  const folded = shownDocument({ ...scene, session: { ...session, folded: true } }, beside);
  return folded.lines.some(({ mark }) => mark === '·');
};

/** Returns what is shown of a pair; of two candidates beside each other, of both. */
export const shownDocument = (scene: KnownScene, beside: Beside | null): Document => {
  const { names, session, view } = scene;
  if (view === null) return nothing;
  const { folded, keymap, reasoning } = session;
  if (beside !== null) {
    const other = beside.other.view;
    const kind = session.view === 'raw' ? 'raw' : 'side_by_side';
    const isRaw = kind === 'raw' || view.alignment === null || other.alignment === null;
    const both = candidatesDocument(view, other, { folded, view: kind });
    return withCandidateNotes(both, view, other, { isRaw, reasoning, names, keymap });
  }
  const shown = session.view ?? viewsOf(scene)[0];
  return withAnswerNotes(pairDocument(view, { folded, view: shown }), view, {
    isRaw: shown === 'raw' || view.alignment === null,
    reasoning,
    names,
    keymap,
  });
};

type Opened = {
  readonly document: Document;
  readonly opening: number;
  /** Whether old turns of a request can be folded. */
  readonly isFoldable: boolean;
};

/** Returns the document of the open overlay, and the index of the difference where it opens. */
export const overlayDocument = ({ columns, names, session, summary, view }: KnownScene): Opened => {
  const at = (document: Document): Opened => ({ document, opening: 0, isFoldable: false });
  switch (session.mode.kind) {
    case 'help':
      return at(helpOf(session.keymap));
    case 'summary':
      return at(summaryDocument(summary));
    case 'request': {
      if (view === null) return at(nothing);
      const { folded, keymap } = session;
      const cache = folded ? foldedRequests : requests;
      return cached(cache, view, () => requestDocument(view, { folded, keymap }));
    }
    case 'details':
      return at(view === null ? nothing : detailsOf(session, view, { columns, names }));
    default:
      return at(nothing);
  }
};

const detailsOf = (
  session: Session,
  view: PairView,
  { columns, names }: { readonly columns: number; readonly names: SideNames },
): Document => {
  const isWide = columns >= sideBySideColumns;
  const shown = isWide
    ? cached(wideDetails, view, () => detailsDocument(view, names, 'table'))
    : cached(details, view, () => detailsDocument(view, names));
  const entry = currentEntry(session);
  if (entry === null) return shown;
  const verdict =
    entry.verdict === null ? null : verdictWords(shownVerdict(session, entry, entry.verdict));
  const lines = [...ownMarkLines(verdict, entry), ...opinionLines(knownOpinions(session, entry))];
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
const wideDetails = new WeakMap<PairView, Document>();
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
