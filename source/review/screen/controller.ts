import type { ReplayEvent } from '../../replay/event.ts';
import type { PairView } from '../pair-view.ts';
import { upcoming } from '../session/next-pair.ts';
import { reduce } from '../session/reduce.ts';
import type { Action, Effect } from '../session/step.ts';
import { currentEntry, startSession, type Session } from '../session/session.ts';
import type { Frame } from '../view/frame.ts';
import type { Paint } from '../view/styled-text.ts';
import type { KeyStroke } from './keyboard.ts';
import { createDrawing } from './drawing.ts';
import { actionOfKey, actionOfPaste } from './key-action.ts';
import { changedCaptures, listEntries } from './list-entries.ts';
import { createLiveTexts } from './live-calls.ts';
import { createLiveView } from './live-view.ts';
import { createPairLoader } from './pair-loader.ts';
import { replayNews } from './replay-news.ts';
import type { ReviewServices } from './services.ts';
import type { SetBeside } from './answer-diff.ts';

/** How the review ended. */
export type ReviewEnd = { readonly interrupted: boolean };

/** The running review: holds the session, feeds it with keys and news, and makes the frames. */
export type Controller = {
  readonly subscribe: (listener: () => void) => () => void;
  readonly frame: () => Frame;
  readonly resize: (columns: number, rows: number) => void;
  readonly key: (stroke: KeyStroke) => void;
  readonly paste: (text: string) => void;
  /** Draws the frame anew although nothing has changed. */
  readonly redraw: () => void;
  /** Whoever owns the terminal says how to leave it to the shell for a while. */
  readonly onSuspend: (suspend: () => void) => void;
  /** Resolves when the user quits; rejects with a bug of ours. */
  readonly ended: Promise<ReviewEnd>;
  readonly session: () => Session;
};

/** Pairs that are loaded and set beside each other before they are asked for. */
const ahead = 3;

/** Starts a review over the pairs as the store lists them now. */
export const createController = async (
  services: ReviewServices,
  options: {
    readonly setBeside: SetBeside;
    readonly paint: Paint;
    readonly columns: number;
    readonly rows: number;
  },
): Promise<Controller> => {
  let session = startSession({
    comparisonId: services.comparisonId,
    reviewer: services.reviewer,
    entries: await listEntries(services),
    events: await services.listEvents(),
    replaying: services.replay !== null,
    notice: services.notice === null ? null : { text: services.notice, tone: 'warning' },
  });
  let lastEventId: string | null = null;
  let summary = '';
  let suspend = (): void => undefined;
  let closed = false;
  let writing: Promise<void> = Promise.resolve();
  const live = createLiveTexts();
  const ending = Promise.withResolvers<ReviewEnd>();
  const firstPair = Promise.withResolvers<void>();

  const loader = createPairLoader({
    loadPair: services.loadPair,
    setBeside: options.setBeside,
    cost: services.cost,
    onReady: (captureId) => {
      if (captureId !== currentEntry(session)?.captureId) return;
      live.dropEnded();
      firstPair.resolve();
      changed();
    },
    onError: (error) => fail(error),
  });

  const liveView = createLiveView({ live, nowMs: services.nowMs, onSecond: () => news() });

  /** The pair on the screen with the texts of its calls in flight. */
  const currentView = (): PairView | null => {
    const entry = currentEntry(session);
    if (entry === null) return null;
    const stored = loader.get(entry.captureId);
    return stored === null ? null : liveView.of(entry.captureId, stored);
  };

  const progressText = (): string | null =>
    session.replaying ? (services.replay?.progress() ?? null) : null;

  const drawing = createDrawing({
    scene: () => ({
      session,
      view: currentView(),
      title: services.title,
      summary,
      progress: progressText(),
    }),
    paint: options.paint,
    columns: options.columns,
    rows: options.rows,
  });
  const { changed, news } = drawing;

  const prefetch = (): void => {
    const entry = currentEntry(session);
    const next = upcoming(session.entries, (session.current ?? -1) + 1, session.replaying, ahead);
    const ids = next.flatMap((index) => session.entries[index]?.captureId ?? []);
    loader.want(entry === null ? ids : [entry.captureId, ...ids]);
  };

  const step = (action: Action): readonly Effect[] => {
    const before = session;
    const next = reduce(session, action, {
      nowMs: services.nowMs(),
      newId: () => (lastEventId = services.newId(lastEventId)),
    });
    session = next.session;
    if (session.mode.kind === 'summary' && before.mode.kind !== 'summary') void refreshSummary();
    if (session.current !== before.current) live.dropEnded();
    if (session.current !== before.current || session.entries !== before.entries) prefetch();
    return next.effects;
  };

  /** A step that a person waits for. A write is drawn when it has ended: nothing is shown twice. */
  const act = (action: Action): void => {
    const effects = step(action);
    for (const effect of effects) perform(effect);
    if (effects.some(({ kind }) => kind === 'append')) return;
    // A pair that is not there yet mostly is within this frame: nothing flashes in between.
    if (currentEntry(session) !== null && currentView() === null) news();
    else changed();
  };

  const refreshSummary = async (): Promise<void> => {
    try {
      summary = await services.summary();
      if (session.mode.kind === 'summary') changed();
    } catch (error) {
      fail(error);
    }
  };

  const perform = (effect: Effect): void => {
    switch (effect.kind) {
      case 'append':
        writing = services.appendEvent(effect.event).then(
          () => act({ kind: 'committed', event: effect.event }),
          (error: unknown) =>
            act({
              kind: 'commit_failed',
              event: effect.event,
              message: error instanceof Error ? error.message : String(error),
            }),
        );
        return;
      case 'wait':
        // After a stall the timer is due before the keys that came meanwhile are read: they first.
        setTimeout(() => setImmediate(() => act(effect.action)), effect.ms);
        return;
      case 'retry':
        void retry(effect.captureId);
        return;
      case 'suspend':
        suspend();
        return;
      case 'quit':
        close();
        // A verdict that is being written is not cut off by leaving.
        void writing.then(() => ending.resolve({ interrupted: effect.interrupted }));
    }
  };

  /** Sends the failed sides of a pair again; what stands in the way of that is told. */
  const retry = async (captureId: string): Promise<void> => {
    try {
      const again = await services.retry(captureId);
      if (again.notice) act({ kind: 'notice', notice: { text: again.notice, tone: 'warning' } });
      const unsubscribe = again.subscribe(heard);
      await again.done.finally(unsubscribe);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      act({ kind: 'notice', notice: { text, tone: 'error' } });
    }
  };

  const takeNews = replayNews({
    comparisonId: services.comparisonId,
    models: services.title,
    nowMs: services.nowMs,
    live,
    loader,
    step: (action) => void step(action),
    shown: () => currentEntry(session)?.captureId ?? null,
  });

  const heard = (event: ReplayEvent): void => {
    if (closed) return;
    takeNews(event);
    news();
  };

  /** After the end nothing is drawn and no store is asked any more. */
  const close = (): void => {
    closed = true;
    liveView.close();
    loader.want([]);
    drawing.close();
    unsubscribe();
    unwatch();
  };

  /** Another process has changed the store: what is new of pairs and verdicts comes on the screen. */
  const refresh = async (): Promise<boolean> => {
    const { standing } = session;
    const entries = await listEntries(services);
    const events = await services.listEvents();
    // A verdict of our own is being saved, or was meanwhile: the lists do not agree with the screen.
    if (closed || session.pending !== null || session.standing !== standing) return false;
    for (const captureId of changedCaptures(session.entries, entries)) loader.forget(captureId);
    step({ kind: 'entries', entries, events });
    if (session.mode.kind === 'summary') void refreshSummary();
    changed();
    return true;
  };

  const fail = (error: unknown): void => {
    if (closed) return;
    close();
    ending.reject(error);
    firstPair.resolve();
  };

  const replayEnded = async (): Promise<void> => {
    if (closed) return;
    const entries = await listEntries(services);
    step({ kind: 'replaying', replaying: false });
    step({ kind: 'entries', entries, events: null });
    changed();
  };

  const unsubscribe = services.replay?.subscribe(heard) ?? ((): void => undefined);
  const unwatch =
    services.watch?.({
      changed: refresh,
      pricesKnown: () => {
        loader.costAgain();
        changed();
      },
      failed: (error) => {
        const text = error instanceof Error ? error.message : String(error);
        act({ kind: 'notice', notice: { text, tone: 'warning' } });
      },
    }) ?? ((): void => undefined);
  services.replay?.done.then(replayEnded).catch(fail);
  // Whoever waits for the end does so from the first frame on.
  ending.promise.catch(() => undefined);
  prefetch();
  // The first frame shows the first pair: a frame costs more than to load it.
  if (currentEntry(session) !== null) await firstPair.promise;

  return {
    subscribe: drawing.subscribe,
    frame: drawing.frame,
    resize: drawing.resize,
    key: (stroke) => {
      const action = actionOfKey(stroke, {
        mode: session.mode.kind,
        isTooSmall: drawing.frame().kind === 'too_small',
        isShown: () => currentView() !== null,
        viewport: drawing.viewport,
      });
      if (action !== null) act(action);
    },
    paste: (text) => act(actionOfPaste(text, session.mode.kind)),
    redraw: changed,
    onSuspend: (leave) => {
      suspend = leave;
    },
    ended: ending.promise,
    session: () => session,
  };
};
