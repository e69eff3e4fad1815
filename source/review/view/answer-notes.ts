import { sides, type Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import { isTagged } from '../../models/stream/think-tags.ts';
import { count } from '../../text/numbers.ts';
import { printable } from '../../text/printable.ts';
import type { PairView } from '../pair-view.ts';
import { keyHint, type Keymap } from '../session/keymap.ts';
import type { Document, DocumentLine } from './document.ts';
import type { SideNames } from './hidden.ts';
import type { StyledRun } from './styled-text.ts';

type NoteOptions = {
  readonly isRaw: boolean;
  readonly reasoning: boolean;
  readonly names: SideNames;
  readonly keymap: Keymap;
};

const noted = new WeakMap<Document, Map<string, Document>>();

/**
 * Returns the document of a pair with what the texts leave out: a refusal, which is that side's answer;
 * `(empty answer)`; and that a side has reasoning, or the reasoning itself if `reasoning`. `isRaw`: the
 * document shows texts as received, refusals among them.
 */
export const withAnswerNotes = (
  document: Document,
  view: PairView,
  options: NoteOptions,
): Document => {
  const known = noted.get(document) ?? new Map<string, Document>();
  noted.set(document, known);
  const key = `${options.isRaw} ${options.reasoning}`;
  const found = known.get(key) ?? createNotes(document, view, options);
  known.set(key, found);
  return found;
};

/**
 * Returns a document of two candidates with these notes, `other` being the one that is not judged. See
 * `withAnswerNotes`.
 */
export const withCandidateNotes = (
  document: Document,
  view: PairView,
  other: PairView,
  options: NoteOptions,
): Document => {
  const known = noted.get(document) ?? new Map<string, Document>();
  noted.set(document, known);
  const key = `${options.isRaw} ${options.reasoning}`;
  const found = known.get(key) ?? besideNotes(document, view, other, options);
  known.set(key, found);
  return found;
};

const besideNotes = (
  document: Document,
  view: PairView,
  other: PairView,
  options: NoteOptions,
): Document => {
  const own = notesOf(document.columns, view, options);
  const beside = notesOf(document.columns, other, options);
  const join = (
    lines: readonly DocumentLine[],
    others: readonly DocumentLine[],
  ): readonly DocumentLine[] =>
    Array.from({ length: Math.max(lines.length, others.length) }, (_, index) => {
      const { candidate: runs = null, mark = ' ' } = others[index] ?? {};
      return {
        ...(lines[index] ?? { mark: ' ', baseline: null, candidate: null }),
        other: { mark, runs },
      };
    });
  return withNotes(document, {
    before: join(own.before, beside.before),
    after: join(own.after, beside.after),
  });
};

const createNotes = (document: Document, view: PairView, options: NoteOptions): Document =>
  withNotes(document, notesOf(document.columns, view, options));

/** The lines that stand before the texts of a pair, and those after them. */
type Notes = {
  readonly before: readonly DocumentLine[];
  readonly after: readonly DocumentLine[];
};

const notesOf = (
  columns: 1 | 2,
  view: PairView,
  { isRaw, keymap, names, reasoning }: NoteOptions,
): Notes => {
  const answers = { baseline: answerOf(view, 'baseline'), candidate: answerOf(view, 'candidate') };
  const before = [
    ...(isRaw ? [] : noteLines(columns, answers, refusalText, { kind: 'refusal', names })),
    ...noteLines(columns, answers, emptyText, { kind: 'empty', names }),
    ...failureLines(columns, view, names),
  ];
  const key = keyHint(keymap, 'view.reasoning');
  const reasoningNote = (answer: Answer): string =>
    reasoning ? reasoningText(answer, key) : reasoningTitle(answer, key);
  const after = noteLines(columns, answers, reasoningNote, {
    kind: 'reasoning',
    names,
  });
  return { before, after };
};

const withNotes = (document: Document, { after, before }: Notes): Document => {
  if (before.length === 0 && after.length === 0) return document;
  const isBlank = document.lines.every(
    ({ baseline, candidate, other }) =>
      isEmpty(baseline) && isEmpty(candidate) && isEmpty(other?.runs ?? null),
  );
  const lines = isBlank ? [] : document.lines;
  const gap: readonly DocumentLine[] =
    lines.length === 0 && before.length === 0 ? [] : [emptyLine(document.columns)];
  const first = before.findIndex(({ mark }) => mark !== ' ');
  return {
    ...document,
    lines: [...before, ...lines, ...(after.length === 0 ? [] : [...gap, ...after])],
    differences: [
      ...(first < 0 ? [] : [first]),
      ...(isBlank ? [] : document.differences.map((index) => index + before.length)),
    ],
  };
};

const isEmpty = (runs: readonly StyledRun[] | null): boolean =>
  runs === null || runs.every(({ text }) => text === '');

const answerOf = (view: PairView, side: Side): Answer | null => {
  const record = view.sides[side];
  return record.kind === 'answered' ? record.answer : null;
};

const refusalText = ({ refusal }: Answer): string => (refusal === '' ? '' : `refusal: ${refusal}`);

const emptyText = ({ otherParts = [], refusal, text, toolCalls }: Answer): string =>
  text.trim() === '' && refusal === '' && toolCalls.length === 0 && otherParts.length === 0
    ? '(empty answer)'
    : '';

const reasoningTitle = (answer: Answer, key: string): string =>
  answer.reasoning === ''
    ? ''
    : `reasoning${reasoningOrigin(answer)}, ${reasoningLength(answer)} · ${key} shows it`;

const reasoningText = (answer: Answer, key: string): string =>
  answer.reasoning === ''
    ? ''
    : `reasoning${reasoningOrigin(answer)}, ${reasoningLength(answer)}, not compared · ${key} hides it\n${answer.reasoning.trim()}`;

const reasoningOrigin = ({ reasoning }: Answer): string =>
  isTagged(reasoning) ? ' that came in the text' : '';

const reasoningLength = ({ reasoning, usage }: Answer): string => {
  const tokens = usage?.reasoning ?? null;
  return tokens === null || tokens === 0
    ? `${count(reasoning.length)} characters`
    : `${count(tokens)} tokens`;
};

const styles = {
  refusal: { baseline: 'removed', candidate: 'added' },
  empty: { baseline: 'warning', candidate: 'warning' },
  reasoning: { baseline: 'dim', candidate: 'dim' },
} as const;

/** Returns the lines of one note on both sides; none if neither side has it. */
const noteLines = (
  columns: 1 | 2,
  answers: Readonly<Record<Side, Answer | null>>,
  textOf: (answer: Answer) => string,
  { kind, names }: { readonly kind: keyof typeof styles; readonly names: SideNames },
): readonly DocumentLine[] => {
  const texts = sides.map((side) => {
    const answer = answers[side];
    return answer === null ? '' : textOf(answer);
  });
  const [left = '', right = ''] = texts;
  if (left === '' && right === '') return [];
  // Reasoning is not compared, so it has no marks.
  const isDifferent = kind !== 'reasoning' && left !== right;
  const runs = (side: Side, text: string): readonly StyledRun[] => [
    {
      text: printable(text),
      style: kind === 'refusal' && !isDifferent ? 'plain' : styles[kind][side],
    },
  ];
  const lines = texts.map((text) => (text === '' ? [] : text.split('\n')));
  const [first = [], second = []] = lines;
  if (columns === 2) {
    return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => {
      const [a, b] = [first[index], second[index]];
      return {
        mark: isDifferent ? (a === undefined ? '+' : b === undefined ? '-' : '~') : ' ',
        baseline: a === undefined ? null : runs('baseline', a),
        candidate: b === undefined ? null : runs('candidate', b),
      };
    });
  }
  if (left === right) return first.map((text) => single(' ', runs('baseline', text)));
  // In one column, the side's name says whose reasoning it is.
  const named = (side: Side, text: string, index: number): readonly StyledRun[] =>
    runs(side, kind === 'reasoning' && index === 0 ? `${names[side]}: ${text}` : text);
  return [
    ...first.map((text, index) => single(isDifferent ? '-' : ' ', named('baseline', text, index))),
    ...second.map((text, index) =>
      single(isDifferent ? '+' : ' ', named('candidate', text, index)),
    ),
  ];
};

const single = (mark: DocumentLine['mark'], runs: readonly StyledRun[]): DocumentLine => ({
  mark,
  baseline: runs,
  candidate: null,
});

const emptyLine = (columns: 1 | 2): DocumentLine => ({
  mark: ' ',
  baseline: [],
  candidate: columns === 2 ? [] : null,
});

/** Says on the side that failed, in its pane, that it has no answer; the rows above say why. */
const failureLines = (
  columns: 1 | 2,
  { live, sides: records }: PairView,
  names: SideNames,
): readonly DocumentLine[] => {
  const failed = sides.filter((side) => records[side].kind === 'failed' && live[side] === null);
  if (failed.length === 0) return [];
  const runs = (side: Side): readonly StyledRun[] | null =>
    failed.includes(side) ? [{ text: '(no answer)', style: 'warning' }] : null;
  return columns === 2
    ? [{ mark: ' ', baseline: runs('baseline'), candidate: runs('candidate') }]
    : failed.map((side) =>
        single(' ', [{ text: `${names[side]}: (no answer)`, style: 'warning' }]),
      );
};
