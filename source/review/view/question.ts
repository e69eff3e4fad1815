import { chatRequestOf } from '../../traffic/chat-request.ts';
import type { Capture } from '../../traffic/capture.ts';
import { isJsonObject, objectsIn, type JsonObject } from '../../text/json.ts';
import { count } from '../../text/numbers.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { cellWidth, eachGrapheme, truncateCells } from '../../text/width.ts';
import { wrapOffsets } from '../../text/wrap.ts';
import type { PairView } from '../pair-view.ts';
import { currentEntry, type Session } from '../session/session.ts';
import { turnPlace } from '../session/turns.ts';
import { messageText } from './message-text.ts';
import { dim, fitRuns, plain, ruleRuns, type StyledRun } from './styled-text.ts';

/** The question of a pair, for a width. */
export type Question = {
  /** Returns a rule with the facts about the request, first that of `turnLabel`. */
  readonly rule: (turn: string) => readonly StyledRun[];
  /** The number of rows for the whole message, and for the turns around it if there are any. */
  readonly wanted: number;
  /** Returns exactly `height` rows, at least 1: the message, cut if need be, then other turns. */
  readonly rows: (height: number) => readonly (readonly StyledRun[])[];
  /** The first row of the system prompt; null if there is none. */
  readonly system: readonly StyledRun[] | null;
};

const questions = new WeakMap<Capture, { readonly width: number; readonly question: Question }>();

/** Returns the question of a pair: the last message of the user, and what the request is about. */
export const pairQuestion = (view: PairView | null, width: number): Question => {
  if (view === null) {
    const rule = (): readonly StyledRun[] => ruleRuns([dim('request')], [], width);
    return { rule, wanted: 1, rows: blank, system: null };
  }
  const known = questions.get(view.capture);
  if (known?.width === width) return known.question;
  const question = createQuestion(chatRequestOf(view.capture), width);
  questions.set(view.capture, { width, question });
  return question;
};

const blank = (height: number): readonly (readonly StyledRun[])[] =>
  Array.from({ length: height }, () => []);

/** The short names of roles. A role is a text of the request, so it may be the name of a member of objects. */
const labels = new Map([
  ['assistant', 'asst'],
  ['developer', 'system'],
]);
const labelCells = 9;

const label = (role: string): StyledRun =>
  dim(
    ` ${truncateCells(printableLine(labels.get(role) ?? role), labelCells - 2)}`.padEnd(labelCells),
  );

const roleOf = (message: JsonObject): string =>
  typeof message['role'] === 'string' ? message['role'] : '?';

const isSystem = (message: JsonObject): boolean =>
  roleOf(message) === 'system' || roleOf(message) === 'developer';

/** The most characters of a message that the question shows; `p` shows all. */
const shownCharacters = 8000;

const createQuestion = (request: JsonObject, width: number): Question => {
  const messages = objectsIn(request['messages']);
  const last = lastTurn(messages);
  const asked = messages[last];
  const text = asked === undefined ? '' : messageText(asked['content']);
  const room = width - labelCells - 1;
  const lines = wrappedText(text.slice(0, shownCharacters), room);
  const isCut = text.length > shownCharacters;
  const turns = turnRuns(messages, last, room);
  const others = turns.length > 0 ? 1 : 0;
  return {
    rule: (turn) => ruleRuns(requestFacts(request, messages.length, turn), [dim('p whole')], width),
    wanted: lines.length + others,
    rows: (height) => {
      // The other turns give way to the message if there is room for two rows of it only.
      const own = Math.max(1, others > 0 && height > 1 ? height - 1 : height);
      const shown = lines.length <= own && !isCut ? lines : cutLines(lines, own, text, room);
      const role = label(asked === undefined ? '' : roleOf(asked));
      const rows = shown.map((line, index) => [
        index === 0 ? role : plain(' '.repeat(labelCells)),
        plain(line),
      ]);
      const around = others > 0 && own < height ? [[dim(' turns   '), ...turns]] : [];
      return [...rows, ...around, ...blank(Math.max(0, height - rows.length - around.length))];
    },
    system: systemRuns(messages, room),
  };
};

/**
 * Returns where the pair on the screen is in its conversation: `turn 3 of 7 of this conversation · first differs at turn
 * 2`; empty if it is in none.
 */
export const turnLabel = (
  session: Session,
  view: PairView | null,
  form: 'whole' | 'short',
): string => {
  const entry = currentEntry(session);
  const place = entry === null ? null : turnPlace(session, entry, view?.conversation ?? null);
  if (place === null) return '';
  const { diverging, turn, turns } = place;
  const at = `turn ${count(turn)} of ${count(turns)}`;
  const first =
    diverging === 'unknown'
      ? []
      : [diverging === 'none' ? 'no turn differs' : `first differs at turn ${count(diverging)}`];
  return [form === 'short' ? at : `${at} of this conversation`, ...first].join(' · ');
};

/** Returns the last message of the user, its text cut at a great length; an empty text if there is none. */
export const askedMessage = (
  request: JsonObject,
): { readonly role: string; readonly text: string } => {
  const messages = objectsIn(request['messages']);
  const asked = messages[lastTurn(messages)];
  const text = asked === undefined ? '' : messageText(asked['content']);
  return { role: asked === undefined ? '' : roleOf(asked), text: text.slice(0, shownCharacters) };
};

/** Returns the index of the last message of the user; of the last message if there is none. */
const lastTurn = (messages: readonly JsonObject[]): number => {
  const index = messages.findLastIndex((message) => roleOf(message) === 'user');
  return index < 0 ? messages.length - 1 : index;
};

const wrappedText = (text: string, width: number): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const shown = printable(line.trimEnd());
      const offsets = wrapOffsets(shown, width);
      return offsets.map((start, index) => shown.slice(start, offsets[index + 1]).trimEnd());
    })
    .map((line) => truncateCells(line, width));

/** Returns the first rows of a message, and its end on the last one, where the task often is. */
const cutLines = (
  lines: readonly string[],
  height: number,
  text: string,
  width: number,
): readonly string[] => {
  const first = lines.slice(0, Math.max(1, height - 1));
  if (height < 2) return first.map((line) => truncateCells(`${line} …`, width));
  const end = printableLine(
    text
      .slice(-4 * width)
      .trim()
      .replaceAll(/\s+/g, ' '),
  );
  return [...first, `… ${lastCells(end, width - 2)}`];
};

/** Returns the end of a text that fits into `width` cells, from the start of a word if possible. */
const lastCells = (text: string, width: number): string => {
  let over = cellWidth(text) - width;
  if (over <= 0) return text;
  let start = text.length;
  eachGrapheme(text, (_start, end, cells) => {
    over -= cells;
    start = end;
    return over > 0;
  });
  const rest = text.slice(start);
  const word = rest.indexOf(' ');
  return word < 0 || word > 20 ? rest : rest.slice(word + 1);
};

/** The most turns that a row shows. */
const shownTurns = 3;

/**
 * Returns the last turns after the user's last message, which the answers continue, then the turns before it, the latest
 * first. They share the width: what a short one leaves is for the others.
 */
const turnRuns = (
  messages: readonly JsonObject[],
  last: number,
  width: number,
): readonly StyledRun[] => {
  const after = messages.slice(last + 1);
  const before = messages.slice(0, Math.max(0, last)).filter((message) => !isSystem(message));
  const next = after.slice(-shownTurns);
  const earlier = before.toReversed().slice(0, shownTurns - next.length);
  const shown = [...next, ...earlier];
  if (shown.length === 0) return [];
  const skipped = after.length - next.length;
  const left = before.length - earlier.length;
  const front = skipped > 0 ? `${count(skipped)} more  │  ` : '';
  const back = left > 0 ? `  + ${count(left)}` : '';
  const names = shown.map(
    (message, index) =>
      `${index === 0 ? '' : '  │  '}${index < next.length ? 'then ' : ''}${printableLine(labels.get(roleOf(message)) ?? roleOf(message))} `,
  );
  const texts = shown.map((message) => oneLine(turnText(message)));
  const room = width - cellWidth([front, ...names, back].join(''));
  const shares = sharedCells(texts.map(cellWidth), Math.max(0, room));
  const runs = texts.flatMap((text, index) => [
    dim(names[index] ?? ''),
    plain(truncateCells(text, Math.max(12, shares[index] ?? 0))),
  ]);
  return fitRuns([dim(front), ...runs, dim(back)], width);
};

/** Divides cells among texts: none gets more than it needs, and those that need more get the same. */
const sharedCells = (wanted: readonly number[], cells: number): readonly number[] => {
  const shares = wanted.map(() => 0);
  let left = cells;
  const byNeed = wanted
    .map((_, index) => index)
    .toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  for (const [rank, index] of byNeed.entries()) {
    const share = Math.min(wanted[index] ?? 0, Math.floor(left / (wanted.length - rank)));
    shares[index] = share;
    left -= share;
  }
  return shares;
};

const turnText = (message: JsonObject): string => {
  const calls = objectsIn(message['tool_calls']).map((call) => {
    const called = call['function'];
    return `calls ${isJsonObject(called) ? String(called['name']) : '?'}`;
  });
  return [messageText(message['content']), ...calls].filter((text) => text !== '').join(' ');
};

const oneLine = (text: string): string =>
  printableLine(text.slice(0, 400).trim().replaceAll(/\s+/g, ' '));

const systemRuns = (
  messages: readonly JsonObject[],
  width: number,
): readonly StyledRun[] | null => {
  const prompts = messages.filter(isSystem);
  if (prompts.length === 0) return null;
  const text = prompts
    .map((message) => messageText(message['content']))
    .join('\n')
    .trim();
  const shown = oneLine(text);
  const whole = text.length <= 400 && cellWidth(shown) <= width;
  const more = whole ? '' : `(${count(text.length)} characters)`;
  const room = width - (more === '' ? 0 : more.length + 2);
  return [label('system'), plain(truncateCells(shown, room)), dim(more === '' ? '' : `  ${more}`)];
};

/** Returns the facts about a request: `request · 2 messages · 1 tool: search · response_format json`. */
const requestFacts = (
  request: JsonObject,
  messages: number,
  turn: string,
): readonly StyledRun[] => {
  const tools = [...objectsIn(request['tools']), ...objectsIn(request['functions'])].map((tool) => {
    const named = isJsonObject(tool['function']) ? tool['function'] : tool;
    return typeof named['name'] === 'string' ? named['name'] : '?';
  });
  const facts = [
    ...(turn === '' ? [] : [turn]),
    `${count(messages)} ${messages === 1 ? 'message' : 'messages'}`,
    ...(tools.length === 0
      ? []
      : [
          `${count(tools.length)} ${tools.length === 1 ? 'tool' : 'tools'}: ${tools.slice(0, 12).join(' ')}`,
        ]),
    ...formatFact(request['response_format']),
  ];
  return [{ text: 'request', style: 'bold' }, dim(` · ${printableLine(facts.join(' · '))}`)];
};

const formatFact = (format: unknown): readonly string[] => {
  if (!isJsonObject(format) || typeof format['type'] !== 'string') return [];
  const schema = format['json_schema'];
  const name = isJsonObject(schema) && typeof schema['name'] === 'string' ? schema['name'] : null;
  return [`${format['type']}${name === null ? '' : ` “${name}”`}`];
};
