import { shortJson } from '../../models/adaptation/remedy.ts';
import { routine } from '../../models/adaptation/warnings.ts';
import type { Adaptation } from '../../models/model.ts';
import type { Side } from '../../comparison/outcome.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { objectsIn } from '../../text/json.ts';
import { count, dollars, duration, unknown } from '../../text/numbers.ts';
import { keymap, type KeyCommand } from '../session/keymap.ts';
import type { PairView } from '../pair-view.ts';
import type { Opinion } from '../session/entry.ts';
import type { Document, DocumentLine } from './document.ts';
import { openNames, untilVerdict, type SideNames } from './hidden.ts';
import { dim, plain, type StyledRun } from './styled-text.ts';
import { messageText } from './top.ts';

const line = (...runs: readonly StyledRun[]): DocumentLine => ({
  mark: ' ',
  baseline: runs,
  candidate: null,
});

const document = (lines: readonly DocumentLine[]): Document => ({
  columns: 1,
  lines,
  differences: [],
  remark: null,
});

const paragraphs = (text: string): readonly DocumentLine[] =>
  text.split('\n').map((part) => line(plain(printable(part))));

const heading = (text: string): DocumentLine => line({ text: printableLine(text), style: 'bold' });

/** Returns every key and its command, from the keymap. */
export const helpDocument = (): Document =>
  document([
    heading('Keys'),
    line(),
    ...keymap.map((command: KeyCommand) =>
      line({ text: command.keys.join(' ').padEnd(16), style: 'accent' }, plain(command.help)),
    ),
    line(),
    ...paragraphs(
      [
        'A verdict is on disk before the next pair is shown. Pairs that the machine found identical or',
        'equivalent are not offered; J and K reach them. Pasted text, a held key or the mouse never',
        'judges. ~ both sides differ, - only in the baseline, + only in the candidate.',
      ].join('\n'),
    ),
  ]);

/** Returns the captured request: its messages, then everything else. */
export const requestDocument = (view: PairView): Document => {
  const { messages, ...rest } = view.capture.request;
  const lines: DocumentLine[] = [heading(`Request ${view.capture.id}`), line()];
  for (const message of objectsIn(messages)) {
    const { role, content, ...other } = message;
    lines.push(line({ text: printableLine(String(role ?? '?')), style: 'accent' }));
    lines.push(...paragraphs(messageText(content)));
    if (Object.keys(other).length > 0) lines.push(...paragraphs(JSON.stringify(other, null, 2)));
    lines.push(line());
  }
  lines.push(
    line({ text: 'parameters', style: 'accent' }),
    ...paragraphs(JSON.stringify(rest, null, 2)),
  );
  if (view.capture.metadata !== null) {
    lines.push(
      line(),
      line({ text: 'metadata', style: 'accent' }),
      ...paragraphs(JSON.stringify(view.capture.metadata, null, 2)),
    );
  }
  return document(lines);
};

/**
 * Returns the facts about both sides that the panes do not show: usage, timings, adaptations,
 * attempts.
 */
export const detailsDocument = (view: PairView, names: SideNames = openNames): Document =>
  document([
    ...(names === openNames
      ? []
      : [line(dim(`Models, usage, times and prices are ${untilVerdict}.`))]),
    ...sideDetails('baseline', view, names),
    line(),
    ...sideDetails('candidate', view, names),
    ...captureLines(view),
  ]);

/** Returns the parts of the request that were sent to neither model: not recorded, or redacted. */
const captureLines = ({ capture, sides }: PairView): readonly DocumentLine[] => {
  const { partial, redacted } = capture;
  const hasOriginals = [sides.baseline, sides.candidate].some(
    (side) => side.kind === 'answered' && side.originals > 0,
  );
  const what = hasOriginals ? 'placeholders are shown here' : 'placeholders are sent';
  const facts = [
    ...(partial.length === 0 ? [] : [fact('not recorded, not sent', partial.join(', '))]),
    ...(redacted === true ? [fact('redacted', `${what} instead of values`)] : []),
  ];
  return facts.length === 0 ? [] : [line(), heading('capture'), ...facts];
};

/** Returns what reviewers say of a pair, with their whole comments. */
export const opinionLines = (opinions: readonly Opinion[]): readonly DocumentLine[] =>
  opinions.length === 0
    ? []
    : [
        line(),
        heading('verdicts'),
        ...opinions.flatMap(({ comment, reviewer, tags, verdict }) => [
          fact(reviewer, [verdict.replaceAll('_', ' '), ...tags].join(', ')),
          ...(comment === null ? [] : [line(plain(`    ${printableLine(comment)}`))]),
        ]),
      ];

const fact = (name: string, value: string): DocumentLine =>
  line(dim(`  ${printableLine(name).padEnd(23)} `), plain(printableLine(value)));

const sideDetails = (side: Side, view: PairView, names: SideNames): readonly DocumentLine[] => {
  const record = view.sides[side];
  const lines: DocumentLine[] = [heading(names[side])];
  if (record.kind === 'not_sent') {
    lines.push(fact('not sent', record.reason ?? 'not reached yet'));
    return lines;
  }
  if (record.kind === 'failed') {
    lines.push(fact('failed', `${record.failure.reason}: ${record.failure.message}`));
    if (record.partial !== null) {
      lines.push(line(dim('  text received')), ...paragraphs(record.partial.text));
    }
  } else {
    const { answer, timings } = record;
    lines.push(
      fact('model', answer.model ?? unknown),
      fact('finish reason', answer.finishReason ?? unknown),
      fact('input tokens', count(answer.usage?.input ?? null)),
      fact('  of which cached', count(answer.usage?.cachedInput ?? null)),
      fact('output tokens', count(answer.usage?.output ?? null)),
      fact('  of which reasoning', count(answer.usage?.reasoning ?? null)),
      fact('cost', `${dollars(view.cost[side])}${costSource(answer)}`),
      fact('queued', duration(timings.queueMs)),
      fact('first token', duration(timings.timeToFirstTokenMs)),
      fact('total', `${duration(timings.totalMs)}${originRemark(record)}`),
    );
    if (answer.refusal !== '') lines.push(line(dim('  refusal')), ...paragraphs(answer.refusal));
    if (answer.reasoning !== '')
      lines.push(line(dim('  reasoning')), ...paragraphs(answer.reasoning));
    if (record.originals > 0) {
      const values = `${count(record.originals)} ${record.originals === 1 ? 'placeholder' : 'placeholders'}`;
      lines.push(fact('sent', `with the original values of ${values}`));
    }
    lines.push(...adaptationLines(record.adaptations));
  }
  for (const { number, failure } of record.attempts) {
    lines.push(
      fact(`attempt ${number}`, `${failure.reason.replaceAll('_', ' ')}: ${failure.message}`),
    );
  }
  return lines;
};

const originRemark = (record: { readonly recorded: boolean; readonly batch: boolean }): string =>
  record.recorded ? ' (recorded)' : record.batch ? ' (batch, not comparable)' : '';

const costSource = ({ cost }: { readonly cost: number | null }): string =>
  typeof cost === 'number' ? ' (reported by the provider)' : '';

/** Returns the changes and warnings of a request, each with its reason on a separate line. */
const adaptationLines = (adaptations: readonly Adaptation[]): readonly DocumentLine[] =>
  adaptations.length === 0
    ? []
    : [
        line(dim('  the request')),
        ...adaptations
          .toSorted((one, other) => rank(one) - rank(other))
          .flatMap((adaptation) => [
            line(
              {
                text: `    ${adaptation.action === 'kept' ? 'warning' : adaptation.action}`.padEnd(
                  14,
                ),
                style: adaptation.action === 'kept' ? 'warning' : 'accent',
              },
              plain(printableLine(changeText(adaptation))),
            ),
            line(dim(`${' '.repeat(14)}${printableLine(adaptation.reason)}`)),
          ]),
      ];

/** Returns the sort order of an adaptation: warnings first, routine changes last. */
const rank = ({ action, parameter }: Adaptation): number => {
  if (action === 'kept') return 0;
  return routine.has(parameter) ? 2 : 1;
};

/** Formats a change: `temperature 0`, `max_tokens → max_completion_tokens`, `n 3 → 1`. */
const changeText = ({ action, from, parameter, to }: Adaptation): string => {
  if (action === 'renamed') return `${parameter} → ${shortJson(to ?? null)}`;
  const before = from === undefined ? '' : ` ${shortJson(from)}`;
  return to === undefined ? `${parameter}${before}` : `${parameter}${before} → ${shortJson(to)}`;
};

/** Returns a document of text that is already laid out, such as the summary. */
export const textDocument = (text: string): Document => document(paragraphs(text));
