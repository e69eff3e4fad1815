import type { Side } from '../../comparison/outcome.ts';
import type { ReplayEvent } from '../../replay/event.ts';
import type { Action } from '../session/step.ts';
import type { LiveTexts } from './live-calls.ts';
import type { PairLoader } from './pair-loader.ts';

const fresh = { text: '', reason: null, untilMs: null } as const;

/**
 * Takes in what a replay tells: texts of calls in flight into `live`, what is in the store now out of
 * `loader`, states of sides as steps of the session. Returns what is to be called with every event.
 */
export const replayNews = (options: {
  /** Events of other comparisons are none of this review. */
  readonly comparisonId: string;
  /** The labels of its models: what happens to others is none of it either. */
  readonly models: Readonly<Record<Side, string>>;
  readonly live: LiveTexts;
  readonly loader: PairLoader;
  readonly step: (action: Action) => void;
  /** The capture on the screen, whose text stays until the store has been read again. */
  readonly shown: () => string | null;
  readonly nowMs: () => number;
}): ((event: ReplayEvent) => void) => {
  const { live, loader, nowMs, step, shown } = options;
  return (event) => {
    if ('comparisonId' in event && event.comparisonId !== options.comparisonId) return;
    if ('model' in event && event.model !== options.models[event.side]) return;
    // Repeated answers are not reviewed.
    if ('sample' in event && event.sample > 0) return;
    switch (event.kind) {
      case 'paused': {
        const { delayMs, reason, side } = event;
        live.pause(side, { reason: reason.replaceAll('_', ' '), untilMs: nowMs() + delayMs });
        return;
      }
      case 'probing':
        return;
      case 'resumed':
        live.pause(event.side, null);
        return;
      case 'stopped': {
        live.pause(event.side, null);
        const text = `nothing more is sent to the ${event.side}: ${event.reason}`;
        step({ kind: 'notice', notice: { text, tone: 'warning' } });
        return;
      }
      case 'queued':
        live.set(event.captureId, event.side, { ...fresh, state: 'queued' });
        return;
      case 'sent':
        live.set(event.captureId, event.side, { ...fresh, state: 'sent' });
        step({ ...event, kind: 'side', status: 'sent' });
        return;
      case 'text':
        if (live.of(event.captureId, nowMs())[event.side]?.state !== 'streaming') {
          step({ ...event, kind: 'side', status: 'streaming' });
        }
        live.add(event.captureId, event.side, event.text);
        return;
      case 'retrying': {
        const reason = event.failure.reason.replaceAll('_', ' ');
        const untilMs = nowMs() + event.delayMs;
        live.set(event.captureId, event.side, { state: 'retrying', reason, untilMs });
        step({ ...event, kind: 'side', status: 'retrying' });
        return;
      }
      case 'answered':
      case 'failed':
      case 'not_sent':
        live.end(event.captureId, event.side);
        if (event.captureId !== shown()) live.dropEnded();
        loader.forget(event.captureId);
        step({ ...event, kind: 'side', status: event.kind });
        return;
      case 'outcome':
        loader.forget(event.captureId);
        step(event);
    }
  };
};
