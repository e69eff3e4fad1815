import type { AlignedLine, Alignment, Segment } from '../../comparison/alignment/alignment.ts';
import type { Side } from '../../comparison/outcome.ts';
import { SyntaxReader, type SyntaxSpan } from '../../text/syntax.ts';

/** The number of characters of a pair that are highlighted; the rest is plain. */
const maximumCharacters = 200_000;

const known = new WeakMap<Alignment, Alignment>();

/**
 * Returns an alignment whose segments know their role in Markdown or in code. `text`: the format of both
 * texts. Tool calls and other non-text parts are not highlighted.
 */
export const highlighted = (alignment: Alignment, text: 'markdown' | 'json'): Alignment => {
  const done = known.get(alignment) ?? highlight(alignment, text);
  known.set(alignment, done);
  return done;
};

const highlight = (alignment: Alignment, text: 'markdown' | 'json'): Alignment => {
  const readers = { baseline: new SyntaxReader(text), candidate: new SyntaxReader(text) };
  let left = maximumCharacters;
  const segmentsOf = (line: AlignedLine, side: Side): readonly Segment[] | null => {
    const segments = line[side];
    if (segments === null || segments.length === 0) return segments;
    const [only] = segments;
    const whole =
      segments.length === 1 && only !== undefined
        ? only.text
        : segments.map((segment) => segment.text).join('');
    left -= whole.length;
    const isWhole = line.sentences?.[side]?.continues !== true;
    return split(segments, readers[side].read(whole, isWhole));
  };
  const lines: AlignedLine[] = [];
  const end = alignment.calls?.from ?? alignment.lines.length;
  for (const [index, line] of alignment.lines.entries()) {
    if (index >= end || left <= 0) {
      lines.push(line);
      continue;
    }
    const [baseline, candidate] = [segmentsOf(line, 'baseline'), segmentsOf(line, 'candidate')];
    const isBare = baseline === line.baseline && candidate === line.candidate;
    lines.push(isBare ? line : { ...line, baseline, candidate });
  }
  return { ...alignment, lines };
};

/** Splits segments at the boundaries of spans. */
const split = (segments: readonly Segment[], spans: readonly SyntaxSpan[]): readonly Segment[] => {
  if (spans.length === 0) return segments;
  const parts: Segment[] = [];
  let next = 0;
  let from = 0;
  for (const { changed, text } of segments) {
    const to = from + text.length;
    for (let at = from; at < to;) {
      while ((spans[next]?.end ?? to) <= at && next < spans.length) next++;
      const span = spans[next];
      const isInside = span !== undefined && span.start <= at;
      const stop = Math.min(to, isInside ? span.end : (span?.start ?? to));
      const part = text.slice(at - from, stop - from);
      parts.push(isInside ? { text: part, changed, syntax: span.syntax } : { text: part, changed });
      at = stop;
    }
    from = to;
  }
  return parts;
};
