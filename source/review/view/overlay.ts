import { chatRequestOf } from '../../traffic/chat-request.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { isJsonArray, isJsonObject, objectsIn, type JsonObject } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { cellWidth } from '../../text/width.ts';
import { keyHint, type Keymap } from '../session/keymap.ts';
import type { PairView } from '../pair-view.ts';
import type { Document, DocumentLine } from './document.ts';
import { verdictWords } from '../session/blind.ts';
import { dim, plain, type StyledRun, verdictMark } from './styled-text.ts';
import { messageText } from './message-text.ts';

/** Returns a line of a document of one column. */
export const line = (...runs: readonly StyledRun[]): DocumentLine => ({
  mark: ' ',
  baseline: runs,
  candidate: null,
});

/** Returns a document of one column without differences. */
export const document = (lines: readonly DocumentLine[]): Document => ({
  columns: 1,
  lines,
  differences: [],
  remark: null,
});

/** Returns the lines of a text, safe to print. */
export const paragraphs = (text: string): readonly DocumentLine[] =>
  text.split('\n').map((part) => line(plain(printable(part))));

/** Returns a line that stands above others. */
export const heading = (text: string): DocumentLine =>
  line({ text: printableLine(text), style: 'bold' });

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
      .map(({ help, keys }) => {
        const key = `${printableLine(keys.join(' ')).padEnd(22)}  `;
        return {
          ...line({ text: key, style: 'accent' }, plain(printableLine(help))),
          hang: cellWidth(key),
        };
      }),
    line(),
    ...paragraphs(
      'A verdict is on disk before the next pair is shown. Pairs that the machine found identical or equivalent are not offered; J and K reach them. Pasted text, a held key or the mouse never judges.',
    ),
  ]);

/** The number of lines that a folded message keeps, and the number that is not worth folding. */
const foldedMessage = { kept: 3, limit: 6 };

/**
 * Returns the captured request: its messages, then everything else, and the index among its differences
 * of the user's last message, where it opens. `folded` hides most of the messages before that one if they are
 * long (`isFoldable`). Its differences
 * are the first lines of the messages.
 */
export const requestDocument = (
  view: PairView,
  { folded, keymap }: { readonly folded: boolean; readonly keymap: Keymap },
): {
  readonly document: Document;
  readonly opening: number;
  readonly isFoldable: boolean;
} => {
  const { messages, ...rest } = chatRequestOf(view.capture);
  const lines: DocumentLine[] = [heading(`Request ${view.capture.id}`), line()];
  const starts: number[] = [];
  const all = objectsIn(messages);
  const last = all.findLastIndex(({ role }) => role === 'user');
  let isFoldable = false;
  for (const [index, message] of all.entries()) {
    starts.push(lines.length);
    const number = dim(`  ${count(index + 1)} of ${count(all.length)}`);
    const role = printableLine(String(message['role'] ?? '?'));
    lines.push(line({ text: role, style: 'accent' }, number));
    const text = messageLines(message);
    const isLong = index < last && text.length > foldedMessage.limit;
    isFoldable ||= isLong;
    const isFolded = folded && isLong;
    lines.push(...(isFolded ? text.slice(0, foldedMessage.kept) : text));
    if (isFolded) {
      const more = count(text.length - foldedMessage.kept);
      lines.push(line(dim(`… ${more} more lines · ${keyHint(keymap, 'view.fold')} shows them`)));
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
  return { document: { ...document(lines), differences: starts }, opening, isFoldable };
};

/** Returns the lines of a message: its text, its tool calls with their arguments as received, and the rest as JSON. */
const messageLines = ({ content, role: _role, ...rest }: JsonObject): readonly DocumentLine[] => {
  const { tool_calls: given, ...others } = rest;
  const calls = objectsIn(given).map(callLines);
  const areShown = isJsonArray(given) && calls.length === given.length && !calls.includes(null);
  const other = areShown ? others : rest;
  const text = messageText(content);
  const lines = [
    ...(text === '' ? [] : paragraphs(text)),
    ...(areShown ? calls.flatMap((call) => call ?? []) : []),
    ...(Object.keys(other).length > 0 ? paragraphs(JSON.stringify(other, null, 2)) : []),
  ];
  return lines.length > 0 ? lines : [line(dim('(empty)'))];
};

/** Returns the lines of a tool call; null if it has another form than that of a function. */
const callLines = ({ function: called, id }: JsonObject): readonly DocumentLine[] | null => {
  if (!isJsonObject(called)) return null;
  const { arguments: given, name } = called;
  if (typeof given !== 'string' || typeof name !== 'string') return null;
  const label = typeof id === 'string' ? `  ${printableLine(id)}` : '';
  return [line(plain(`calls ${printableLine(name)}`), dim(label)), ...paragraphs(given)];
};

/** Returns a document of text, such as the summary. A long line goes on below its beginning or its indent. */
export const textDocument = (text: string): Document =>
  document(
    text.split('\n').map((part) => {
      const indent = part.length - part.trimStart().length;
      return { ...line(plain(printable(part))), hang: indent === 0 ? 0 : indent + 2 };
    }),
  );
