import { chatRequestOf } from '../../traffic/chat-request.ts';
import { sides, type Side } from '../../comparison/outcome.ts';
import { count, dollars, duration } from '../../text/numbers.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { receivedText } from '../pair-text.ts';
import type { PairView } from '../pair-view.ts';
import { isLost, isReady } from '../session/entry.ts';
import { currentEntry, listOf, type Session } from '../session/session.ts';
import { bottomRuns } from './bottom.ts';
import { differenceLabel, differenceParts } from './differs.ts';
import type { Document } from './document.ts';
import { minimumColumns } from './geometry.ts';
import { overlayDocument, shownDocument } from './shown-document.ts';
import { knownScene, type KnownScene, type Scene } from './scene.ts';
import { listRows } from './list-rows.ts';
import { askedMessage, turnLabel } from './question.ts';
import { layOut } from './rows.ts';
import type { StyledRun } from './styled-text.ts';
import { placeRuns } from './top.ts';
import { lineRuns } from './typed-line.ts';

/** The text for a screen reader so far. */
export type Spoken = {
  readonly sentences: readonly string[];
  /** The line that is being typed; empty for none. */
  readonly line: string;
  /** The scene that was said last; null before the first. */
  readonly scene: Scene | null;
  /** The pair that was read last, with the state of its answers; null for none. */
  readonly pair: string | null;
};

export const silence: Spoken = { sentences: [], line: '', scene: null, pair: null };

/** A width at which nothing is cut or wrapped. */
const wide = 100_000;

/**
 * Says in sentences what has changed since the last scene: the notice, what was opened, the row under the
 * cursor, and a pair that has come to the screen. What was said is not said again.
 */
export const speak = (before: Spoken, scene: Scene): Spoken => {
  const earlier = before.scene === null ? null : knownScene(before.scene);
  const now = knownScene(scene);
  const pair = pairToRead(now) ?? before.pair;
  const said = [
    ...(earlier === null ? opening(now) : []),
    ...noticeChange(earlier, now),
    ...modeChange(earlier, now),
    ...(pair === before.pair ? [] : pairSentences(now)),
    ...(pair === before.pair && earlier !== null ? placeChange(earlier, now) : []),
  ].filter((sentence) => sentence !== '');
  const { session } = now;
  const line = 'line' in session.mode ? textOf(lineRuns(session, wide)?.runs ?? []) : '';
  const sentences = said.length === 0 ? before.sentences : [...before.sentences, ...said];
  return { sentences, line, scene, pair };
};

const textOf = (runs: readonly StyledRun[] | null): string =>
  (runs ?? []).map(({ text }) => text).join('');

/** Returns runs of the screen as words: without marks and rules, and with commas between their parts. */
const wordsOf = (runs: readonly StyledRun[]): string =>
  textOf(runs)
    .replaceAll(/[✓✗▲▼○] ?/g, '')
    .replaceAll(/[▌╱│┬─]/g, ' ')
    .replaceAll('→', 'to')
    .replaceAll(/ +· +/g, ', ')
    .replaceAll(/\s{2,}/g, '  ')
    .trim()
    .replaceAll(/ {2}/g, ', ');

const opening = ({ session, title }: KnownScene): readonly string[] => {
  const [, , keys = []] = bottomRuns(session, { remark: null, position: null }, wide);
  const names = `${printableLine(title.candidate)} against ${printableLine(title.baseline)}`;
  return [`understudy: ${names}. Keys: ${wordsOf(keys)}.`];
};

const noticeChange = (earlier: KnownScene | null, { session }: KnownScene): readonly string[] =>
  session.notice === null || session.notice.text === earlier?.session.notice?.text
    ? []
    : [wordsOf([{ text: printableLine(session.notice.text), style: 'plain' }])];

/** Says what an overlay, a list or a question holds when it opens, and what changes in it. */
const modeChange = (earlier: KnownScene | null, now: KnownScene): readonly string[] => {
  const { session } = now;
  const { mode } = session;
  const before = earlier?.session.mode ?? null;
  const isNew = before?.kind !== mode.kind;
  switch (mode.kind) {
    case 'review':
      return isNew && before !== null
        ? [`Back to ${currentEntry(session)?.captureId ?? 'no pair'}.`]
        : [];
    case 'help': {
      // The marks are those of the drawn screen.
      const lines = documentLines(overlayDocument(now).document);
      return isNew ? lines.slice(Math.max(0, lines.indexOf('Keys'))) : [];
    }
    case 'details':
    case 'request': {
      // The facts of one side after those of the other, as on a narrow screen.
      const { document } = overlayDocument({ ...now, columns: minimumColumns });
      return isNew ? [`${mode.kind}:`, ...documentLines(document)] : [];
    }
    case 'summary':
      return isNew || earlier?.summary !== now.summary
        ? documentLines(overlayDocument(now).document)
        : [];
    case 'filter': {
      const { line, option, options, problem } = mode;
      const old = before?.kind === 'filter' ? before : null;
      return [
        problem !== null && problem !== old?.problem
          ? `At “${printableLine(line.text.slice(problem.position))}”: ${printableLine(problem.message)}.`
          : '',
        options.length > 1 && options !== old?.options
          ? `${count(options.length)} ways to complete it.`
          : '',
        options.length > 1 && option !== old?.option ? `Way ${count(option + 1)}.` : '',
      ];
    }
    case 'comment':
    case 'search':
      return [];
    case 'rest':
    case 'quit': {
      const [status = []] = bottomRuns(session, { remark: null, position: null }, wide);
      return isNew ? [wordsOf(status)] : [];
    }
    default:
      return listChange(earlier?.session ?? null, now);
  }
};

/** The width of a row of a list. Its columns have a share of it each. */
const listWidth = 200;

/** Says the head of a list when its rows are there, and the row under the cursor. */
const listChange = (earlier: Session | null, now: KnownScene): readonly string[] => {
  const { candidateNames: candidates = new Map(), session } = now;
  const list = listOf(session);
  if (list === null || list.rows === null) return [];
  const old = earlier === null ? null : listOf(earlier);
  const [head = [], row] = listRows(session, list, candidates, {
    width: listWidth,
    height: 2,
  });
  const isNew = old?.kind !== list.kind || old.rows !== list.rows;
  if (!isNew && old.cursor === list.cursor) return [];
  const place = `Row ${count(list.cursor + 1)} of ${count(list.rows.length)}`;
  return [isNew ? wordsOf(head) : '', row === undefined ? '' : `${place}: ${wordsOf(row)}`];
};

const documentLines = ({ lines }: Document): readonly string[] =>
  lines.map(({ baseline, candidate }) => {
    const [one, other] = [textOf(baseline).trim(), textOf(candidate).trim()];
    if (candidate === null || one === other) return one;
    if (baseline === null) return `candidate: ${other}`;
    return `baseline: ${one}; candidate: ${other}`;
  });

/** Returns the pair to read, with the state of its answers; null while there is none. */
const pairToRead = ({ session, view }: KnownScene): string | null => {
  const entry = currentEntry(session);
  if (entry === null || view === null || session.mode.kind !== 'review') return null;
  if (isReady(entry)) return view.comparison === null ? null : `${entry.captureId} compared`;
  return `${entry.captureId} ${isLost(entry, session.replaying) ? 'lost' : 'waiting'}`;
};

/** Reads a pair: its place, the question, what differs, and both answers with their facts. */
const pairSentences = (scene: KnownScene): readonly string[] => {
  const { names, session, tellTale, title, view } = scene;
  const entry = currentEntry(session);
  if (entry === null || view === null) return [];
  const [place, pair] = placeRuns(session, title);
  const { role, text } = askedMessage(chatRequestOf(view.capture));
  const turn = turnLabel(session, view, 'whole');
  const parts = differenceParts(entry, view, { keymap: session.keymap, names, tellTale }).map(
    (part) => part.text,
  );
  const label = differenceLabel(entry, view).toLowerCase();
  const isWaiting = !isReady(entry) && !isLost(entry, session.replaying);
  return [
    `${wordsOf(place)}.`,
    `${wordsOf(pair)}.`,
    turn === '' ? '' : `${turn}.`,
    text === '' ? '' : `${printableLine(role)}: ${printable(text).trim()}`,
    isWaiting ? 'Its answers are still arriving.' : '',
    label === '' ? '' : `${label}: ${wordsOf([{ text: parts.join(' · '), style: 'plain' }])}`,
    ...answerSentences(view, names),
  ];
};

const answerSentences = (view: PairView, names: KnownScene['names']): readonly string[] => {
  const [baseline, candidate] = sides.map((side) => receivedText(view, side));
  const isSame = baseline !== null && baseline === candidate;
  return [
    ...(isSame ? [`both: ${answerText(baseline ?? '')}`] : []),
    ...sides.flatMap((side) => [
      isSame ? '' : sideSentence(side, view, names),
      factSentence(side, view, names),
    ]),
  ];
};

const answerText = (text: string): string =>
  text.trim() === '' ? 'an empty answer' : printable(text).trim();

const sideSentence = (side: Side, view: PairView, names: KnownScene['names']): string => {
  const record = view.sides[side];
  const name = names[side];
  switch (record.kind) {
    case 'answered': {
      const { refusal, text } = record.answer;
      const received = receivedText(view, side) ?? '';
      return refusal !== '' && text === ''
        ? `${name} refuses: ${printable(refusal).trim()}`
        : `${name}: ${answerText(received)}`;
    }
    case 'failed':
      return `${name} failed: ${printableLine(record.failure.message)}`;
    case 'not_sent':
      return record.reason === null ? '' : `${name} was not sent: ${printableLine(record.reason)}`;
  }
};

/** `baseline: stop, 569 tokens in, 229 out, $0.00371, first token 144 ms, total 553 ms.` */
const factSentence = (side: Side, view: PairView, names: KnownScene['names']): string => {
  const record = view.sides[side];
  if (record.kind !== 'answered') return '';
  const { answer, timings } = record;
  const cost = view.cost[side];
  const fact = (value: number | null | undefined, text: (known: number) => string): string[] =>
    typeof value === 'number' ? [text(value)] : [];
  const facts = [
    ...(answer.finishReason === null ? [] : [printableLine(answer.finishReason)]),
    ...fact(answer.usage?.input, (tokens) => `${count(tokens)} tokens in`),
    ...fact(answer.usage?.output, (tokens) => `${count(tokens)} tokens out`),
    ...fact(cost, (dollar) => dollars(dollar) ?? ''),
    ...fact(timings.timeToFirstTokenMs, (ms) => `first token ${duration(ms)}`),
    ...fact(timings.totalMs, (ms) => `total ${duration(ms)}`),
  ];
  return facts.length === 0 ? '' : `${names[side]}: ${facts.join(', ')}.`;
};

/** Says where `]`, another view or a pair's new marks lead, on a pair that was read. */
const placeChange = (earlier: KnownScene, now: KnownScene): readonly string[] => {
  const { session, view } = now;
  const old = earlier.session;
  if (session.mode.kind !== 'review' || view === null) return [];
  const { difference } = session;
  if (difference !== null && difference !== old.difference) {
    const rows = layOut(shownDocument(now, null), wide);
    const [row] = rows.slice(rows.differences[difference] ?? 0, 1, difference);
    const place = `Difference ${count(difference + 1)} of ${count(rows.differences.length)}.`;
    const texts = sides.map((side) => `${now.names[side]}: ${textOf(row?.[side] ?? null).trim()}`);
    return [`${place} ${texts.join('; ')}`];
  }
  const isOtherView =
    session.view !== old.view ||
    session.folded !== old.folded ||
    session.reasoning !== old.reasoning;
  return isOtherView
    ? [
        `View: ${(session.view ?? 'side_by_side').replaceAll('_', ' ')}.`,
        ...documentLines(shownDocument(now, null)),
      ]
    : [];
};
