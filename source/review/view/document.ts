import { otherPartLines } from '../../comparison/alignment/align-answers.ts';
import {
  unifiedLines,
  type AlignedLine,
  type Alignment,
  type Segment,
  type Sentence,
} from '../../comparison/alignment/alignment.ts';
import { placeIn } from '../../comparison/covered-paths.ts';
import { wholeAnswer } from '../../configuration/rule-content.ts';
import { markTexts } from '../../comparison/alignment/mark.ts';
import { Vocabulary } from '../../comparison/alignment/vocabulary.ts';
import type { FieldSection } from '../../comparison/answer-fields.ts';
import { shownPath } from '../../comparison/json/json-differences.ts';
import type { FieldRow } from '../../comparison/json/json-fields.ts';
import { spelledOut } from '../../comparison/look-alikes.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import { count } from '../../text/numbers.ts';
import { printable, printableLine } from '../../text/printable.ts';
import type { PairView } from '../pair-view.ts';
import type { View } from '../session/session.ts';
import { highlighted } from './highlighted.ts';
import { dim, plain, type Style, type StyledRun } from './styled-text.ts';

/**
 * The mark in the gutter: both differ, only baseline, only candidate, moved, differs in what a rule covers,
 * a fold, or nothing.
 */
export type Mark = '~' | '-' | '+' | '↕' | '≈' | '·' | ' ';

/** What a candidate that is shown beside the one to judge has on a line, marked against the baseline. */
export type OtherCell = { readonly mark: Mark; readonly runs: readonly StyledRun[] | null };

/**
 * One logical line of a document. A single-column document uses `baseline` only, except for the rows of a
 * table: these have a `path` and a cell for each side.
 */
export type DocumentLine = {
  readonly mark: Mark;
  readonly path?: readonly StyledRun[];
  readonly baseline: readonly StyledRun[] | null;
  readonly candidate: readonly StyledRun[] | null;
  /** Where the difference of the line is in the answer: `$.items[3].score`; missing if it has no place. */
  readonly place?: string;
  /** In a document of two candidates, the one that is not judged. */
  readonly other?: OtherCell;
};

/**
 * The content of the panes for a pair, before it is wrapped to a width. Its text is safe to print.
 */
export type Document = {
  readonly columns: 1 | 2;
  readonly lines: readonly DocumentLine[];
  /** Whether rows of a table are among the lines. */
  readonly isTable?: true;
  /** Index of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /** An important remark about this document, such as a limit that was reached; or null. */
  readonly remark: string | null;
};

const documents = new WeakMap<PairView, Map<string, Document>>();

/**
 * Returns the document of a pair in a view; `folded` hides long runs of equal lines. If the pair
 * does not have that view (JSON fields of prose, or a unified view of an answer that is still
 * arriving), the document shows both texts side by side instead.
 */
export const pairDocument = (
  pair: PairView,
  { folded, view }: { readonly folded: boolean; readonly view: View },
): Document => {
  const known = documents.get(pair) ?? new Map<string, Document>();
  documents.set(pair, known);
  const key = `${view} ${folded}`;
  const document = known.get(key) ?? createDocument(pair, view, folded);
  known.set(key, document);
  return document;
};

const createDocument = (pair: PairView, view: View, folded: boolean): Document => {
  const { covered, fields } = pair;
  if (pair.alignment === null) return { ...rawDocument(pair), remark: pair.refused };
  const isJson = fields?.some(({ call }) => call === null) === true;
  const alignment = highlighted(pair.alignment, isJson ? 'json' : 'markdown');
  const applyFold = folded ? fold : (document: Document): Document => document;
  switch (view) {
    case 'side_by_side':
      return applyFold(withCovered(sideBySideDocument(alignment), covered));
    case 'unified':
      return applyFold(withCovered(unifiedDocument(alignment), covered));
    case 'fields':
      return fields === null
        ? { ...sideBySideDocument(alignment), remark: 'fields: neither JSON nor tool calls' }
        : withCovered(fieldsDocument(fields, alignment, folded ? 'folded' : 'whole'), covered);
    case 'raw':
      return { ...rawDocument(pair), remark: 'raw: as received, differences not marked' };
  }
};

/** Returns a document where what rules cover is dim, with a mark of its own, and no difference. */
const withCovered = (document: Document, covered: ReadonlySet<string>): Document => {
  if (covered.size === 0) return document;
  const dimmed = (runs: readonly StyledRun[] | null): readonly StyledRun[] | null =>
    runs?.map(({ text }) => ({ text, style: 'dim' })) ?? null;
  const isCovered = ({ mark, place = wholeAnswer }: DocumentLine): boolean =>
    mark !== ' ' && mark !== '·' && covered.has(place);
  return {
    ...document,
    lines: document.lines.map((line) =>
      isCovered(line)
        ? {
            ...line,
            mark: '≈',
            baseline: dimmed(line.baseline),
            candidate: dimmed(line.candidate),
          }
        : line,
    ),
    differences: document.differences.filter((index) => {
      const line = document.lines[index];
      return line === undefined || !isCovered(line);
    }),
  };
};

const alignmentRemark = (alignment: Alignment): string | null =>
  alignment.coarse ??
  (alignment.granularity === 'sentences'
    ? 'few words in common: sentences matched by number, facts on one side marked'
    : null);

const marks: Record<AlignedLine['change'], Mark> = {
  same: ' ',
  changed: '~',
  removed: '-',
  added: '+',
  moved: '↕',
};

const styledRuns = (
  segments: readonly Segment[] | null,
  { change, side }: { readonly change: AlignedLine['change']; readonly side: Side },
): readonly StyledRun[] | null => {
  if (segments === null) return null;
  // A whole line needs no marked words: that the other side lacks it is what its gutter says.
  const isWhole =
    (change === 'removed' || change === 'added') && segments.every(({ changed }) => changed);
  const word: Style = side === 'baseline' ? 'removed' : 'added';
  const marked: Style = isWhole ? `${word}_line` : word;
  return segments.map(({ changed, syntax, text }) => ({
    text: printable(text),
    style: changed ? marked : 'plain',
    ...(syntax === undefined ? {} : { syntax }),
  }));
};

/**
 * Spells the code points out in which two lines differ that look alike. Nothing in ASCII looks like
 * something else.
 */
const withCodePoints = (line: AlignedLine): AlignedLine => {
  const { baseline, candidate, change } = line;
  if (change !== 'changed' || baseline === null || candidate === null) return line;
  const text = (segments: readonly Segment[]): string => segments.map((each) => each.text).join('');
  const [first, second] = [text(baseline), text(candidate)];
  if (isAscii(first) && isAscii(second)) return line;
  const [spelled, other] = spelledOut(first, second);
  if (spelled === first && other === second) return line;
  const marked = (own: readonly Segment[], shown: string): readonly Segment[] =>
    shown === text(own)
      ? own
      : shown
          .split(/(<U\+[0-9A-F]{4,6}>)/)
          .map((part, index) => ({ text: part, changed: index % 2 === 1 }));
  return { ...line, baseline: marked(baseline, spelled), candidate: marked(candidate, other) };
};

const isAscii = (text: string): boolean => /^[\0-\x7F]*$/.test(text);

/** A blank line of one side says nothing where each side has its own paragraphs. */
const isBlankAlone = (line: AlignedLine): boolean =>
  line.change !== 'same' && [line.baseline, line.candidate].every((side) => isBlank(side ?? []));

const isBlank = (segments: readonly Segment[]): boolean =>
  segments.every(({ text, changed }) => !changed && text.trim() === '');

/** Returns a line with the number of its sentence before it and its note behind it. */
const labelled = (
  line: AlignedLine,
  side: Side,
  { granularity }: Alignment,
): readonly StyledRun[] | null => {
  const runs = styledRuns(line[side], { change: line.change, side });
  if (runs === null) return null;
  const label =
    granularity === 'sentences'
      ? sentenceLabel(line.sentences?.[side] ?? null, side === 'baseline' ? '-' : '+')
      : [];
  return [...label, ...runs, ...noteRuns(line.notes?.[side] ?? null)];
};

/** The width of a sentence's number in cells. */
const numberWidth = 2;

const sentenceLabel = (sentence: Sentence | null, lone: '-' | '+'): readonly StyledRun[] => {
  const number = sentence === null ? '' : (sentence.number ?? lone).toString();
  return [{ text: `${number.padStart(numberWidth)} `, style: 'dim' }];
};

const noteRuns = (note: string | null): readonly StyledRun[] =>
  note === null ? [] : [{ text: `  ${note}`, style: 'dim' }];

const sideBySideLine = (line: AlignedLine, alignment: Alignment): DocumentLine => {
  const shown = withCodePoints(line);
  return {
    mark: isBlankAlone(line) ? ' ' : marks[line.change],
    baseline: labelled(shown, 'baseline', alignment),
    candidate: labelled(shown, 'candidate', alignment),
    ...(line.path === undefined ? {} : { place: line.path }),
  };
};

const sideBySideDocument = (alignment: Alignment): Document => ({
  columns: 2,
  lines: alignment.lines.map((line) => sideBySideLine(line, alignment)),
  differences: alignment.differences,
  remark: alignmentRemark(alignment),
});

const unifiedMarks = { ' ': ' ', '-': '-', '+': '+', '<': '↕', '>': '↕' } as const;

/**
 * Returns a single-column document: in each difference, the baseline's lines precede the
 * candidate's.
 */
const unifiedDocument = (alignment: Alignment): Document => {
  const lines = unifiedLines({ ...alignment, lines: alignment.lines.map(withCodePoints) });
  const remark = alignmentRemark(alignment);
  return {
    columns: 1,
    lines: lines.map((line) => {
      const isCandidate = line.mark === '+' || line.mark === '>';
      const label =
        alignment.granularity === 'sentences'
          ? sentenceLabel(line.sentence, isCandidate ? '+' : '-')
          : [];
      const side = isCandidate ? 'candidate' : 'baseline';
      const runs = styledRuns(line.segments, { change: line.change, side }) ?? [];
      return {
        mark: isBlank(line.segments) ? ' ' : unifiedMarks[line.mark],
        baseline: [...label, ...runs, ...noteRuns(line.note)],
        candidate: null,
        ...(line.path === undefined ? {} : { place: line.path }),
      };
    }),
    differences: lines.flatMap((line, index) =>
      line.mark !== ' ' && (index === 0 || lines[index - 1]?.mark === ' ') ? [index] : [],
    ),
    remark: remark === null ? 'unified' : `unified · ${remark}`,
  };
};

/** Equal fields of a section up to this number are not folded. */
const fewFields = 3;

/**
 * Returns the fields of JSON and of tool calls as a table of path and values, section by section: what
 * differs, then what is equal. Below it stands what is neither, such as text beside tool calls.
 */
const fieldsDocument = (
  sections: readonly FieldSection[],
  alignment: Alignment,
  extent: 'folded' | 'whole',
): Document => {
  const lines: DocumentLine[] = [];
  const differences: number[] = [];
  const vocabulary = new Vocabulary(fieldWords);
  for (const section of sections) {
    if (lines.length > 0) lines.push(emptyRow);
    if (section.only !== null || section.call !== null || isChecked(section)) {
      if (section.only !== null) differences.push(lines.length);
      lines.push(sectionTitle(section));
    }
    const { rows } = section.table;
    for (const row of rows.filter(({ kind }) => kind !== 'same')) {
      if (section.only === null) differences.push(lines.length);
      lines.push(fieldLine(row, section, vocabulary));
    }
    const equal = rows.filter(({ kind }) => kind === 'same');
    if (extent === 'folded' && equal.length > fewFields) {
      lines.push(foldedLine(`${count(equal.length)} equal fields`, 1, {}));
    } else lines.push(...equal.map((row) => fieldLine(row, section, vocabulary)));
  }
  const others = linesBesideFields(sections, alignment);
  if (others.length > 0) {
    lines.push(emptyRow);
    const first = others.findIndex(({ change }) => change !== 'same');
    if (first >= 0) differences.push(lines.length + first);
    lines.push(
      ...others.map((line, index): DocumentLine => ({
        ...sideBySideLine(line, alignment),
        path: index === 0 ? [{ text: 'text', style: 'bold' }] : [],
      })),
    );
  }
  const omitted = sections.reduce((sum, { table }) => sum + table.omitted, 0);
  const name = sections.some(({ call }) => call === null) ? 'fields' : 'arguments';
  return {
    columns: 1,
    lines,
    isTable: true,
    differences,
    remark: omitted === 0 ? name : `${name} · ${count(omitted)} more are not shown`,
  };
};

const emptyRow: DocumentLine = { mark: ' ', baseline: [], candidate: null };

/** The characters of a pair's fields that are split into words. */
const fieldWords = 30_000;

/** Returns the lines that no field shows: the texts, unless they are fields, and unknown parts. */
const linesBesideFields = (
  sections: readonly FieldSection[],
  { calls, lines }: Alignment,
): readonly AlignedLine[] => {
  if (sections.some(({ call }) => call === null)) return [];
  const { from, to } = calls ?? { from: lines.length, to: lines.length };
  const others = [...lines.slice(0, Math.max(0, from - 1)), ...lines.slice(to + 1)];
  return others.every(isBlankAlone) ? [] : others;
};

const isChecked = ({ problems }: FieldSection): boolean =>
  problems.baseline !== null || problems.candidate !== null;

/** Names the call, and says of each side what breaks its schema. */
const sectionTitle = ({ call, only, problems }: FieldSection): DocumentLine => {
  const name =
    call === null
      ? 'JSON'
      : `${call.of > 1 ? `call ${call.number} of ${call.of} · ` : ''}${printableLine(call.name)}`;
  const state = (side: Side): readonly StyledRun[] => {
    if (only !== null && only !== side) return [{ text: 'no such call', style: 'dim' }];
    const found = problems[side];
    if (found === null) return [];
    return found.length === 0
      ? [{ text: 'valid against the schema', style: 'dim' }]
      : [{ text: found.map(printableLine).join(' · '), style: 'error' }];
  };
  return {
    mark: only === null ? ' ' : only === 'baseline' ? '-' : '+',
    path: [{ text: name, style: 'bold' }],
    baseline: state('baseline'),
    candidate: state('candidate'),
  };
};

const fieldMark = ({ baseline, candidate, kind }: FieldRow): Mark => {
  if (kind === 'same') return ' ';
  if (kind === 'order') return '↕';
  if (candidate === null) return '-';
  return baseline === null ? '+' : '~';
};

const fieldLine = (row: FieldRow, section: FieldSection, vocabulary: Vocabulary): DocumentLine => {
  const { baseline, candidate, kind } = row;
  const order = kind === 'order' ? ' (order)' : '';
  const path: StyledRun = {
    text: `${shownPath(row.path)}${order}`,
    style: kind === 'same' ? 'dim' : 'plain',
  };
  // In a value that changed a little, only the words that differ are marked.
  const marked =
    kind === 'value' && baseline !== null && candidate !== null
      ? markTexts(baseline, candidate, vocabulary)
      : null;
  const cell = (side: Side): readonly StyledRun[] => {
    const value = row[side];
    if (value === null) return [{ text: missingField(row, section), style: 'dim' }];
    if (kind === 'same') {
      const isRepeated = side === 'candidate' && value === baseline;
      return [isRepeated ? dim('=') : plain(printableLine(value))];
    }
    const segments = marked?.[side] ?? [{ text: value, changed: true }];
    return segments.map(({ text, changed }) => ({
      text: printableLine(text),
      style: changed ? (side === 'baseline' ? 'removed' : 'added') : 'plain',
    }));
  };
  return {
    mark: fieldMark(row),
    path: [path],
    baseline: cell('baseline'),
    candidate: cell('candidate'),
    ...(kind === 'same' || section.only !== null ? {} : { place: placeIn(section, row.path) }),
  };
};

/** What stands in the place of a field that a side lacks: what the schema says of it. */
const missingField = ({ note }: FieldRow, { only }: FieldSection): string =>
  only !== null ? '' : note === undefined ? '(none)' : `(not given; ${note} by the schema)`;

/** Returns both texts side by side as received, neither aligned nor marked. */
const rawDocument = (pair: PairView): Document => {
  const left = receivedText(pair, 'baseline').split('\n');
  const right = receivedText(pair, 'candidate').split('\n');
  const runs = (text: string | undefined): readonly StyledRun[] | null =>
    text === undefined ? null : [{ text: printable(text), style: 'plain' }];
  return {
    columns: 2,
    lines: Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
      mark: ' ',
      baseline: runs(left[index]),
      candidate: runs(right[index]),
    })),
    differences: [],
    remark: null,
  };
};

/** Returns the text of a side that has arrived so far. */
const receivedText = (pair: PairView, side: Side): string => {
  const record = pair.sides[side];
  if (record.kind === 'answered') return answerText(record.answer);
  const live = pair.live[side];
  if (live !== null) return live.text;
  return record.kind === 'failed' && record.partial !== null ? answerText(record.partial) : '';
};

const answerText = (answer: Answer): string =>
  [
    answer.text,
    answer.refusal,
    ...answer.toolCalls.map((call) => `tool ${call.name}(${call.arguments})`),
    ...otherPartLines(answer),
  ]
    .filter((part) => part !== '')
    .join('\n');

const candidateDocuments = new WeakMap<PairView, WeakMap<PairView, Map<string, Document>>>();

/**
 * Returns the document of two candidates for one request, `pair` the one to judge: their answers beside the
 * baseline's, each marked against it. Where both are aligned with the same lines of the baseline, all three
 * stand row by row; otherwise the other candidate begins at the top.
 */
export const candidatesDocument = (
  pair: PairView,
  other: PairView,
  { folded, view }: { readonly folded: boolean; readonly view: 'side_by_side' | 'raw' },
): Document => {
  const byOther = candidateDocuments.get(pair) ?? new WeakMap<PairView, Map<string, Document>>();
  candidateDocuments.set(pair, byOther);
  const known = byOther.get(other) ?? new Map<string, Document>();
  byOther.set(other, known);
  const key = `${view} ${folded}`;
  const document = known.get(key) ?? besideEachOther(pair, other, view, folded);
  known.set(key, document);
  return document;
};

const besideEachOther = (
  pair: PairView,
  other: PairView,
  view: 'side_by_side' | 'raw',
  folded: boolean,
): Document => {
  if (view === 'raw' || pair.alignment === null || other.alignment === null) {
    const remark = view === 'raw' ? 'raw: as received, differences not marked' : pair.refused;
    return { ...besideByPlace(rawDocument(pair), rawDocument(other)), remark };
  }
  const syntaxOf = ({ fields }: PairView): 'json' | 'markdown' =>
    fields?.some(({ call }) => call === null) === true ? 'json' : 'markdown';
  const joined = folded ? fold : (document: Document): Document => document;
  const own = highlighted(pair.alignment, syntaxOf(pair));
  const theirs = highlighted(other.alignment, syntaxOf(other));
  const shown = withCovered(sideBySideDocument(own), pair.covered);
  // Its sentences have other numbers than those of the candidate to judge.
  const beside = withCovered(
    sideBySideDocument({ ...theirs, granularity: 'words' }),
    other.covered,
  );
  return baselineText(pair.alignment) === baselineText(other.alignment)
    ? joined(besideByBaseline(shown, beside))
    : besideByPlace(shown, beside);
};

const baselineText = ({ lines }: Alignment): string =>
  lines
    .flatMap(({ baseline }) =>
      baseline === null ? [] : [baseline.map(({ text }) => text).join('')],
    )
    .join('\n');

const otherCell = (line: DocumentLine | undefined): OtherCell =>
  line === undefined ? { mark: ' ', runs: null } : { mark: line.mark, runs: line.candidate };

const onlyOther: DocumentLine = { mark: ' ', baseline: null, candidate: null };

/** Joins two documents line by line of the baseline; between these stand what each candidate adds. */
const besideByBaseline = (shown: Document, beside: Document): Document => {
  const lines: DocumentLine[] = [];
  const newIndexes = new Map<number, number>();
  let from = 0;
  let fromBeside = 0;
  const isAdded = (line: DocumentLine | undefined): boolean => line?.baseline === null;
  while (from < shown.lines.length || fromBeside < beside.lines.length) {
    const own = shown.lines[from];
    const other = beside.lines[fromBeside];
    if (isAdded(own) || isAdded(other)) {
      newIndexes.set(from, lines.length);
      lines.push({
        ...(isAdded(own) && own !== undefined ? own : onlyOther),
        other: otherCell(isAdded(other) ? other : undefined),
      });
      if (isAdded(own)) from++;
      if (isAdded(other)) fromBeside++;
      continue;
    }
    newIndexes.set(from, lines.length);
    lines.push({ ...(own ?? onlyOther), other: otherCell(other) });
    from++;
    fromBeside++;
  }
  return {
    ...shown,
    lines,
    differences: shown.differences.map((index) => newIndexes.get(index) ?? 0),
  };
};

/** Joins two documents whose rows have nothing to do with each other. */
const besideByPlace = (shown: Document, beside: Document): Document => {
  const others = beside.lines.filter(({ candidate }) => candidate !== null);
  return {
    ...shown,
    lines: Array.from({ length: Math.max(shown.lines.length, others.length) }, (_, index) => ({
      ...(shown.lines[index] ?? onlyOther),
      other: otherCell(others[index]),
    })),
  };
};

/** The number of equal lines that folding keeps on either side of a difference. */
const contextLines = 2;

/** Replaces every long run of equal lines with one line that shows their number. */
const fold = (document: Document): Document => {
  if (document.differences.length === 0) return document;
  const lines: DocumentLine[] = [];
  const newIndexes = new Map<number, number>();
  for (let index = 0; index < document.lines.length;) {
    let end = index;
    while (end < document.lines.length && isEqual(document.lines[end])) end++;
    const before = index === 0 ? 0 : contextLines;
    const after = end === document.lines.length ? 0 : contextLines;
    const hidden = end - index - before - after;
    for (let at = index; at < Math.max(end, index + 1); at++) {
      const line = document.lines[at];
      if (line === undefined) continue;
      if (hidden > 1 && at >= index + before && at < end - after) {
        if (at === index + before) {
          lines.push(foldedLine(`${hidden} equal lines`, document.columns, line));
        }
        continue;
      }
      newIndexes.set(at, lines.length);
      lines.push(line);
    }
    index = Math.max(end, index + 1);
  }
  return {
    ...document,
    lines,
    differences: document.differences.map((index) => newIndexes.get(index) ?? 0),
  };
};

const isEqual = (line: DocumentLine | undefined): boolean =>
  line?.mark === ' ' && (line.other === undefined || line.other.mark === ' ');

/** Returns the line that stands for others, in the columns of one of them. */
const foldedLine = (
  text: string,
  columns: 1 | 2,
  { other }: Partial<DocumentLine>,
): DocumentLine => {
  const runs = [dim(text)];
  const folded: DocumentLine = {
    mark: '·',
    baseline: runs,
    candidate: columns === 2 ? runs : null,
  };
  return other === undefined ? folded : { ...folded, other: { mark: '·', runs } };
};
