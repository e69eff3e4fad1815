import type { ReplayEvent } from '../../replay/replay-event.ts';
import type { PairView } from '../pair-view.ts';
import {
  agreementChanges,
  agreements,
  type AgreementChange,
  type Agreements,
} from '../session/agreement-so-far.ts';
import { keyAction, pasteAction, type KeyStroke } from '../session/key-action.ts';
import { standingEvents } from '../session/entry.ts';
import { upcomingPairs } from '../session/next-pair.ts';
import { isSamePair, type PairKey } from '../session/pair-key.ts';
import { reduce } from '../session/reduce.ts';
import { controlAfter, controlResults, type ControlResults } from '../session/controls.ts';
import {
  currentEntry,
  keyOnScreen,
  startSession,
  type GivenVerdict,
  type Session,
} from '../session/session.ts';
import type { Action, Effect, EventPair } from '../session/step.ts';
import type { Frame } from '../view/frame.ts';
import type { Spoken } from '../view/spoken.ts';
import { targetAt, type Paint } from '../view/styled-text.ts';
import type { DiffThread } from './answer-diff.ts';
import { Drawing } from './drawing.ts';
import { HandOver, type Terminal } from './hand-over.ts';
import { QueueQuestions } from './queue-questions.ts';
import { listOwnEvents, readBeginning, QueueUpdates } from './queue-reader.ts';
import { ReviewedComparisons } from './reviewed-comparisons.ts';
import { RuleEffects } from './rule-effects.ts';
import type { ReviewServices } from './services.ts';
import { StoreQuestions } from './store-questions.ts';
import type { MouseReport } from './terminal-input.ts';

/** The end of a review. */
export type ReviewEnd = {
  readonly interrupted: boolean;
  /** The comparison to review next; null: none. */
  readonly next: string | null;
  /** The verdicts of this sitting, without those that were undone. */
  readonly given: readonly GivenVerdict[];
  /** The number of keys that were not taken, each with its reason on the screen. */
  readonly refusedKeys: number;
  /** This reviewer's verdicts in the random order, by comparison, before and after. */
  readonly agreement: ReadonlyMap<string, AgreementChange>;
  /** How consistent the review was; zeros unless it had control pairs. */
  readonly controls: ControlResults;
};

type ScreenOptions = {
  readonly diffThread: DiffThread;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
  /** Whether the review is said to a screen reader instead of drawn. */
  readonly isSpoken: boolean;
};

/** The rows by which one notch of the wheel scrolls. */
const wheelRows = 3;

/** The number of pairs that are loaded and diffed in advance. */
const pairsAhead = 3;

/** The interval at which the reservation of the pair on the screen is renewed. */
const renewMs = 60_000;

/** A running review: passes keys and events to the session, performs its effects, draws frames. */
export class ReviewController {
  readonly #services: ReviewServices;
  readonly #drawing: Drawing;
  readonly #comparisons: ReviewedComparisons;
  readonly #ending = Promise.withResolvers<ReviewEnd>();
  readonly #firstPair = Promise.withResolvers<void>();
  readonly #subscriptions: (() => void)[] = [];
  #before: Agreements;
  readonly #questions: StoreQuestions;
  readonly #queueQuestions: QueueQuestions;
  readonly #updates: QueueUpdates;
  readonly #ruleEffects: RuleEffects;
  #session: Session;
  #summary = '';
  #lastEventId: string | null = null;
  #writing: Promise<void> = Promise.resolve();
  readonly #handOver: HandOver;
  #isClosed = false;

  /** Starts a review of the pairs currently in the store; resolves when the first can be shown. */
  static async open(services: ReviewServices, screen: ScreenOptions): Promise<ReviewController> {
    const events = await listOwnEvents(services.comparisons);
    const queue = await readBeginning(services, standingEvents(events));
    const session = startSession({
      comparisonIds: services.comparisons.map(({ id }) => id),
      reviewer: services.reviewer,
      ...queue,
      resolving: services.comparisons[0].conflicts !== null,
      blind: services.blind,
      events,
      replaying: services.replay !== null,
      keymap: services.keymap,
      notice: services.notice === null ? null : { text: services.notice, tone: 'warning' },
    });
    const controller = new ReviewController(services, session, screen);
    await controller.#start();
    return controller;
  }

  private constructor(services: ReviewServices, session: Session, screen: ScreenOptions) {
    this.#services = services;
    this.#session = session;
    this.#before = agreements(session);
    this.#comparisons = new ReviewedComparisons(services.comparisons, {
      diffThread: screen.diffThread,
      session: () => this.#session,
      step: (action) => void this.#step(action),
      onReady: (pair) => this.#showLoaded(pair),
      onSecond: () => this.#drawing.drawSoon(),
      onError: (error) => this.#fail(error),
      nowMs: services.nowMs,
    });
    const asking = {
      comparisons: this.#comparisons,
      act: (action: Action) => this.#act(action),
      restIsRead: () => this.#updates.restIsRead(),
      isClosed: () => this.#isClosed,
      fail: (error: unknown) => this.#warn(error, 'error'),
    };
    this.#questions = new StoreQuestions({
      ...asking,
      listComparisons: services.listComparisons,
      columns: () => this.#drawing.columns,
    });
    this.#queueQuestions = new QueueQuestions({ ...asking, session: () => this.#session });
    this.#updates = new QueueUpdates({
      services,
      comparisons: this.#comparisons,
      session: () => this.#session,
      step: (action) => void this.#step(action),
      onRest: (entries) => {
        this.#before = agreements({ ...this.#session, entries });
        this.#drawing.drawNow();
      },
      isClosed: () => this.#isClosed,
      fail: (error) => this.#fail(error),
    });
    this.#ruleEffects = new RuleEffects({
      rules: services.rules,
      session: () => this.#session,
      view: () => this.#currentView(),
      act: (action) => this.#act(action),
      ask: (question) => this.#questions.ask('rules', question),
      refresh: () => this.#refresh(),
      isClosed: () => this.#isClosed,
      fail: (error) => this.#warn(error, 'error'),
    });
    this.#handOver = new HandOver({
      tools: services.tools,
      view: () => this.#currentView(),
      models: () => this.#comparisons.current.models,
      act: (action) => this.#act(action),
      fail: (error) => this.#warn(error, 'error'),
    });
    this.#drawing = new Drawing({
      scene: () => ({
        session: this.#session,
        view: this.#currentView(),
        candidates: this.#comparisons.candidates(),
        candidateNames: services.blind ? new Map() : this.#comparisons.names,
        title: this.#comparisons.current.title,
        summary: this.#summary,
        progress: this.#session.replaying ? (services.replay?.progress() ?? null) : null,
      }),
      paint: screen.paint,
      columns: screen.columns,
      rows: screen.rows,
      isSpoken: screen.isSpoken,
    });
  }

  /** Resolves when the user quits; rejects with an unexpected error. */
  get ended(): Promise<ReviewEnd> {
    return this.#ending.promise;
  }

  /** Calls the listener for every new frame until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => this.#drawing.subscribe(listener);

  readonly frame = (): Frame => this.#drawing.frame;

  readonly spoken = (): Spoken => this.#drawing.spoken;

  resize(columns: number, rows: number): void {
    this.#drawing.resize(columns, rows);
  }

  /** Draws the frame again even if nothing has changed. */
  redraw(): void {
    this.#drawing.drawNow();
  }

  /** Draws in another theme from now on. */
  repaint(paint: Paint): void {
    this.#drawing.repaint(paint);
  }

  /**
   * Takes note of a frame that was written to the terminal. Keys that arrived before are read first:
   * they were not typed at this frame.
   */
  written(frame: Frame): void {
    if (this.#session.isBeginning) this.#updates.readRest();
    const pairs = frame.kind === 'too_small' ? null : frame.pairs;
    // A pair that is loading, or below an overlay, stays the one that was shown.
    if (pairs === null || (frame.kind === 'panes' && pairs.length === 0)) return;
    setImmediate(() => this.#step({ kind: 'shown', pairs }));
  }

  /** Sets what the review can do with its terminal besides drawing. */
  setTerminal(terminal: Terminal): void {
    this.#handOver.setTerminal(terminal);
  }

  pressKey(stroke: KeyStroke): void {
    const action = keyAction(stroke, {
      keymap: this.#session.keymap,
      mode: this.#session.mode.kind,
      isTooSmall: this.#drawing.frame.kind === 'too_small',
      viewport: () => this.#drawing.viewport,
    });
    if (action !== null) this.#act(action);
  }

  /** Takes what was done with the mouse. It never gives a verdict. */
  readonly useMouse = ({ kind, x, y }: MouseReport): void => {
    const frame = this.#drawing.frame;
    if (frame.kind === 'too_small') return;
    const viewport = this.#drawing.viewport;
    if (kind !== 'press') {
      this.#act({ kind: 'wheel', rows: kind === 'wheel_up' ? -wheelRows : wheelRows, viewport });
      return;
    }
    const target = targetAt(frame.clickable[y] ?? [], x);
    if (target !== null) this.#act({ kind: 'click', target, viewport });
  };

  readonly paste = (text: string): void => {
    this.#act(pasteAction(text, this.#session.mode.kind));
  };

  async #start(): Promise<void> {
    const { replay, watch } = this.#services;
    if (replay !== null) {
      this.#subscriptions.push(replay.subscribe((event) => this.#hear(event)));
      replay.done.then(() => this.#endReplay()).catch((error: unknown) => this.#fail(error));
    }
    if (watch !== null) {
      const unwatch = watch({
        changed: () => this.#refresh(),
        pricesKnown: () => {
          this.#comparisons.updateCosts();
          this.#drawing.drawNow();
        },
        failed: (error) => this.#warn(error, 'warning'),
      });
      this.#subscriptions.push(unwatch);
    }
    if (this.#services.comparisons.some(({ reservations }) => reservations !== null)) {
      const renewing = setInterval(() => this.#reserve(), renewMs);
      this.#subscriptions.push(() => clearInterval(renewing));
      this.#reserve();
    }
    // An error before anyone waits for the end is not an unhandled rejection.
    this.ended.catch(() => undefined);
    this.#prefetch();
    // Waiting for the pair is cheaper than drawing a first frame without it.
    if (currentEntry(this.#session) !== null) await this.#firstPair.promise;
  }

  /** Performs an action of the user, and draws. */
  #act(action: Action): void {
    const effects = this.#step(action);
    // A write is drawn only after it has ended.
    if (effects.some(({ kind }) => kind === 'append' || kind === 'append_together')) return;
    // A pair that is not loaded yet is usually ready within one tick. Waiting avoids a flicker.
    const isLoading = currentEntry(this.#session) !== null && this.#currentView() === null;
    if (isLoading && this.#session.mode.kind === 'review') {
      this.#drawing.drawSoon();
    } else this.#drawing.drawNow();
  }

  #step(action: Action): readonly Effect[] {
    const before = this.#session;
    const { effects, session } = reduce(before, action, {
      nowMs: this.#services.nowMs(),
      monotonicMs: performance.now(),
      newId: () => (this.#lastEventId = this.#services.newId(this.#lastEventId)),
    });
    this.#session = session;
    this.#queueQuestions.follow(before, session);
    this.#updates.note(action);
    if (session.current !== before.current) this.#comparisons.dropEnded();
    if (keyOnScreen(session) !== keyOnScreen(before)) this.#reserve();
    if (
      session.control !== before.control ||
      session.current !== before.current ||
      session.entries !== before.entries ||
      session.walk !== before.walk
    ) {
      this.#prefetch();
    }
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'append':
        this.#writing = this.#services.appendEvent(effect.event).then(
          () => this.#act({ kind: 'committed', event: effect.event }),
          (error: unknown) => this.#act({ kind: 'commit_failed', message: errorText(error) }),
        );
        return;
      case 'append_together':
        this.#writing = this.#services.appendEvents(effect.events).then(
          () => this.#act({ kind: 'committed_together', events: effect.events }),
          (error: unknown) => this.#act({ kind: 'commit_failed', message: errorText(error) }),
        );
        return;
      case 'filter':
      case 'search':
      case 'list_pairs':
      case 'read_numbers':
      case 'list_patterns':
      case 'check_pattern':
        this.#queueQuestions.perform(effect);
        return;
      case 'list_rows':
      case 'list_comparisons':
        this.#questions.perform(effect);
        return;
      case 'offer_rules':
      case 'make_rule':
      case 'take_back_rule':
      case 'list_rules':
        this.#ruleEffects.perform(effect);
        return;
      case 'open_comparison':
        this.#end({ interrupted: false, next: effect.comparisonId });
        return;
      case 'wait':
        // After a stall, the keys that arrived in the meantime precede an overdue timer.
        setTimeout(() => setImmediate(() => this.#act(effect.action)), effect.ms);
        return;
      case 'retry':
        void this.#retry(effect);
        return;
      case 'summarise':
        void this.#refreshSummary();
        return;
      case 'suspend':
      case 'edit_comment':
      case 'copy':
      case 'page':
        this.#handOver.perform(effect);
        return;
      case 'quit':
        this.#end({ interrupted: effect.interrupted, next: null });
    }
  }

  /** Ends the review once a verdict that is being saved is on the disk. */
  #end(how: Pick<ReviewEnd, 'interrupted' | 'next'>): void {
    this.#close();
    void this.#writing
      .then(() => this.#comparisons.release())
      // A reservation that is not released ends by itself.
      .catch(() => undefined)
      .then(() =>
        this.#ending.resolve({
          ...how,
          given: this.#session.given,
          refusedKeys: this.#session.refusedKeys,
          controls: controlResults(this.#session),
          agreement: agreementChanges(this.#before, agreements(this.#session)),
        }),
      );
  }

  /** Reserves the pair on the screen; goes on if another reviewer has it. */
  #reserve(): void {
    // A control pair is this reviewer's own.
    if (this.#isClosed || this.#session.control !== null) return;
    this.#comparisons.reserve().then(
      (isOurs) => (isOurs || this.#isClosed ? undefined : this.#refresh()),
      (error: unknown) => this.#warn(error, 'warning'),
    );
  }

  async #retry(pair: PairKey): Promise<void> {
    try {
      const replay = await this.#comparisons.of(pair).retry(pair.captureId);
      if (replay.notice !== undefined) {
        this.#act({ kind: 'notice', notice: { text: replay.notice, tone: 'warning' } });
      }
      const unsubscribe = replay.subscribe((event) => this.#hear(event));
      await replay.done.finally(unsubscribe);
    } catch (error) {
      this.#warn(error, 'error');
    }
  }

  async #refreshSummary(): Promise<void> {
    try {
      this.#summary = await this.#services.summary();
      if (this.#session.mode.kind === 'summary') this.#drawing.drawNow();
    } catch (error) {
      this.#fail(error);
    }
  }

  #hear(event: ReplayEvent): void {
    if (this.#isClosed) return;
    this.#comparisons.hear(event);
    this.#drawing.drawSoon();
  }

  async #endReplay(): Promise<void> {
    if (this.#isClosed) return;
    this.#step({ kind: 'replaying', replaying: false });
    await this.#updates.read('pairs');
    this.#drawing.drawNow();
  }

  /** Applies changes of another process to the store; false if that is not possible now. */
  async #refresh(): Promise<boolean> {
    await this.#updates.restIsRead();
    if (!(await this.#updates.read('pairs and events'))) return false;
    if (this.#session.mode.kind === 'summary') void this.#refreshSummary();
    this.#drawing.drawNow();
    return true;
  }

  /** Returns the pair on the screen with its calls in flight; null while it is loading. */
  #currentView(): PairView | null {
    const entry = currentEntry(this.#session);
    return entry === null ? null : this.#comparisons.view(entry);
  }

  #prefetch(): void {
    const { entries, replaying, walk } = this.#session;
    const next = upcomingPairs(entries, replaying, pairsAhead, walk);
    const shown = currentEntry(this.#session);
    const control = shown === null ? null : controlAfter(this.#session, shown.captureId);
    const { id: comparisonId } = this.#comparisons.current;
    this.#comparisons.want([
      // A control pair comes as quickly as any other.
      ...(control === null ? [] : [{ comparisonId, ...control }]),
      ...next.flatMap((index) => entries.at(index) ?? []),
    ]);
  }

  /** Shows a pair of the capture on the screen once it is loaded. */
  #showLoaded(pair: EventPair): void {
    const current = currentEntry(this.#session);
    const isNoise = (one: EventPair | null): boolean => one?.control?.kind === 'noise';
    if (pair.captureId !== current?.captureId || isNoise(pair) !== isNoise(current)) return;
    if (isSamePair(pair, current)) {
      this.#comparisons.dropEnded();
      this.#firstPair.resolve();
    }
    this.#drawing.drawNow();
  }

  #warn(error: unknown, tone: 'warning' | 'error'): void {
    this.#act({ kind: 'notice', notice: { text: errorText(error), tone } });
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#close();
    this.#ending.reject(error);
    this.#firstPair.resolve();
  }

  /** Stops drawing and reading the store. */
  #close(): void {
    this.#isClosed = true;
    void this.#handOver.close();
    this.#comparisons.close();
    this.#drawing.close();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }
}

const errorText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
