import type { Side } from '../../comparison/outcome.ts';
import type { PairView } from '../pair-view.ts';
import { hiddenLeft } from '../session/blind.ts';
import { nextPlace } from '../session/controls.ts';
import type { Session } from '../session/session.ts';
import type { CandidateView } from './candidate-panes.ts';
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
import type { CandidateNames } from './list-rows.ts';
import type { Title } from './top.ts';

/** The content of a screen, and its size in cells. */
export type Scene = {
  readonly session: Session;
  readonly view: PairView | null;
  /** All candidates of the request on the screen; by default none, as in a review of one candidate. */
  readonly candidates?: readonly CandidateView[];
  /** By default empty. */
  readonly candidateNames?: CandidateNames;
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
