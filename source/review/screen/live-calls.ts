import { sides, type Side } from '../../comparison/outcome.ts';
import type { LiveSide, PairView } from '../pair-view.ts';

type LiveSides = PairView['live'];

const none: LiveSides = { baseline: null, candidate: null };

/** The state of a call, from the events of the replay. */
type Call = Pick<LiveSide, 'text' | 'state' | 'reason'> & {
  /** The time at which it continues, by the clock of the review; null if unknown. */
  readonly untilMs: number | null;
};

const newCall: Call = { text: '', state: 'sent', reason: null, untilMs: null };

/** The reason and the end of a model's pause. */
type Pause = { readonly reason: string; readonly untilMs: number };

/**
 * The state and partial text of the calls in flight, by capture and side. A call that has ended
 * stays until `dropEnded`, so that its text does not vanish before the pair has been loaded from
 * the store.
 */
export class LiveCalls {
  readonly #nowMs: () => number;
  readonly #onSecond: () => void;
  readonly #calls = new Map<string, Readonly<Record<Side, Call | null>>>();
  readonly #pauses: Record<Side, Pause | null> = { baseline: null, candidate: null };
  #ended: { readonly captureId: string; readonly side: Side; readonly call: Call }[] = [];
  #lastSides: {
    readonly captureId: string;
    readonly key: string;
    readonly live: LiveSides;
  } | null = null;
  #lastView: { readonly stored: PairView; readonly view: PairView } | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `onSecond` is called once a second while a requested pair shows a countdown. */
  constructor(options: { readonly nowMs: () => number; readonly onSecond: () => void }) {
    this.#nowMs = options.nowMs;
    this.#onSecond = options.onSecond;
  }

  /** Returns the current calls of a pair; the same object as long as nothing visible changes. */
  sides(captureId: string): LiveSides {
    const calls = this.#calls.get(captureId);
    if (calls === undefined) return none;
    const live = {
      baseline: this.#liveSide('baseline', calls.baseline),
      candidate: this.#liveSide('candidate', calls.candidate),
    };
    const key = sides.map((side) => `${live[side]?.state} ${live[side]?.seconds}`).join();
    if (this.#lastSides?.captureId !== captureId || this.#lastSides.key !== key) {
      this.#lastSides = { captureId, key, live };
    }
    return this.#lastSides.live;
  }

  /** Returns a stored pair with its calls; the same object as long as nothing visible changes. */
  view(captureId: string, stored: PairView): PairView {
    const live = this.sides(captureId);
    if (live === none) return stored;
    if (sides.some((side) => live[side] !== null && live[side].seconds !== null)) this.#tick();
    if (this.#lastView?.stored !== stored || this.#lastView.view.live !== live) {
      this.#lastView = { stored, view: { ...stored, live } };
    }
    return this.#lastView.view;
  }

  /** Updates the state of a call. */
  update(captureId: string, side: Side, change: Partial<Call>): void {
    this.#set(captureId, side, { ...this.#call(captureId, side), ...change });
  }

  addText(captureId: string, side: Side, text: string): void {
    const before = this.#call(captureId, side).text;
    this.#set(captureId, side, { ...newCall, text: before + text, state: 'streaming' });
  }

  end(captureId: string, side: Side): void {
    this.#ended.push({ captureId, side, call: this.#call(captureId, side) });
  }

  dropEnded(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const { captureId, side, call } of ended) {
      // Unless a retry has started in the meantime.
      if (this.#calls.get(captureId)?.[side] === call) this.#set(captureId, side, null);
    }
  }

  /** Pauses the model of a side; null resumes it. */
  pause(side: Side, pause: Pause | null): void {
    this.#pauses[side] = pause;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #call(captureId: string, side: Side): Call {
    return this.#calls.get(captureId)?.[side] ?? newCall;
  }

  #set(captureId: string, side: Side, call: Call | null): void {
    const before = this.#calls.get(captureId) ?? { baseline: null, candidate: null };
    const calls = { ...before, [side]: call };
    if (this.#lastSides?.captureId === captureId) this.#lastSides = null;
    if (calls.baseline === null && calls.candidate === null) this.#calls.delete(captureId);
    else this.#calls.set(captureId, calls);
  }

  #liveSide(side: Side, call: Call | null): LiveSide | null {
    if (call === null) return null;
    const nowMs = this.#nowMs();
    const seconds = (untilMs: number | null): number | null =>
      untilMs === null ? null : Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
    const pause = call.state === 'queued' ? this.#pauses[side] : null;
    // A pause ends at its time, even if no event has reported that yet.
    return pause !== null && pause.untilMs > nowMs
      ? {
          text: call.text,
          state: 'paused',
          reason: pause.reason,
          seconds: seconds(pause.untilMs),
        }
      : {
          text: call.text,
          state: call.state,
          reason: call.reason,
          seconds: seconds(call.untilMs),
        };
  }

  #tick(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#onSecond();
    }, 1000);
  }
}
