import type { AlignedLine, Alignment } from '../../comparison/alignment/alignment.ts';
import { placeIn } from '../../comparison/covered-paths.ts';
import { markTexts } from '../../comparison/alignment/mark.ts';
import { Vocabulary } from '../../comparison/alignment/vocabulary.ts';
import type { FieldSection } from '../../comparison/answer-fields.ts';
import { shownPath } from '../../comparison/json/json-differences.ts';
import type { FieldRow } from '../../comparison/json/json-fields.ts';
import type { Side } from '../../comparison/outcome.ts';
import { count } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { dim, plain, type StyledRun } from './styled-text.ts';
import { isBlankAlone, sideBySideLine } from './aligned-document.ts';
import { foldedLine, type Mark, type DocumentLine, type Document } from './document.ts';

/** Equal fields of a section up to this number are not folded. */
const fewFields = 3;

/**
 * Returns the fields of JSON and of tool calls as a table of path and values, section by section: what
 * differs, then what is equal. Below it stands what is neither, such as text beside tool calls.
 */
export const fieldsDocument = (
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
      : `${call.total > 1 ? `call ${call.number} of ${call.total} · ` : ''}${printableLine(call.name)}`;
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

/** Returns the text for a field that a side lacks, with a note from the schema. */
const missingField = ({ note }: FieldRow, { only }: FieldSection): string =>
  only !== null ? '' : note === undefined ? '(none)' : `(not given; ${note} by the schema)`;
