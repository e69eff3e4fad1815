import type { Answer } from '../models/answer.ts';
import { count } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import type { Alignment } from './alignment/alignment.ts';
import { wholeAnswer } from '../configuration/rule-content.ts';
import type { FieldSection } from './answer-fields.ts';
import { placeIn } from './covered-paths.ts';
import { parseJsonAnswer } from './json/json-answer.ts';
import { maximumJsonDifferences, shownPath, type JsonDifference } from './json/json-differences.ts';
import { scriptOf } from './language.ts';
import {
  bad,
  difference,
  excerpts,
  maximumValues,
  note,
  shown,
  type HeadlinePart,
} from './headline-part.ts';
import { lookAlikeReason } from './look-alikes.ts';
import { otherChoicesDiffer } from './same-choice.ts';
import { sides, type Badge, type PairComparison, type Side } from './outcome.ts';
import { alignedProseParts } from './prose-headline.ts';

/** Two answers with everything that is known about their differences. */
export type DiffedPair = {
  readonly baseline: Answer;
  readonly candidate: Answer;
  readonly comparison: PairComparison;
  /** Null if the answers are too large to align. */
  readonly alignment: Alignment | null;
  readonly fields: readonly FieldSection[] | null;
  /** The paths that rules cover, as `coveredPaths` returns them; none by default. */
  readonly covered?: ReadonlySet<string>;
};

/**
 * Says in values what differs between two answers, most important first: `finish length → stop`,
 * `items[id=a].qty 1 → 10`, `20 November → 22 November`. Never empty; for a pair that does not
 * differ, it says why.
 */
export const differenceHeadline = (whole: DiffedPair): readonly HeadlinePart[] => {
  const { comparison, covered = new Set() } = whole;
  const useless = [...badgeParts(whole), ...schemaParts(whole.fields ?? [])];
  if (comparison.outcome !== 'different') return [...useless, note(comparison.reason)];
  const pair = { ...whole, fields: whole.fields?.map((each) => uncovered(each, covered)) ?? null };
  const parts = [
    ...useless,
    ...fenceParts(pair),
    ...languagePart(pair),
    ...callParts(pair.fields ?? []),
    ...(covered.has(wholeAnswer) ? textParts(pair).map(toNote) : textParts(pair)),
    ...finishPart(pair),
    ...otherParts(pair),
    ...coveredParts(whole.fields ?? [], covered),
  ];
  const told = covered.size > 0 || parts.some(({ kind }) => kind !== 'note');
  const all = told ? parts : [difference(comparison.reason), ...parts];
  // All notes come last.
  return [
    ...all.filter(({ kind }) => kind !== 'note'),
    ...all.filter(({ kind }) => kind === 'note'),
  ];
};

/** Returns a section without the differences that rules cover. */
const uncovered = (section: FieldSection, covered: ReadonlySet<string>): FieldSection => {
  if (covered.size === 0) return section;
  const isOpen = ({ path }: { readonly path: string }): boolean =>
    !covered.has(placeIn(section, path));
  const { differences, table } = section;
  const rows = table.rows.filter((row) => row.kind === 'same' || isOpen(row));
  return { ...section, differences: differences.filter(isOpen), table: { ...table, rows } };
};

/** Lists what rules cover, with a different sign than other differences. */
const coveredParts = (
  sections: readonly FieldSection[],
  covered: ReadonlySet<string>,
): readonly HeadlinePart[] => {
  const ruled = sections.flatMap((section) =>
    section.differences.filter(({ path }) => covered.has(placeIn(section, path))),
  );
  const more = ruled.length - maximumValues;
  return [
    ...ruled.slice(0, maximumValues).map((each) => note(`≈ ${valueText(each)}`)),
    ...(more > 0 ? [note(`≈ ${count(more)} more`)] : []),
  ];
};

const toNote = ({ text }: HeadlinePart): HeadlinePart => note(`≈ ${text}`);

/** Each badge as a sentence about one side, and about both. */
const badgeSentences: Record<Badge, readonly [one: string, both: string]> = {
  json_invalid: ['does not parse', 'neither parses'],
  truncated: ['is cut off', 'both are cut off'],
  refusal: ['refuses', 'both refuse'],
  empty: ['is empty', 'both are empty'],
  content_filter: ['was filtered', 'both were filtered'],
};

const badgeParts = (pair: DiffedPair): readonly HeadlinePart[] => {
  const { badges } = pair.comparison;
  return (Object.keys(badgeSentences) as Badge[]).flatMap((badge) => {
    const has = sides.filter((side) => badges[side].includes(badge));
    const [one, both] = badgeSentences[badge];
    if (has.length === 2) return [bad(both)];
    return has.map((side) =>
      badge === 'json_invalid' && parseJsonAnswer(pair[side].text) !== null
        ? bad(`${side}: JSON in a code fence`)
        : bad(`${side} ${one}`),
    );
  });
};

/** Says whose JSON is in a code fence, where that makes the answer different and not useless. */
const fenceParts = ({ baseline, candidate, comparison }: DiffedPair): readonly HeadlinePart[] => {
  if (sides.some((side) => comparison.badges[side].includes('json_invalid'))) return [];
  const [first, second] = [parseJsonAnswer(baseline.text), parseJsonAnswer(candidate.text)];
  if (first === null || second === null || first.fence === second.fence) return [];
  if (first.fence !== null && second.fence !== null) {
    return [difference(`code fence ${shown(first.fence)} → ${shown(second.fence)}`)];
  }
  return [difference(`${first.fence === null ? 'candidate' : 'baseline'}: JSON in a code fence`)];
};

/** Says which side breaks the schema of the request, with the first problem. */
const schemaParts = (sections: readonly FieldSection[]): readonly HeadlinePart[] => {
  const problems = (side: Side): readonly string[] =>
    sections.flatMap(({ call, problems: found }) =>
      (found[side] ?? []).map((each) => (call === null ? each : `${call.name}: ${each}`)),
    );
  const [first, second] = [problems('baseline'), problems('candidate')];
  const sentence = (subject: string, found: readonly string[]): readonly HeadlinePart[] => {
    const [most] = found;
    if (most === undefined) return [];
    const more = found.length > 1 ? ` + ${found.length - 1}` : '';
    return [bad(`${subject}: ${truncateCells(printableLine(most), 60)}${more}`)];
  };
  const own = (found: readonly string[], others: readonly string[]): readonly string[] =>
    found.filter((each) => !others.includes(each));
  return [
    ...sentence('candidate breaks the schema', own(second, first)),
    ...sentence('baseline breaks the schema', own(first, second)),
    ...sentence(
      'both break the schema',
      first.filter((each) => second.includes(each)),
    ),
  ];
};

const languagePart = ({ baseline, candidate, comparison }: DiffedPair): readonly HeadlinePart[] => {
  if (!comparison.differs.language) return [];
  const [from, to] = [scriptOf(baseline.text), scriptOf(candidate.text)];
  return [difference(`language: ${from ?? '—'} → ${to ?? '—'}`)];
};

const finishPart = ({ baseline, candidate, comparison }: DiffedPair): readonly HeadlinePart[] =>
  comparison.differs.finishReason
    ? [
        difference(
          `finish ${shown(baseline.finishReason ?? '—')} → ${shown(candidate.finishReason ?? '—')}`,
        ),
      ]
    : [];

const otherParts = ({ baseline, candidate }: DiffedPair): readonly HeadlinePart[] => {
  const kinds = [...new Set([...(baseline.otherParts ?? []), ...(candidate.otherParts ?? [])])];
  return [
    ...(kinds.length === 0
      ? []
      : [difference(`${kinds.slice(0, 2).map(shown).join(' and ')} not compared`)]),
    ...(otherChoicesDiffer(baseline, candidate)
      ? [difference('choices after the first differ')]
      : []),
  ];
};

const callParts = (sections: readonly FieldSection[]): readonly HeadlinePart[] => {
  const calls = sections.filter(({ call }) => call !== null);
  const only = (side: Side): readonly string[] =>
    calls.flatMap((section) => (section.only === side ? [shown(section.call?.name ?? '')] : []));
  const [left, right] = [only('baseline'), only('candidate')];
  const parts: HeadlinePart[] = [];
  if (left.length === 1 && right.length === 1)
    parts.push(difference(`calls ${left[0]} → ${right[0]}`));
  else {
    if (left.length > 0) parts.push(difference(`only baseline calls ${counted(left)}`));
    if (right.length > 0) parts.push(difference(`only candidate calls ${counted(right)}`));
  }
  const changed = calls.filter(
    ({ differences, only: side, table }) =>
      side === null && (differences.length > 0 || table.rows.some(({ kind }) => kind !== 'same')),
  );
  for (const section of changed.slice(0, maximumValues)) {
    parts.push(difference(argumentsText(section, calls.length)));
  }
  if (changed.length > maximumValues) {
    parts.push(difference(`${count(changed.length - maximumValues)} more calls differ`));
  }
  if (calls.length > 0 && parts.length === 0) {
    parts.push(note(calls.length === 1 ? 'same call' : `same ${count(calls.length)} calls`));
  }
  return parts;
};

const counted = (names: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const texts = [...counts].map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));
  return texts.length <= maximumValues
    ? texts.join(', ')
    : `${texts.slice(0, maximumValues).join(', ')} + ${texts.length - maximumValues}`;
};

/** `same call, 3 of 6 arguments: date, cabin, adults`, or the values if few differ. */
const argumentsText = (section: FieldSection, calls: number): string => {
  const { call, table } = section;
  const differences = wholeDifferences(section);
  const name = shown(call?.name ?? '');
  if (differences.length === 0) return `${name}: arguments that are no JSON object`;
  if (differences.length < maximumValues) {
    return `${name}: ${differences.map(valueText).join(', ')}`;
  }
  const leaves = table.rows.filter(({ kind }) => kind !== 'order');
  const changed = leaves.filter(({ kind }) => kind !== 'same').length;
  const paths = differences.slice(0, 4).map(({ path }) => shown(shownPath(path)));
  const more = differences.length > 4 ? ' …' : '';
  const total = table.omitted === 0 ? `${count(changed)} of ${count(leaves.length)}` : 'many';
  return `same call${calls > 1 ? ` of ${name}` : ''}, ${total} arguments: ${paths.join(', ')}${more}`;
};

/** One difference in values: `qty 1 → 10`, `cabin only in baseline`, `order of items`. */
const valueText = ({ baseline, candidate, kind, path }: JsonDifference): string => {
  const at = shown(shownPath(path));
  const place = at === '' ? '' : `${at} `;
  if (kind === 'order') return `order of ${at === '' ? 'items' : at}`;
  if (baseline === null) return `${at} ${shown(candidate ?? '')} only in candidate`;
  if (candidate === null) return `${at} ${shown(baseline)} only in baseline`;
  const alike = kind === 'value' ? lookAlikeReason(baseline, candidate) : null;
  if (alike !== null) return `${place}looks the same: ${alike}`;
  return `${place}${excerpts(baseline, candidate).join(' → ')}`;
};

/** Returns the differences of a section with their whole values, where those of the list are cut. */
const wholeDifferences = ({ differences, table }: FieldSection): readonly JsonDifference[] => {
  const cut = differences.filter(({ kind }) => kind === 'value').some(looksTheSameCut);
  if (!cut) return differences;
  const rows = new Map(table.rows.map((row) => [row.path, row]));
  return differences.map((each) => {
    const { baseline, candidate } = rows.get(each.path) ?? each;
    return each.kind === 'value' && looksTheSameCut(each) ? { ...each, baseline, candidate } : each;
  });
};

const looksTheSameCut = ({ baseline, candidate }: JsonDifference): boolean =>
  baseline !== null && baseline === candidate;

const textParts = (pair: DiffedPair): readonly HeadlinePart[] => {
  const { baseline, candidate, fields } = pair;
  if (baseline.refusal !== candidate.refusal && baseline.text === candidate.text) {
    return baseline.refusal !== '' && candidate.refusal !== ''
      ? [difference('words of the refusals')]
      : [];
  }
  if (baseline.text === candidate.text) return [];
  const json = fields?.find(({ call }) => call === null) ?? null;
  if (json !== null) return jsonParts(json);
  if (baseline.text.trim() === '') return [difference('only the candidate has text')];
  if (candidate.text.trim() === '') return [difference('only the baseline has text')];
  const invalid = sides.filter((side) => pair.comparison.badges[side].includes('json_invalid'));
  // If only one side is JSON, comparing words tells nothing.
  if (invalid.length === 1) return sizePart(baseline.text, candidate.text);
  return [...proseParts(pair), ...sizePart(baseline.text, candidate.text)];
};

const importance: Record<JsonDifference['kind'], number> = {
  type: 0,
  value: 0,
  missing: 1,
  extra: 1,
  order: 2,
};

const jsonParts = (section: FieldSection): readonly HeadlinePart[] => {
  const { problems, table } = section;
  const differences = wholeDifferences(section);
  const sorted = differences.toSorted((a, b) => importance[a.kind] - importance[b.kind]);
  const values = sorted.filter(({ kind }) => kind !== 'order');
  const orders = sorted.filter(({ kind }) => kind === 'order');
  const more = values.length - maximumValues;
  const parts = [...values.slice(0, maximumValues), ...orders.slice(0, 1)].map((each) =>
    difference(valueText(each)),
  );
  if (more > 0) {
    const least = differences.length >= maximumJsonDifferences ? ' or more' : '';
    const fields = more === 1 && least === '' ? 'field' : 'fields';
    parts.splice(maximumValues, 0, difference(`+ ${count(more)}${least} ${fields}`));
  }
  if (table.omitted === 0) {
    const leaves = table.rows.filter(({ kind }) => kind !== 'order');
    const same = leaves.filter(({ kind }) => kind === 'same').length;
    parts.push(note(`${count(same)} of ${count(leaves.length)} values equal`));
  }
  const holds = sides.every((side) => problems[side]?.length === 0);
  return holds ? [...parts, note('schema holds')] : parts;
};

/** Differences that are invisible or say little, else the words and facts that changed. */
const proseParts = ({ alignment, baseline, candidate }: DiffedPair): readonly HeadlinePart[] => {
  const alike = lookAlikeReason(baseline.text, candidate.text);
  if (alike !== null) return [difference(`text looks the same: ${alike}`)];
  const bare = (text: string): string => text.replaceAll(/\s+/g, '');
  if (bare(baseline.text) === bare(candidate.text)) return [difference('white space only')];
  if (bare(baseline.text).toLowerCase() === bare(candidate.text).toLowerCase()) {
    return [difference('upper and lower case only')];
  }
  const [a, b] = [baseline.text, candidate.text].map((text) => bare(withoutFormatting(text)));
  if (a === b) return [difference('formatting only')];
  if (a?.toLowerCase() === b?.toLowerCase()) {
    return [difference('formatting, upper and lower case only')];
  }
  if (alignment === null) return [difference('text differs')];
  const parts = alignedProseParts(alignment, {
    baseline: baseline.text,
    candidate: candidate.text,
  });
  return parts.some(({ kind }) => kind === 'difference')
    ? parts
    : [difference('words in another order'), ...parts];
};

/**
 * Returns a Markdown text without the marks of headings, quotes, lists, code and emphasis. A mark within a word
 * or between spaces is none: `2*3`, `snake_case`, `5 > 3`.
 */
const withoutFormatting = (text: string): string => {
  const plain = text
    .replaceAll(/^[^\S\n]*(?:#{1,6}[^\S\n]+|>[^\S\n]?|\*[^\S\n]+)+/gm, '')
    .replaceAll('`', '');
  return emphasis.reduce((rest, marks) => rest.replaceAll(marks, '$2'), plain);
};

/** Strong emphasis comes first, because it may hold the other. */
const emphasis = [
  /(?<![\p{L}\p{N}*])(\*{2,3})(?=\S)([^\n]{1,200}?)(?<=\S)\1(?![\p{L}\p{N}*])/gu,
  /(?<![\p{L}\p{N}_])(_{2,3})(?=\S)([^\n]{1,200}?)(?<=\S)\1(?![\p{L}\p{N}_])/gu,
  /(?<![\p{L}\p{N}*])(\*)(?=\S)([^\n*]{1,200}?)(?<=\S)\*(?![\p{L}\p{N}*])/gu,
  /(?<![\p{L}\p{N}_])(_)(?=\S)([^\n_]{1,200}?)(?<=\S)_(?![\p{L}\p{N}_])/gu,
];

/** `98 → 61 words`, or characters where words are not divided by spaces. */
const sizePart = (baseline: string, candidate: string): readonly HeadlinePart[] => {
  const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
  const wides = [baseline, candidate].map((text) => text.match(wide)?.length ?? 0);
  const words = [baseline, candidate].map((text) => text.match(/\S+/g)?.length ?? 0);
  const isWide = wides.every((number, index) => number > 2 * (words[index] ?? 0));
  const [from = 0, to = 0] = isWide ? [baseline.length, candidate.length] : words;
  return from === to
    ? []
    : [note(`${count(from)} → ${count(to)} ${isWide ? 'characters' : 'words'}`)];
};
