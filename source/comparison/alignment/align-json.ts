import { JsonEquality } from '../json/json-equality.ts';
import { pairMembers, typeName } from '../json/json-differences.ts';
import { compactJson, type LosslessJson } from '../json/lossless-json.ts';
import { matchItems, type ItemMatch } from '../json/match-items.ts';
import type { AlignedLine, Segment } from './alignment.ts';
import { markTexts, wholeLine } from './mark.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The text before and after a value on its first and last line. */
export type Around = { readonly before: string; readonly after: string };

/** Where a value stands: before its lines, and in the JSON. */
type Place = { readonly indent: string; readonly path: string };

const root: Place = { indent: '', path: '$' };
const alone = { indent: '', path: null };

/** The most characters of all lines. Indenting nested values takes far more than the values do. */
const maximumCharacters = 8_000_000;

const indentation = '  ';

/**
 * Aligns JSON values, and lists of them, as indented lines. Keys follow the baseline's order; items
 * of arrays are matched by `matchItems` and stay in their own order, with a note where an item that
 * moved stands on the other side. Numbers keep their spelling; neither that nor a comma is a
 * difference.
 */
export class JsonAligner {
  readonly #equality = new JsonEquality();
  readonly #vocabulary: Vocabulary;
  #left = maximumCharacters;
  #exact = true;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Whether some lines are missing because all of them would exceed the limit. */
  get overflowed(): boolean {
    return this.#left < 0;
  }

  /** Whether every mark covers only what differs. */
  get exact(): boolean {
    return this.#exact;
  }

  /**
   * Returns the lines of two values that correspond, with what stands around them on each side. `path`:
   * where they are, as in a `JsonDifference`.
   */
  pair(
    baseline: LosslessJson,
    candidate: LosslessJson,
    around: { readonly baseline: Around; readonly candidate: Around },
    { indent, path }: Place = root,
  ): readonly AlignedLine[] {
    if (this.overflowed) return [];
    const [a, b] = [baseline, candidate];
    const inner = indent + indentation;
    if (a.kind === 'object' && b.kind === 'object' && a.members.length + b.members.length > 0) {
      if (a.members.length === 0 || b.members.length === 0)
        return this.#unlike(a, b, around, { indent, path });
      const members = pairMembers(a, b, path);
      const lastOf = (side: 'baseline' | 'candidate'): number =>
        members.findLastIndex((member) => member[side] !== null);
      const last = { baseline: lastOf('baseline'), candidate: lastOf('candidate') };
      return this.#container(
        '{}',
        around,
        indent,
        members.flatMap((member, index) => {
          const before = `${inner}${JSON.stringify(member.key)}: `;
          const own = (side: 'baseline' | 'candidate'): Around => ({
            before,
            after: index === last[side] ? '' : ',',
          });
          const place = { indent: inner, path: member.path };
          if (member.baseline !== null && member.candidate !== null) {
            const both = { baseline: own('baseline'), candidate: own('candidate') };
            return this.pair(member.baseline, member.candidate, both, place);
          }
          return member.baseline === null
            ? this.lone(member.candidate, 'added', own('candidate'), place)
            : this.lone(member.baseline, 'removed', own('baseline'), place);
        }),
      );
    }
    if (a.kind === 'array' && b.kind === 'array' && a.items.length + b.items.length > 0) {
      if (a.items.length === 0 || b.items.length === 0) {
        return this.#unlike(a, b, around, { indent, path });
      }
      const after = (items: readonly LosslessJson[], index: number): Around => ({
        before: inner,
        after: index === items.length - 1 ? '' : ',',
      });
      const place = ({ label }: ItemMatch): Place => ({ indent: inner, path: `${path}${label}` });
      const matched = matchItems(a.items, b.items, this.#equality);
      const lines = this.items(matched, path, {
        pair: (item) => {
          const [index, partner] = [item.baseline ?? 0, item.candidate ?? 0];
          const both = { baseline: after(a.items, index), candidate: after(b.items, partner) };
          return this.pair(
            a.items[index] ?? nothing,
            b.items[partner] ?? nothing,
            both,
            place(item),
          );
        },
        removed: (item) => {
          const index = item.baseline ?? 0;
          const value = a.items[index] ?? nothing;
          return this.lone(value, 'removed', after(a.items, index), place(item));
        },
        added: (item) => {
          const index = item.candidate ?? 0;
          const value = b.items[index] ?? nothing;
          return this.lone(value, 'added', after(b.items, index), place(item));
        },
      });
      return this.#container('[]', around, indent, lines);
    }
    if (this.#equality.equal(a, b)) {
      const line = (text: string, { before, after }: Around): readonly Segment[] =>
        this.#line(`${before}${text}${after}`);
      return [
        {
          change: 'same',
          baseline: line(compactJson(a), around.baseline),
          candidate: line(compactJson(b), around.candidate),
        },
      ];
    }
    return this.#unlike(a, b, around, { indent, path });
  }

  /** Returns the lines of a value that only one side has. */
  lone(
    value: LosslessJson | null,
    change: 'removed' | 'added',
    { before, after }: Around,
    { indent, path }: { readonly indent: string; readonly path: string | null } = alone,
  ): readonly AlignedLine[] {
    const lines: AlignedLine[] = [];
    const push = (text: string): void => {
      if (this.overflowed) return;
      const line = loneSegments(this.#line(text, true), change);
      lines.push(path === null ? line : { ...line, path });
    };
    const visit = (node: LosslessJson, start: string, end: string, outer: string): void => {
      if (this.overflowed) return;
      const inner = outer + indentation;
      if (node.kind === 'object' && node.members.length > 0) {
        push(`${start}{`);
        for (const [index, member] of node.members.entries()) {
          const comma = index === node.members.length - 1 ? '' : ',';
          visit(member.value, `${inner}${JSON.stringify(member.key)}: `, comma, inner);
        }
        push(`${outer}}${end}`);
      } else if (node.kind === 'array' && node.items.length > 0) {
        push(`${start}[`);
        for (const [index, item] of node.items.entries()) {
          visit(item, inner, index === node.items.length - 1 ? '' : ',', inner);
        }
        push(`${outer}]${end}`);
      } else push(`${start}${compactJson(node)}${end}`);
    };
    visit(value ?? nothing, before, after, indent);
    return lines;
  }

  /**
   * Returns the lines of two lists of items, each in its own order: matched items that kept their
   * order in the same rows, and between those the others, those that moved beside each other. `path`: where
   * the lists are; null if that is no place in JSON.
   */
  items(
    matched: readonly ItemMatch[],
    path: string | null,
    draw: {
      readonly pair: (item: ItemMatch) => readonly AlignedLine[];
      readonly removed: (item: ItemMatch) => readonly AlignedLine[];
      readonly added: (item: ItemMatch) => readonly AlignedLine[];
    },
  ): readonly AlignedLine[] {
    const first = matched.filter(({ baseline }) => baseline !== null);
    const second = matched
      .filter(({ candidate }) => candidate !== null)
      .toSorted((a, b) => (a.candidate ?? 0) - (b.candidate ?? 0));
    const moved = new Map<ItemMatch, readonly AlignedLine[]>();
    const movedLines = (item: ItemMatch, side: 'baseline' | 'candidate'): readonly Segment[][] => {
      const lines = moved.get(item) ?? draw.pair(item);
      moved.set(item, lines);
      return lines.flatMap((line) => (line[side] === null ? [] : [[...line[side]]]));
    };
    const lines: AlignedLine[] = [];
    const pushMoved = (left: ItemMatch | null, right: ItemMatch | null): void => {
      const a = left === null ? [] : movedLines(left, 'baseline');
      const b = right === null ? [] : movedLines(right, 'candidate');
      const notes = {
        baseline: left === null ? null : `→ place ${(left.candidate ?? 0) + 1}`,
        candidate: right === null ? null : `← place ${(right.baseline ?? 0) + 1}`,
      };
      for (let index = 0; index < Math.max(a.length, b.length); index++) {
        const row = { baseline: a[index] ?? null, candidate: b[index] ?? null };
        const changes = [row.baseline, row.candidate].some(
          (side) => side?.some(({ changed }) => changed) ?? false,
        );
        const where = path === null || changes ? {} : { path };
        lines.push({ change: 'moved', ...row, ...(index === 0 ? { notes } : {}), ...where });
      }
    };
    let at = 0;
    let other = 0;
    const isKept = (item: ItemMatch | undefined): boolean =>
      item !== undefined && !item.moved && item.baseline !== null && item.candidate !== null;
    while (at < first.length || other < second.length) {
      const left = first[at];
      const right = second[other];
      if (left?.candidate === null) {
        for (const line of draw.removed(left)) lines.push(line);
        at++;
      } else if (right?.baseline === null) {
        for (const line of draw.added(right)) lines.push(line);
        other++;
      } else if (left !== undefined && isKept(left) && left === right) {
        for (const line of draw.pair(left)) lines.push(line);
        at++;
        other++;
      } else {
        const movesLeft = left?.moved === true ? left : null;
        const movesRight = right?.moved === true ? right : null;
        pushMoved(movesLeft, movesRight);
        if (movesLeft !== null) at++;
        if (movesRight !== null) other++;
      }
    }
    return lines;
  }

  /** Returns the lines of two values whose insides cannot be paired. */
  #unlike(
    a: LosslessJson,
    b: LosslessJson,
    around: { readonly baseline: Around; readonly candidate: Around },
    place: Place,
  ): readonly AlignedLine[] {
    const [first, ...rest] = this.lone(a, 'removed', around.baseline, place);
    const [second, ...others] = this.lone(b, 'added', around.candidate, place);
    const left = textOf(first?.baseline);
    const right = textOf(second?.candidate);
    const cut = (text: string, { after, before }: Around, isWhole: boolean): readonly string[] => {
      const end = isWhole ? text.length - after.length : text.length;
      return [text.slice(0, before.length), text.slice(before.length, end), text.slice(end)];
    };
    const [beforeA = '', valueA = '', afterA = ''] = cut(left, around.baseline, rest.length === 0);
    const [beforeB = '', valueB = '', afterB = ''] = cut(
      right,
      around.candidate,
      others.length === 0,
    );
    const strings = a.kind === 'string' && b.kind === 'string' && typeName(a) === typeName(b);
    const marks = strings
      ? markTexts(valueA, valueB, this.#vocabulary)
      : { baseline: wholeLine(valueA, true), candidate: wholeLine(valueB, true), exact: true };
    if (!marks.exact) this.#exact = false;
    const plain = (text: string): readonly Segment[] => wholeLine(text, false);
    return [
      {
        change: 'changed',
        path: place.path,
        baseline: [...plain(beforeA), ...marks.baseline, ...plain(afterA)],
        candidate: [...plain(beforeB), ...marks.candidate, ...plain(afterB)],
      },
      ...rest,
      ...others,
    ];
  }

  #container(
    brackets: '{}' | '[]',
    { baseline, candidate }: { readonly baseline: Around; readonly candidate: Around },
    indent: string,
    inside: readonly AlignedLine[],
  ): readonly AlignedLine[] {
    const [open = '', close = ''] = brackets;
    const line = (a: string, b: string): AlignedLine => ({
      change: 'same',
      baseline: this.#line(a),
      candidate: this.#line(b),
    });
    return [
      line(baseline.before + open, candidate.before + open),
      ...inside,
      line(indent + close + baseline.after, indent + close + candidate.after),
    ];
  }

  #line(text: string, changed = false): readonly Segment[] {
    this.#left -= text.length;
    return wholeLine(text, changed);
  }
}

const nothing: LosslessJson = { kind: 'literal', value: null };

const textOf = (segments: readonly Segment[] | null | undefined): string =>
  (segments ?? []).map(({ text }) => text).join('');

const loneSegments = (segments: readonly Segment[], change: 'removed' | 'added'): AlignedLine =>
  change === 'removed'
    ? { change, baseline: segments, candidate: null }
    : { change, baseline: null, candidate: segments };
