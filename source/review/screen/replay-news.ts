import type { Side } from '../../comparison/outcome.ts';
import type { AnswerEvent, ModelEvent, ReplayEvent } from '../../replay/replay-event.ts';
import type { Action } from '../session/step.ts';
import type { LiveCalls } from './live-calls.ts';

/** The parts of a review that a replay's events about one comparison change. */
type NewsReceiver = {
  readonly comparisonId: string;
  /** The labels of both models. */
  readonly models: Readonly<Record<Side, string>>;
  readonly live: LiveCalls;
  readonly step: (action: Action) => void;
  /** Marks the pair as changed in the store. */
  readonly forget: (captureId: string) => void;
  /** Returns the capture on the screen. Its live text stays until the store has been read again. */
  readonly shownCapture: () => string | null;
  readonly nowMs: () => number;
};

/** Applies the events of a replay to a review, and ignores unrelated ones. */
export class ReplayNews {
  readonly #review: NewsReceiver;

  constructor(review: NewsReceiver) {
    this.#review = review;
  }

  take(event: ReplayEvent): void {
    const { comparisonId, forget, models, step } = this.#review;
    if ('model' in event) {
      if (event.model === models[event.side]) this.#takeModelEvent(event);
      return;
    }
    // The review reads new pairs when it sees that the store has changed.
    if (event.kind === 'arrived') return;
    if ('period' in event) {
      step({ kind: 'notice', notice: { text: budgetNotice(event), tone: 'warning' } });
      return;
    }
    if (event.comparisonId !== comparisonId) return;
    if (event.kind === 'outcome') {
      forget(event.captureId);
      step(event);
      return;
    }
    // Only the first sample of an answer is reviewed.
    if (event.sample === 0) this.#takeAnswerEvent(event);
  }

  #takeModelEvent(event: ModelEvent): void {
    const { live, nowMs, step } = this.#review;
    const { side } = event;
    switch (event.kind) {
      case 'paused':
        live.pause(side, { reason: words(event.reason), untilMs: nowMs() + event.delayMs });
        return;
      case 'probing':
        return;
      case 'resumed':
        live.pause(side, null);
        return;
      case 'stopped': {
        live.pause(side, null);
        const text = `no more calls are sent to the ${side}: ${words(event.reason)}`;
        step({ kind: 'notice', notice: { text, tone: 'warning' } });
      }
    }
  }

  #takeAnswerEvent(event: AnswerEvent): void {
    const { comparisonId, forget, live, nowMs, shownCapture, step } = this.#review;
    const { captureId, side } = event;
    switch (event.kind) {
      case 'queued':
        live.update(captureId, side, { ...fresh, state: 'queued' });
        return;
      case 'sent':
        live.update(captureId, side, { ...fresh, state: 'sent' });
        step({ kind: 'side', comparisonId, captureId, side, status: 'sent' });
        return;
      case 'text':
        if (live.sides(captureId)[side]?.state !== 'streaming') {
          step({ kind: 'side', comparisonId, captureId, side, status: 'streaming' });
        }
        live.addText(captureId, side, event.text);
        return;
      case 'retrying': {
        const untilMs = nowMs() + event.delayMs;
        live.update(captureId, side, {
          state: 'retrying',
          reason: words(event.failure.reason),
          untilMs,
        });
        step({ kind: 'side', comparisonId, captureId, side, status: 'retrying' });
        return;
      }
      case 'answered':
      case 'failed':
      case 'not_sent':
        live.end(captureId, side);
        if (captureId !== shownCapture()) live.dropEnded();
        forget(captureId);
        step({
          kind: 'side',
          comparisonId,
          captureId,
          side,
          status: event.kind === 'not_sent' ? 'withheld' : event.kind,
        });
    }
  }
}

const budgetNotice = ({
  kind,
  period,
}: Extract<ReplayEvent, { readonly period: unknown }>): string =>
  kind === 'budget_renewed'
    ? 'a new day: calls are sent again'
    : `the ${period}'s budget is used up: calls go on at 00:00 UTC of the next ${period}`;

const fresh = { text: '', reason: null, untilMs: null } as const;

const words = (name: string): string => name.replaceAll('_', ' ');
