import { count } from '../text/numbers.ts';
import type { AlignedLine, Alignment, Segment } from './alignment/alignment.ts';
import {
  difference,
  excerpts,
  maximumValues,
  note,
  shown,
  type HeadlinePart,
} from './headline-part.ts';
import { spelledOut } from './look-alikes.ts';
import { sides, type Side } from './outcome.ts';
import { quantityAt, type Measure } from './quantities.ts';
import { amountOf, factsIn, KnownFacts, type Fact } from './text-facts.ts';

/** What two facts must have in common to be set against each other. */
type FactKind = Exclude<Fact['kind'], 'number'> | Measure;

/** A fact as a headline shows it: with its unit. */
type KindFact = Fact & { readonly factKind: FactKind };

/** A marked part of a line. */
type Marked = {
  readonly text: string;
  /** The fact that it belongs to, such as `20 November` for `20`; null if it is words. */
  readonly fact: KindFact | null;
  /** The facts in it, if it is words. */
  readonly inside: readonly KindFact[];
  /** The kinds of the facts that it touches, each once. */
  readonly kinds: readonly FactKind[];
  /** Where it begins: the row of the alignment, and the place in its line. */
  readonly start: readonly [row: number, at: number];
  /** The number of unmarked characters before it, without white space. */
  readonly place: number;
  /** The words before and after it, or before and after its fact. */
  readonly neighbours: readonly [before: string, after: string];
};

/** A marked part on each side that say something of the same, or one that stands alone. */
type Pairing = { readonly from: Marked | null; readonly to: Marked | null };

/** The texts of two answers. */
type Texts = Readonly<Record<Side, string>>;

/**
 * Says in facts and words what differs between two prose texts. Two facts are set against each other only if
 * they are of one kind, and at the same place of two lines or sentences that correspond or alike. Others are
 * named apart. The same texts in the other order give the same with the sides swapped, if their alignment is
 * swapped.
 */
export const alignedProseParts = (alignment: Alignment, texts: Texts): readonly HeadlinePart[] => {
  const { calls, granularity, lines } = alignment;
  const own =
    calls === undefined ? lines : [...lines.slice(0, calls.from), ...lines.slice(calls.to)];
  return granularity === 'sentences' ? sentenceParts(own, texts) : wordParts(own, texts);
};

const wordParts = (lines: readonly AlignedLine[], texts: Texts): readonly HeadlinePart[] => {
  const pairings = lines.flatMap((line, row) =>
    line.change === 'changed'
      ? pairingsOf(sideOf([[row, line.baseline ?? []]]), sideOf([[row, line.candidate ?? []]]))
      : [],
  );
  const lone = (change: AlignedLine['change']): number =>
    lines.filter((line) => line.change === change && hasText(line)).length;
  const size = (number: number): string => `${count(number)} ${number === 1 ? 'line' : 'lines'}`;
  const only = { baseline: lone('removed'), candidate: lone('added') };
  return [
    ...pairingParts(pairings, texts),
    ...sides.flatMap((side) =>
      only[side] > 0 ? [difference(`${size(only[side])} only in ${side}`)] : [],
    ),
  ];
};

const hasText = ({ baseline, candidate }: AlignedLine): boolean =>
  [...(baseline ?? []), ...(candidate ?? [])].some(({ text }) => text.trim() !== '');

const sentenceParts = (lines: readonly AlignedLine[], texts: Texts): readonly HeadlinePart[] => {
  type Group = Record<Side, Row[]> & { row: number };
  const groups = new Map<number, Group>();
  const alone: Group = { baseline: [], candidate: [], row: 0 };
  const lone = { baseline: 0, candidate: 0 };
  const numbers = { baseline: 0, candidate: 0 };
  for (const [row, line] of lines.entries()) {
    for (const side of sides) {
      const sentence = line.sentences?.[side] ?? null;
      // The later lines of a block of code belong to its first.
      if (sentence !== null) {
        numbers[side] = sentence.number ?? 0;
        if (sentence.number === null) lone[side]++;
      }
      const group = groups.get(numbers[side]) ?? { baseline: [], candidate: [], row: 0 };
      if (sentence !== null) group.row += row;
      if (numbers[side] !== 0) groups.set(numbers[side], group);
      (numbers[side] === 0 ? alone : group)[side].push([row, line[side] ?? []]);
    }
  }
  const related = [...groups.values()]
    .map(({ baseline, candidate, row }) => ({
      row,
      pairings: pairingsOf(sideOf(baseline), sideOf(candidate)),
    }))
    .toSorted((a, b) => a.row - b.row)
    .flatMap(({ pairings }) => pairings);
  const parts = pairingParts(
    [
      ...related,
      ...sideOf(alone.baseline).marked.map((from) => ({ from, to: null })),
      ...sideOf(alone.candidate).marked.map((to) => ({ from: null, to })),
    ],
    texts,
  );
  const sentences = sides
    .filter((side) => lone[side] > 0)
    .map((side) => `${count(lone[side])} only in ${side}`);
  const same = `${count(groups.size)} ${groups.size === 1 ? 'sentence' : 'sentences'} alike`;
  return [
    ...(parts.length === 0 && sentences.length === 0 ? [difference('other words')] : parts),
    parts.length === 0 && sentences.length > 0
      ? difference([same, ...sentences].join(', '))
      : note([same, ...sentences].join(', ')),
  ];
};

/** The marked parts of a sentence or a line of one side, and its other characters without white space. */
type MarkedSide = { readonly marked: readonly Marked[]; readonly frame: string };

/** In a longer line, finding facts takes too long. */
const longestLine = 5000;

/** The segments of one side in a row of the alignment. */
type Row = readonly [row: number, segments: readonly Segment[]];

const sideOf = (lines: readonly Row[]): MarkedSide => {
  let frame = '';
  const marked = lines.flatMap(([row, segments]) => {
    const text = segments.map((segment) => segment.text).join('');
    const hasMarks = segments.some(({ changed }) => changed);
    const facts = hasMarks && text.length <= longestLine ? kindFactsIn(text) : [];
    let at = 0;
    const parts: { start: number; end: number; place: number }[] = [];
    for (const segment of segments) {
      const start = at + segment.text.length - segment.text.trimStart().length;
      at += segment.text.length;
      const bare = segment.text.replaceAll(/\s+/g, '');
      if (bare === '') continue;
      const last = parts.at(-1);
      const end = start + segment.text.trim().length;
      if (!segment.changed) frame += bare;
      // Only white space is between them.
      else if (last?.place === frame.length) last.end = end;
      else parts.push({ start, end, place: frame.length });
    }
    return parts.map(({ end, place, start }): Marked => {
      const fact = facts.find((one) => one.start <= start && one.end >= end) ?? null;
      const touched = facts.filter((one) => one.start < end && one.end > start);
      // No fact is cut.
      const from = Math.min(start, ...touched.map((one) => one.start));
      const to = Math.max(end, ...touched.map((one) => one.end));
      return {
        text: fact === null ? text.slice(from, to) : text.slice(start, end),
        fact,
        start: [row, start],
        inside: fact === null ? touched : [],
        kinds: [...new Set(touched.map(({ factKind }) => factKind))].toSorted(),
        place,
        neighbours: [wordBefore(text.slice(0, from)), wordAfter(text.slice(to))],
      };
    });
  });
  return { marked, frame };
};

const wordBefore = (text: string): string =>
  /([\p{L}\p{N}]+)[^\p{L}\p{N}.!?。！？]*$/u.exec(text.slice(-60))?.[1]?.toLowerCase() ?? '';

const wordAfter = (text: string): string =>
  /^[^\p{L}\p{N}.!?。！？]*([\p{L}\p{N}]+)/u.exec(text.slice(0, 60))?.[1]?.toLowerCase() ?? '';

const kindFactsIn = (text: string): readonly KindFact[] =>
  factsIn(text).map((fact) => {
    if (fact.kind !== 'number') return { ...fact, factKind: fact.kind };
    const { end, measure } = quantityAt(text, fact);
    return { ...fact, text: text.slice(fact.start, end), end, factKind: measure };
  });

/** Sets marked parts of two sides that correspond against each other, and leaves the others alone. */
const pairingsOf = (from: MarkedSide, to: MarkedSide): readonly Pairing[] => {
  const pairs =
    from.frame === to.frame
      ? samePlaces(from.marked, to.marked)
      : alikeFacts(from.marked, to.marked);
  const taken = new Set(pairs.flatMap(({ from: one, to: other }) => [one, other]));
  return [
    ...pairs,
    ...from.marked.filter((one) => !taken.has(one)).map((one) => ({ from: one, to: null })),
    ...to.marked.filter((one) => !taken.has(one)).map((one) => ({ from: null, to: one })),
  ];
};

/** Pairs what stands alone at the same place of the same words, if it is of the same kinds. */
const samePlaces = (from: readonly Marked[], to: readonly Marked[]): readonly Pairing[] => {
  const others = Map.groupBy(to, ({ place }) => place);
  return [...Map.groupBy(from, ({ place }) => place)].flatMap(([place, [part, ...more]]) => {
    const [other, ...moreOthers] = others.get(place) ?? [];
    if (part === undefined || other === undefined) return [];
    const areAlone = more.length === 0 && moreOthers.length === 0;
    const areSameKind = part.kinds.join() === other.kinds.join();
    return areAlone && areSameKind ? [{ from: part, to: other }] : [];
  });
};

/** Facts of these kinds say little by their kind. */
const vagueKinds: ReadonlySet<FactKind> = new Set<FactKind>(['name', 'number']);

/**
 * Pairs facts of one kind that have a neighbour or a part in common; then, of each kind that says enough, the
 * only ones that are left.
 */
const alikeFacts = (from: readonly Marked[], to: readonly Marked[]): readonly Pairing[] => {
  const found = from
    .flatMap((one, at) =>
      to.flatMap((other, index) => {
        const likeness = factLikeness(one, other);
        return likeness === 0 ? [] : [{ at, index, likeness }];
      }),
    )
    // Equal keys have no side in common, so the order of the sides does not matter.
    .toSorted(
      (a, b) =>
        b.likeness - a.likeness ||
        Math.abs(a.at - a.index) - Math.abs(b.at - b.index) ||
        a.at + a.index - (b.at + b.index),
    );
  const partners = new Map<number, number>();
  const taken = new Set<number>();
  for (const { at, index } of found) {
    if (partners.has(at) || taken.has(index)) continue;
    partners.set(at, index);
    taken.add(index);
  }
  const left = from.flatMap((one, at) => (partners.has(at) ? [] : [[at, one] as const]));
  const others = to.flatMap((one, index) => (taken.has(index) ? [] : [[index, one] as const]));
  for (const [at, { fact }] of left) {
    if (fact === null || vagueKinds.has(fact.factKind)) continue;
    const isOfKind = ([, one]: readonly [number, Marked]): boolean =>
      one.fact?.factKind === fact.factKind;
    const [index] = others.find(isOfKind) ?? [];
    const areOnly = left.filter(isOfKind).length === 1 && others.filter(isOfKind).length === 1;
    if (index !== undefined && areOnly) partners.set(at, index);
  }
  return [...partners]
    .flatMap(([at, index]) => {
      const [one, other] = [from[at], to[index]];
      return one === undefined || other === undefined
        ? []
        : [{ from: one, to: other, order: at + index }];
    })
    .toSorted((a, b) => a.order - b.order || (sidelessText(a) < sidelessText(b) ? -1 : 1));
};

const sidelessText = ({ from, to }: Record<'from' | 'to', Marked>): string =>
  [from.text, to.text].toSorted().join('\0');

/** Two facts of one kind: 2 between the same words, 1 with a part in common, else 0. */
const factLikeness = (one: Marked, other: Marked): number => {
  if (one.fact === null || one.fact.factKind !== other.fact?.factKind) return 0;
  const hasNeighbour = one.neighbours.some(
    (word, index) => word !== '' && word === other.neighbours[index],
  );
  if (hasNeighbour) return 2;
  const parts = new Set(partsOf(one.fact));
  return partsOf(other.fact).some((part) => parts.has(part)) ? 1 : 0;
};

const partsOf = ({ factKind, key }: KindFact): readonly string[] => {
  if (factKind === 'link') return [key.replace(/^\w+:\/\//, '').split('/')[0] ?? key];
  if (factKind !== 'name') return [];
  return key.match(/[\p{L}\p{N}]{3,}/gu) ?? [];
};

const pairingParts = (pairings: readonly Pairing[], texts: Texts): readonly HeadlinePart[] => {
  const changes = new Map<string, number>();
  const missing = (side: Side) => loneTexts(pairings, side, texts);
  const lone = { baseline: missing('baseline'), candidate: missing('candidate') };
  for (const { from, to } of pairings) {
    if (from === null || to === null) continue;
    const [text, rank] = changeText(from, to);
    if (text !== null) changes.set(text, rank);
  }
  const sorted = [...changes].toSorted(([, a], [, b]) => a - b).map(([text]) => text);
  // Both sides have the same room, so that it does not matter which is which.
  const room = Math.ceil(Math.max(0, maximumValues - sorted.length) / 2);
  const words = sides.flatMap((side) =>
    lone[side].words.slice(0, room).map((text) => ({ side, text })),
  );
  const all = lone.baseline.words.length + lone.candidate.words.length;
  const more = Math.max(0, sorted.length - maximumValues) + all - words.length;
  return [
    ...sorted.slice(0, maximumValues).map(difference),
    ...sides.flatMap((side) =>
      lone[side].facts.length === 0
        ? []
        : [difference(`only the ${side}: ${listed(lone[side].facts)}`)],
    ),
    ...words.map(({ side, text }) => difference(`${side === 'baseline' ? '−' : '+'} ${text}`)),
    ...(more > 0 ? [difference(`${count(more)} more ${more === 1 ? 'change' : 'changes'}`)] : []),
  ];
};

const listed = (texts: readonly string[]): string => {
  const more = texts.length - maximumValues;
  return `${texts.slice(0, maximumValues).join(', ')}${more > 0 ? ` + ${count(more)}` : ''}`;
};

const quoted = (text: string): string => `“${shown(text)}”`;

const hasWords = (text: string): boolean => /[\p{L}\p{N}\p{S}]/u.test(text);

/** Returns a change as text, and its rank; null as text if nothing differs that can be seen. */
const changeText = (from: Marked, to: Marked): readonly [string | null, rank: number] => {
  const areFacts = from.fact !== null && to.fact !== null && from.fact.text !== to.fact.text;
  const isMixed = (from.fact === null) !== (to.fact === null);
  // A part of a fact against words that hold a whole one would look like another kind.
  const [a, b] =
    areFacts || isMixed
      ? spelledOut(from.fact?.text ?? from.text, to.fact?.text ?? to.text)
      : spelledOut(from.text, to.text);
  // Two long texts that begin alike are cut where they differ.
  const told = a !== b && shown(a) === shown(b) ? excerpts(a, b) : [shown(a), shown(b)];
  if (areFacts) return [told.join(' → '), 0];
  if (a === b) return [null, 1];
  // Words at the place of a mark are what was added or left out.
  if (hasWords(a) !== hasWords(b)) {
    return [hasWords(a) ? `− ${quoted(a)}` : `+ ${quoted(b)}`, 2];
  }
  return [told.map((text) => `“${text}”`).join(' → '), 1];
};

/** In longer texts, facts are not looked for. */
const longestText = 100_000;

/** Returns the facts that only one text has, and its other lone parts. What is moved is in neither. */
const loneTexts = (
  pairings: readonly Pairing[],
  side: Side,
  texts: Texts,
): { readonly facts: readonly string[]; readonly words: readonly string[] } => {
  const own = pairings.flatMap(({ from, to }) => {
    const [part, other] = side === 'baseline' ? [from, to] : [to, from];
    return part === null || other !== null ? [] : [part];
  });
  const counterparts = new Set(
    pairings.flatMap(({ from, to }) => {
      const [part, other] = side === 'baseline' ? [to, from] : [from, to];
      return part === null || other !== null ? [] : [nameOf(part)];
    }),
  );
  const left = own
    .filter((part) => !counterparts.has(nameOf(part)))
    .toSorted(({ start: a }, { start: b }) => a[0] - b[0] || a[1] - b[1]);
  const isOnly = absentFrom(texts[side === 'baseline' ? 'candidate' : 'baseline'], left);
  const facts: string[] = [];
  const words: string[] = [];
  for (const { fact, inside, text } of left) {
    const only = (fact === null ? inside : [fact]).filter(isOnly);
    if (only.length > 0) facts.push(...only.map((one) => shown(one.text)));
    else words.push(fact === null ? quoted(text) : shown(fact.text));
  }
  return { facts: [...new Set(facts)], words: [...new Set(words)] };
};

/** Returns what tells whether a text does not have a fact. `parts`: those whose facts it is asked about. */
const absentFrom = (text: string, parts: readonly Marked[]): ((fact: KindFact) => boolean) => {
  const hasFacts = parts.some(({ fact, inside }) => fact !== null || inside.length > 0);
  if (!hasFacts || text.length > longestText) return () => false;
  const known = new KnownFacts(text);
  const numbers = kindFactsIn(text).filter(({ kind }) => kind === 'number');
  const measures = Map.groupBy(numbers, amountOf);
  // `30 days` is no other spelling of `$30`.
  return (fact) =>
    !known.has(fact) ||
    (fact.kind === 'number' &&
      measures.has(amountOf(fact)) &&
      measures.get(amountOf(fact))?.every(({ factKind }) => factKind !== fact.factKind) === true);
};

const nameOf = ({ fact, text }: Marked): string => (fact?.text ?? text).toLowerCase();
