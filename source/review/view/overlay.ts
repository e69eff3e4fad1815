import { chatRequestOf } from '../../traffic/chat-request.ts';
import { shortJson } from '../../models/adaptation/remedy.ts';
import type { Usage } from '../../models/answer.ts';
import { isTagged } from '../../models/stream/think-tags.ts';
import { isRoutine } from '../../models/adaptation/warnings.ts';
import type { RequestPath } from '../../models/request-path.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import type { Side } from '../../comparison/outcome.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { objectsIn } from '../../text/json.ts';
import { count, dollars, duration, unknown } from '../../text/numbers.ts';
import type { Keymap } from '../session/keymap.ts';
import type { PairView } from '../pair-view.ts';
import type { Opinion } from '../session/entry.ts';
import type { Document, DocumentLine } from './document.ts';
import { verdictWords } from '../session/blind.ts';
import { hiddenText, openNames, type SideNames } from './hidden.ts';
import { dim, plain, type StyledRun, verdictMark } from './styled-text.ts';
import { messageText } from './message-text.ts';

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
export const helpDocument = ({ commands }: Keymap): Document =>
  document([
    heading('Marks'),
    line(
      ...Object.entries(verdictMark).flatMap(([verdict, mark]) => [
        mark,
        plain(` ${verdictWords(verdict)}   `),
      ]),
    ),
    ...paragraphs(
      [
        '~ marked words differ    - only in the baseline    + only in the candidate',
        '↕ moved                  · equal, folded           ╱ no text on this side',
        '≈ differs, and a rule covers it          = as in the baseline',
        '<U+00A0> the character, where it looks like another one',
        '▲ ▼ in the table of facts: the candidate is better, worse',
      ].join('\n'),
    ),
    line(),
    heading('Keys'),
    line(),
    ...commands
      .filter(({ keys }) => keys.length > 0)
      .map(({ help, keys }) =>
        line(
          { text: `${printableLine(keys.join(' ')).padEnd(22)}  `, style: 'accent' },
          plain(printableLine(help)),
        ),
      ),
    line(),
    ...paragraphs(
      [
        'A verdict is on disk before the next pair is shown. Pairs that the machine found identical or',
        'equivalent are not offered; J and K reach them. Pasted text, a held key or the mouse never',
        'judges.',
      ].join('\n'),
    ),
  ]);

/** The number of lines that a folded message keeps, and the number that is not worth folding. */
const foldedMessage = { kept: 3, limit: 6 };

/**
 * Returns the captured request: its messages, then everything else, and the index among its differences
 * of the user's last message, where it opens. `folded` hides most of the messages before that one. Its differences
 * are the first lines of the messages.
 */
export const requestDocument = (
  view: PairView,
  folded: boolean,
): { readonly document: Document; readonly opening: number } => {
  const { messages, ...rest } = chatRequestOf(view.capture);
  const lines: DocumentLine[] = [heading(`Request ${view.capture.id}`), line()];
  const starts: number[] = [];
  const all = objectsIn(messages);
  const last = all.findLastIndex(({ role }) => role === 'user');
  for (const [index, message] of all.entries()) {
    const { role, content, ...other } = message;
    starts.push(lines.length);
    const number = dim(`  ${count(index + 1)} of ${count(all.length)}`);
    lines.push(line({ text: printableLine(String(role ?? '?')), style: 'accent' }, number));
    const text = [
      ...paragraphs(messageText(content)),
      ...(Object.keys(other).length > 0 ? paragraphs(JSON.stringify(other, null, 2)) : []),
    ];
    const isFolded = folded && index < last && text.length > foldedMessage.limit;
    lines.push(...(isFolded ? text.slice(0, foldedMessage.kept) : text));
    if (isFolded) {
      lines.push(
        line(dim(`… ${count(text.length - foldedMessage.kept)} more lines · z shows them`)),
      );
    }
    lines.push(line());
  }
  const opening = Math.max(0, last);
  starts.push(lines.length);
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
  return { document: { ...document(lines), differences: starts }, opening };
};

/**
 * Returns the facts about both sides that the panes do not show: usage, timings, adaptations,
 * attempts.
 */
export const detailsDocument = (view: PairView, names: SideNames = openNames): Document =>
  document([
    fact('capture', view.capture.id),
    fact('endpoint', view.capture.endpoint),
    line(),
    ...(names === openNames
      ? []
      : [line(dim(`Models, usage, times and prices are ${hiddenText(names)}.`))]),
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
      ...writtenToCache(answer),
      fact('output tokens', count(answer.usage?.output ?? null)),
      fact('  of which reasoning', count(answer.usage?.reasoning ?? null)),
      fact('cost', `${dollars(view.cost[side])}${costSource(answer)}`),
      fact('queued', duration(timings.queueMs)),
      fact('first token', duration(timings.timeToFirstTokenMs)),
      fact(
        'total',
        `${duration(timings.totalMs)}${timings.totalMs === null ? '' : originRemark(record)}`,
      ),
    );
    if (answer.refusal !== '') lines.push(line(dim('  refusal')), ...paragraphs(answer.refusal));
    if (answer.reasoning !== '')
      lines.push(line(dim(reasoningTitle(answer))), ...paragraphs(answer.reasoning));
    if (record.originals > 0) {
      const values = `${count(record.originals)} ${record.originals === 1 ? 'placeholder' : 'placeholders'}`;
      lines.push(fact('sent', `with the original values of ${values}`));
    }
    if (record.path !== 'native') lines.push(fact('dialect', pathWords[record.path]));
    lines.push(...adaptationLines(record.adaptations));
  }
  for (const { number, failure } of record.attempts) {
    lines.push(
      fact(`attempt ${number}`, `${failure.reason.replaceAll('_', ' ')}: ${failure.message}`),
    );
  }
  return lines;
};

/** Reasoning that came in the text is not part of the comparison, and whoever looks for it is told. */
const reasoningTitle = ({ reasoning }: { readonly reasoning: string }): string =>
  isTagged(reasoning) ? '  reasoning, taken out of the text and not compared' : '  reasoning';

const originRemark = (record: { readonly recorded: boolean; readonly batch: boolean }): string =>
  record.recorded ? ' (recorded)' : record.batch ? ' (batch, not comparable)' : '';

/** Most providers do not count what is written to a cache. */
const writtenToCache = ({ usage }: { readonly usage: Usage | null }): readonly DocumentLine[] => {
  const written = usage?.cacheWrite ?? null;
  return written === null ? [] : [fact('  written to the cache', count(written))];
};

const costSource = ({ cost }: { readonly cost: number | null }): string =>
  typeof cost === 'number' ? ' (reported by the provider)' : '';

const pathWords: Readonly<Record<Exclude<RequestPath, 'native'>, string>> = {
  bridged: 'translated, with the same meaning',
  lossy: 'translated, and a part of the request was lost',
};

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
            line(
              dim(
                `${' '.repeat(14)}${adaptation.lossy === true ? 'lossy: ' : ''}${printableLine(adaptation.reason)}`,
              ),
            ),
          ]),
      ];

/** Returns the sort order of an adaptation: warnings first, routine changes last. */
const rank = (adaptation: Adaptation): number => {
  if (adaptation.action === 'kept') return 0;
  return isRoutine(adaptation) ? 2 : 1;
};

/** Formats a change: `temperature 0`, `max_tokens → max_completion_tokens`, `n 3 → 1`. */
const changeText = ({ action, from, parameter, to }: Adaptation): string => {
  if (action === 'renamed') return `${parameter} → ${shortJson(to ?? null)}`;
  const before = from === undefined ? '' : ` ${shortJson(from)}`;
  return to === undefined ? `${parameter}${before}` : `${parameter}${before} → ${shortJson(to)}`;
};

/** Returns a document of text that is already laid out, such as the summary. */
export const textDocument = (text: string): Document => document(paragraphs(text));
