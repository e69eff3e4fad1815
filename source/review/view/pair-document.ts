import { otherPartLines } from '../../comparison/alignment/align-answers.ts';
import type { Alignment } from '../../comparison/alignment/alignment.ts';
import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import { printable } from '../../text/printable.ts';
import type { PairView } from '../pair-view.ts';
import type { View } from '../session/session.ts';
import { highlighted } from './highlighted.ts';
import type { StyledRun } from './styled-text.ts';
import { sideBySideDocument, unifiedDocument } from './aligned-document.ts';
import { fieldsDocument } from './fields-document.ts';
import { withCovered, fold, type OtherCell, type DocumentLine, type Document } from './document.ts';

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

/** Returns both texts side by side as received, neither aligned nor marked. */
const rawDocument = (pair: PairView): Document => {
  const left = receivedText(pair, 'baseline').split('\n');
  const right = receivedText(pair, 'candidate').split('\n');
  // Of an answer that is still on its way, nobody knows that it has no more text.
  const runs = (text: string | undefined, side: Side): readonly StyledRun[] | null => {
    if (text !== undefined) return [{ text: printable(text), style: 'plain' }];
    return pair.live[side] === null ? null : [];
  };
  return {
    columns: 2,
    lines: Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
      mark: ' ',
      baseline: runs(left[index], 'baseline'),
      candidate: runs(right[index], 'candidate'),
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
