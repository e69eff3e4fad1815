import { remedyFor, remedyText } from '../../models/adaptation/remedy.ts';
import { sides, type Badge, type PairComparison, type Side } from '../../comparison/outcome.ts';
import { ruleText } from '../../comparison/settling-rules.ts';
import { truncateCells } from '../../text/width.ts';
import { printableLine } from '../../text/printable.ts';
import type { SideRecord } from '../../store/comparisons/pairs.ts';
import type { PairView } from '../pair-view.ts';
import { openNames, type SideNames } from './hidden.ts';
import { needsNoPerson, type Entry } from '../session/entry.ts';
import { keyHint, type Keymap } from '../session/keymap.ts';
import { dim, fitRuns, type Style, type StyledRun } from './styled-text.ts';

/** A part of the row that says how the answers differ. Its text is safe to print. */
export type DifferencePart = {
  readonly text: string;
  /** `bad`: an answer that is of no use; `note`: a remark on the pair rather than a difference. */
  readonly tone: 'bad' | 'plain' | 'note' | 'action';
};

const toneStyles: Readonly<Record<DifferencePart['tone'], Style>> = {
  bad: 'error',
  plain: 'plain',
  note: 'dim',
  action: 'accent',
};

/** Returns one row of a label and the parts, the most important first; it is cut at the width. */
export const differenceRuns = (
  label: string,
  parts: readonly DifferencePart[],
  width: number,
): readonly StyledRun[] =>
  fitRuns(
    [
      { text: ` ${label}`.padEnd(10), style: 'bold' },
      ...parts.flatMap(({ text, tone }, index) => [
        dim(index === 0 ? '' : '  ·  '),
        { text, style: toneStyles[tone] },
      ]),
    ],
    width,
  );

/** Returns the label of the row: what the machine says about the pair. */
export const differenceLabel = (entry: Entry | null, view: PairView | null): string => {
  if (entry === null || view === null) return '';
  if (sides.some((side) => view.sides[side].kind === 'failed')) return 'FAILED';
  if (view.comparison === null) return '';
  if (entry.byRule === true) return 'RULE';
  return needsNoPerson(entry) ? 'SAME' : 'DIFFERS';
};

type DifferenceOptions = {
  readonly keymap: Keymap;
  /** By default those of an open review. */
  readonly names?: SideNames;
  /** The sides whose answer may give its model away in a blind review; by default none. */
  readonly tellTale?: readonly Side[];
};

/**
 * Returns how the answers of a pair differ: first what makes an answer useless, then the reason of the
 * machine, then remarks. Nothing is said twice.
 */
export const differenceParts = (
  entry: Entry | null,
  view: PairView | null,
  { keymap, names = openNames, tellTale = [] }: DifferenceOptions,
): readonly DifferencePart[] => {
  if (entry === null || view === null) return [];
  const tells = tellTale.map((side): DifferencePart => ({
    text: `[${names[side]}: names a model]`,
    tone: 'bad',
  }));
  const failures = sides.flatMap((side) => failureParts(side, view, keymap));
  const { comparison } = view;
  if (comparison === null) {
    return [...tells, ...(failures.length > 0 ? failures : waitingParts(view))];
  }
  // Until the pair is aligned, the machine's reason stands for what differs in values.
  const differences =
    view.headline.length > 0
      ? view.headline.map(({ kind, text }) => ({
          text: namedSides(text, names),
          tone: headlineTones[kind],
        }))
      : [...badParts(comparison, names), ...reasonParts(comparison)];
  return [
    ...tells,
    ...failures,
    ...ruleParts(entry, view),
    ...differences,
    ...partialParts(entry, view),
  ];
};

/** The number of rules that are named here; the list of rules has all of them. */
const namedRules = 2;

/** Returns the rules that settle a pair, with their authors. */
const ruleParts = (entry: Entry, { settledBy }: PairView): readonly DifferencePart[] => {
  if (entry.byRule !== true) return [];
  const more = settledBy.length - namedRules;
  return [
    ...settledBy.slice(0, namedRules).map((rule): DifferencePart => ({
      text: `${ruleText(rule)} (${truncateCells(printableLine(rule.author), 24)})`,
      tone: 'action',
    })),
    ...(more > 0 ? [{ text: `+ ${more} rules`, tone: 'action' as const }] : []),
  ];
};

/** The words around the name of a side in the parts of a headline. */
const sideWords =
  /(?<=\bonly (?:in )?(?:the )?)(?:baseline|candidate)\b|^(?:baseline|candidate)(?=:| (?:breaks|does not parse|is cut off|refuses|is empty|was filtered))/g;

/** Returns a part of a headline with the names that the panes have. */
const namedSides = (text: string, names: SideNames): string =>
  names === openNames
    ? text
    : text.replaceAll(sideWords, (word) =>
        word === 'baseline' ? names.baseline : names.candidate,
      );

const headlineTones = { bad: 'bad', difference: 'plain', note: 'note' } as const;

const waitingParts = ({ sides: records }: PairView): readonly DifferencePart[] =>
  sides.every((side) => records[side].kind === 'answered')
    ? []
    : [{ text: 'not known before both have answered', tone: 'note' }];

const badWords: Readonly<Record<Badge, string>> = {
  json_invalid: 'JSON does not parse',
  truncated: 'cut off',
  refusal: 'refused',
  empty: 'empty answer',
  content_filter: 'stopped by a content filter',
};

const badParts = ({ badges }: PairComparison, names: SideNames): readonly DifferencePart[] => {
  const both = badges.baseline.filter((badge) => badges.candidate.includes(badge));
  const part = (who: string, badge: Badge): DifferencePart => ({
    text: `${who}: ${badWords[badge]}`,
    tone: 'bad',
  });
  return [
    ...both.map((badge) => part('both', badge)),
    ...sides.flatMap((side) =>
      badges[side]
        .filter((badge) => !both.includes(badge))
        .map((badge) => part(names[side], badge)),
    ),
  ];
};

/** The words of a reason that a badge says already. */
const saidByBadge: readonly { readonly words: RegExp; readonly badges: readonly Badge[] }[] = [
  { words: /^only the \w+ refuses$/, badges: ['refusal'] },
  { words: /^the \w+'s JSON does not parse$/, badges: ['json_invalid'] },
  { words: /^only the \w+ has text$/, badges: ['empty', 'refusal'] },
  { words: /^finish reason .* vs .*$/, badges: ['truncated', 'refusal', 'content_filter'] },
];

const reasonParts = ({ badges, differs, reason }: PairComparison): readonly DifferencePart[] => {
  const all = new Set([...badges.baseline, ...badges.candidate]);
  const clauses = reason
    .split(', ')
    .filter(
      (clause) =>
        !saidByBadge.some(
          (said) => said.words.test(clause) && said.badges.some((badge) => all.has(badge)),
        ),
    );
  const text = printableLine(clauses.join(', '));
  const more = [
    ...(differs.toolCalls && !reason.includes('tool call') ? ['tool calls differ'] : []),
    ...(differs.language && !reason.includes('language') ? ['language differs'] : []),
  ];
  return [text, ...more].flatMap((part) => (part === '' ? [] : [{ text: part, tone: 'plain' }]));
};

/** The number of missing parts that are named here; the details name all of them. */
const namedParts = 2;

/**
 * Returns the parts of the request that the recording lost, for pairs that a person judges: they
 * may explain why the answers differ from each other or from production's.
 */
const partialParts = (entry: Entry, { capture }: PairView): readonly DifferencePart[] => {
  const { partial } = capture;
  if (partial.length === 0 || needsNoPerson(entry)) return [];
  const shown = partial.slice(0, namedParts).map(printableLine).join(', ');
  const more = partial.length > namedParts ? ` + ${partial.length - namedParts}` : '';
  return [{ text: `partial: ${shown}${more}`, tone: 'note' }];
};

const failureParts = (side: Side, view: PairView, keymap: Keymap): readonly DifferencePart[] => {
  const record = view.sides[side];
  if (record.kind !== 'failed') return [];
  const message = { text: printableLine(record.failure.message), tone: 'plain' } as const;
  return [...retryHint(record, view, keyHint(keymap, 'side.retry')), message];
};

/** Describes how a retry changes a request that was refused because of a parameter. */
const retryHint = (
  { failure }: Extract<SideRecord, { kind: 'failed' }>,
  { capture }: PairView,
  key: string,
): readonly DifferencePart[] => {
  const remedy = remedyFor(failure, capture.request);
  return remedy === null
    ? []
    : [{ text: `${key}: retry ${printableLine(remedyText(remedy))}`, tone: 'action' }];
};
