import { JsonEquality } from '../json/json-equality.ts';
import { pairMembers, typeName } from '../json/json-differences.ts';
import { compactJson, type LosslessJson } from '../json/lossless-json.ts';
import { matchItems, type ItemMatch } from '../json/match-items.ts';
import type { AlignedLine, Segment } from './alignment.ts';
import { markTexts, wholeLine } from './mark.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What stands before and after a value on its first and last line. */
export type Around = { readonly before: string; readonly after: string };

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

  /** Returns the lines of two values that correspond, with what stands around them on each side. */
  pair(
    baseline: LosslessJson,
    candidate: LosslessJson,
    around: { readonly baseline: Around; readonly candidate: Around },
    indent = '',
  ): readonly AlignedLine[] {
    if (this.overflowed) return [];
    const [a, b] = [baseline, candidate];
    const inner = indent + indentation;
    if (a.kind === 'object' && b.kind === 'object' && a.members.length + b.members.length > 0) {
      if (a.members.length === 0 || b.members.length === 0)
        return this.#unlike(a, b, around, indent);
      const members = pairMembers(a, b, '');
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
          if (member.baseline !== null && member.candidate !== null) {
            const both = { baseline: own('baseline'), candidate: own('candidate') };
            return this.pair(member.baseline, member.candidate, both, inner);
          }
          return member.baseline === null
            ? this.lone(member.candidate, 'added', own('candidate'), inner)
            : this.lone(member.baseline, 'removed', own('baseline'), inner);
        }),
      );
    }
    if (a.kind === 'array' && b.kind === 'array' && a.items.length + b.items.length > 0) {
      if (a.items.length === 0 || b.items.length === 0) return this.#unlike(a, b, around, indent);
      const after = (items: readonly LosslessJson[], index: number): Around => ({
        before: inner,
        after: index === items.length - 1 ? '' : ',',
      });
      const lines = this.items(matchItems(a.items, b.items, this.#equality), {
        pair: (index, partner) =>
          this.pair(
            a.items[index] ?? nothing,
            b.items[partner] ?? nothing,
            { baseline: after(a.items, index), candidate: after(b.items, partner) },
            inner,
          ),
        removed: (index) =>
          this.lone(a.items[index] ?? nothing, 'removed', after(a.items, index), inner),
        added: (index) =>
          this.lone(b.items[index] ?? nothing, 'added', after(b.items, index), inner),
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
    return this.#unlike(a, b, around, indent);
  }

  /** Returns the lines of a value that only one side has. */
  lone(
    value: LosslessJson | null,
    change: 'removed' | 'added',
    { before, after }: Around,
    indent = '',
  ): readonly AlignedLine[] {
    const lines: AlignedLine[] = [];
    const push = (text: string): void => {
      if (this.overflowed) return;
      lines.push(loneSegments(this.#line(text, true), change));
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
   * order in the same rows, and between those the others, those that moved beside each other.
   */
  items(
    matched: readonly ItemMatch[],
    draw: {
      readonly pair: (index: number, partner: number) => readonly AlignedLine[];
      readonly removed: (index: number) => readonly AlignedLine[];
      readonly added: (index: number) => readonly AlignedLine[];
    },
  ): readonly AlignedLine[] {
    const first = matched.filter(({ baseline }) => baseline !== null);
    const second = matched
      .filter(({ candidate }) => candidate !== null)
      .toSorted((a, b) => (a.candidate ?? 0) - (b.candidate ?? 0));
    const moved = new Map<ItemMatch, readonly AlignedLine[]>();
    const movedLines = (item: ItemMatch, side: 'baseline' | 'candidate'): readonly Segment[][] => {
      const lines = moved.get(item) ?? draw.pair(item.baseline ?? 0, item.candidate ?? 0);
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
        lines.push(index === 0 ? { change: 'moved', ...row, notes } : { change: 'moved', ...row });
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
        for (const line of draw.removed(left.baseline ?? 0)) lines.push(line);
        at++;
      } else if (right?.baseline === null) {
        for (const line of draw.added(right.candidate ?? 0)) lines.push(line);
        other++;
      } else if (left !== undefined && isKept(left) && left === right) {
        for (const line of draw.pair(left.baseline ?? 0, left.candidate ?? 0)) lines.push(line);
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
    indent: string,
  ): readonly AlignedLine[] {
    const [first, ...rest] = this.lone(a, 'removed', around.baseline, indent);
    const [second, ...others] = this.lone(b, 'added', around.candidate, indent);
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
