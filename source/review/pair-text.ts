import type { Side } from '../comparison/outcome.ts';
import { printable } from '../text/printable.ts';
import type { PairView } from './pair-view.ts';

/** Returns the text of a side's answer as it was received, with its tool calls; null without one. */
export const receivedText = (view: PairView, side: Side): string | null => {
  const record = view.sides[side];
  if (record.kind !== 'answered') return null;
  const { text, toolCalls } = record.answer;
  if (toolCalls.length === 0) return text;
  const calls = JSON.stringify(toolCalls, null, 2);
  return text === '' ? calls : `${text}\n\n${calls}`;
};

/** Returns a side for a person's program: printable, or the reason why there is no answer. */
export const sideText = (view: PairView, side: Side): string => {
  const text = receivedText(view, side);
  return `${printable(text ?? 'no answer')}\n`;
};

/** Returns the request and both answers as one printable text. */
export const pairText = (view: PairView): string =>
  [
    `REQUEST ${printable(view.capture.id)}`,
    printable(JSON.stringify(view.capture.request, null, 2)),
    'BASELINE',
    sideText(view, 'baseline'),
    'CANDIDATE',
    sideText(view, 'candidate'),
  ].join('\n\n');
