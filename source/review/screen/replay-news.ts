import type { ReplayEvent } from '../../replay/event.ts';
import { duration } from '../../text/numbers.ts';
import type { Action } from '../session/step.ts';
import type { LiveTexts } from './live-texts.ts';
import type { PairLoader } from './pair-loader.ts';

/**
 * Takes in what a replay tells: texts of calls in flight into `live`, what is in the store now out of
 * `loader`, states of sides as steps of the session. Returns what is to be called with every event.
 */
export const replayNews = (options: {
  readonly live: LiveTexts;
  readonly loader: PairLoader;
  readonly step: (action: Action) => void;
  /** The capture on the screen, whose text stays until the store has been read again. */
  readonly shown: () => string | null;
}): ((event: ReplayEvent) => void) => {
  const { live, loader, step, shown } = options;
  return (event) => {
    switch (event.kind) {
      case 'stopped': {
        const text = `nothing more is sent to the ${event.side}: ${event.reason}`;
        step({ kind: 'notice', notice: { text, tone: 'warning' } });
        return;
      }
      case 'sent':
        live.set(event.captureId, event.side, { text: '', state: 'sent', retry: null });
        step({ ...event, kind: 'side', status: 'sent' });
        return;
      case 'text':
        if (live.of(event.captureId)[event.side]?.state !== 'streaming') {
          step({ ...event, kind: 'side', status: 'streaming' });
        }
        live.add(event.captureId, event.side, event.text);
        return;
      case 'retrying': {
        const retry = `${event.failure.reason.replaceAll('_', ' ')}, again in ${duration(event.delayMs)}`;
        live.set(event.captureId, event.side, { state: 'retrying', retry });
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
