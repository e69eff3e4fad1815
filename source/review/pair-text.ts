import { routeRequest } from '../models/adaptation/route-request.ts';
import { callUrl, dialectHeaders, dialectRoute } from '../models/dialect-address.ts';
import type { Side } from '../comparison/outcome.ts';
import type { Model } from '../models/model.ts';
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

/**
 * Returns the captured request as a curl command for a model, in the dialect in which it would be asked. The key is a variable of the shell and never
 * its value. Null for a recorded model, which has no address.
 */
export const curlCommand = (view: PairView, model: Model): string | null => {
  if (model.kind === 'recorded') return null;
  const { name, provider } = model;
  const { body, dialect } = routeRequest(view.capture, model);
  const { authorization } = dialectRoute(provider, dialect);
  const [variable] = provider.keyVariables;
  const header = (text: string): string => ` \\\n  -H ${text}`;
  const key =
    variable === undefined
      ? ''
      : header(
          authorization === 'bearer'
            ? `"Authorization: Bearer $${variable}"`
            : `"${authorization}: $${variable}"`,
        );
  const others = Object.entries({ ...dialectHeaders(dialect), ...provider.headers })
    .map(([header_, value]) => header(quoted(`${header_}: ${value}`)))
    .join('');
  const url = callUrl(provider, dialect, name);
  const sent = JSON.stringify(dialect === 'chat' ? { ...body, model: name } : body);
  return `curl ${quoted(url)}${key}${others}${header(quoted('content-type: application/json'))} \\\n  --data-raw ${quoted(sent)}\n`;
};

/** A word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

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
