import {
  unifiedLines,
  type AlignedLine,
  type Alignment,
  type Segment,
  type Sentence,
  type UnifiedLine,
} from '../../comparison/alignment/alignment.ts';
import { spelledOut } from '../../comparison/look-alikes.ts';
import type { Side } from '../../comparison/outcome.ts';
import { printable } from '../../text/printable.ts';
import type { Style, StyledRun } from './styled-text.ts';
import type { Mark, DocumentLine, Document } from './document.ts';

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
export const isBlankAlone = (line: AlignedLine): boolean =>
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

export const sideBySideLine = (
  line: AlignedLine,
  alignment: Alignment,
  blanks: 'marked' | 'unmarked' = 'unmarked',
): DocumentLine => {
  const shown = withCodePoints(line);
  return {
    mark: blanks === 'unmarked' && isBlankAlone(line) ? ' ' : marks[line.change],
    baseline: labelled(shown, 'baseline', alignment),
    candidate: labelled(shown, 'candidate', alignment),
    ...(line.path === undefined ? {} : { place: line.path }),
  };
};

/** Where the differences of a document begin, and whether blank lines of one side are marked. */
type Shown = {
  readonly differences: readonly number[];
  readonly blanks: 'marked' | 'unmarked';
};

/** Returns the differences with more than blank lines; if there are none, all of them, and the blank lines are marked. */
const shownDifferences = ({ differences: starts, lines }: Alignment): Shown => {
  const hasText = starts.filter((start, at) => {
    const rest = lines.slice(start, starts[at + 1]);
    const end = rest.findIndex(({ change }) => change === 'same');
    return !rest.slice(0, end < 0 ? rest.length : end).every(isBlankAlone);
  });
  return hasText.length > 0
    ? { differences: hasText, blanks: 'unmarked' }
    : { differences: starts, blanks: 'marked' };
};

export const sideBySideDocument = (alignment: Alignment): Document => {
  const { blanks, differences } = shownDifferences(alignment);
  return {
    columns: 2,
    lines: alignment.lines.map((line) => sideBySideLine(line, alignment, blanks)),
    differences,
    remark: alignmentRemark(alignment),
  };
};

const unifiedMarks = { ' ': ' ', '-': '-', '+': '+', '<': '↕', '>': '↕' } as const;

/**
 * Returns a single-column document: in each difference, the baseline's lines precede the
 * candidate's.
 */
export const unifiedDocument = (alignment: Alignment): Document => {
  const lines = unifiedLines({ ...alignment, lines: alignment.lines.map(withCodePoints) });
  const remark = alignmentRemark(alignment);
  const { blanks, differences } = shownDifferences(alignment);
  const starts = new Set(differences);
  const begun = new Set<number>();
  const isStart = ({ aligned }: UnifiedLine): boolean => {
    if (!starts.has(aligned) || begun.has(aligned)) return false;
    begun.add(aligned);
    return true;
  };
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
        mark: blanks === 'unmarked' && isBlank(line.segments) ? ' ' : unifiedMarks[line.mark],
        baseline: [...label, ...runs, ...noteRuns(line.note)],
        candidate: null,
        aligned: line.aligned,
        ...(line.path === undefined ? {} : { place: line.path }),
      };
    }),
    differences: lines.flatMap((line, index) => (isStart(line) ? [index] : [])),
    remark: remark === null ? 'unified' : `unified · ${remark}`,
  };
};
