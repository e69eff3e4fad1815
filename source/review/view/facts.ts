import { sides, type Side } from '../../comparison/outcome.ts';
import {
  costComparison,
  count,
  dollars,
  duration,
  speedComparison,
  unknown,
} from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, truncateCells } from '../../text/width.ts';
import type { SideRecord } from '../../store/comparisons/pairs.ts';
import type { LiveSide, PairView } from '../pair-view.ts';
import { hiddenText, openNames, type SideNames } from './hidden.ts';
import { dim, fitRuns, plain, type StyledRun } from './styled-text.ts';
import { shortModelName, type Title } from './top.ts';

/** The names of the models, and those of the sides, which say whether models are hidden. */
type Naming = {
  readonly title: Pick<Title, 'baseline' | 'candidate'>;
  readonly names: SideNames;
};

type Answered = Extract<SideRecord, { kind: 'answered' }>;

/** The widths of the table's columns in cells, which depend on the terminal only. */
type Columns = {
  readonly side: number;
  readonly finish: number;
  readonly input: number;
  readonly output: number;
  readonly cost: number;
  /** 0 if there is no room for the time of the first token. */
  readonly first: number;
  readonly total: number;
  /** Whether a ratio has its word: `▲ 2.3× faster`; otherwise `▲ 2.3×`. */
  readonly words: boolean;
};

const columnsFor = (width: number): Columns =>
  width >= 100
    ? { side: 11, finish: 12, input: 8, output: 7, cost: 15, first: 15, total: 15, words: true }
    : width >= 76
      ? { side: 10, finish: 11, input: 7, output: 6, cost: 11, first: 9, total: 9, words: false }
      : { side: 10, finish: 11, input: 7, output: 6, cost: 11, first: 0, total: 9, words: false };

/**
 * Returns the facts about both sides as a table: a head, a row for each side and, if `ratios`, a row of
 * ratios. Where nothing is known about two answers, it is one row that says so.
 */
export const factRows = (
  view: PairView | null,
  { names, title }: Naming,
  width: number,
  ratios: boolean,
): readonly (readonly StyledRun[])[] => {
  if (view !== null) {
    const { baseline, candidate } = view.sides;
    const areAnswered = baseline.kind === 'answered' && candidate.kind === 'answered';
    if (
      areAnswered &&
      !isMeasured(baseline, view.cost.baseline) &&
      !isMeasured(candidate, view.cost.candidate)
    ) {
      return [fitRuns(unknownRuns(baseline, candidate, { title, names }), width)];
    }
  }
  const columns = columnsFor(width);
  const rows = [headRuns(columns), ...sides.map((side) => sideRuns(side, view, names, columns))];
  if (ratios) rows.push(ratioRuns(view, columns));
  return rows.map((row) => fitRuns(row, width));
};

/** A candidate of several in the table, with its name there. */
type NamedCandidate = {
  readonly view: PairView;
  readonly title: Pick<Title, 'baseline' | 'candidate'>;
  readonly name: string;
};

/** The width of the names of several candidates. */
const candidateNames = 14;

/** Returns the facts about the baseline and several candidates; otherwise as `factRows`. */
export const candidateFactRows = (
  candidates: readonly NamedCandidate[],
  width: number,
  ratios: boolean,
): readonly (readonly StyledRun[])[] => {
  const unmeasured = candidates.flatMap(({ title, view }) => {
    const rows = factRows(view, { title, names: openNames }, width, false);
    return rows.length === 1 ? rows : [];
  });
  if (unmeasured.length === candidates.length) return unmeasured;
  const columns = { ...columnsFor(width), side: candidateNames };
  const [first] = candidates;
  const rows = [
    headRuns(columns),
    sideRuns('baseline', first?.view ?? null, openNames, columns),
    ...candidates.flatMap(({ name, view }) => [
      sideRuns('candidate', view, openNames, columns, name),
      ...(ratios ? [ratioRuns(view, columns)] : []),
    ]),
  ];
  return rows.map((row) => fitRuns(row, width));
};

const isMeasured = ({ answer, timings }: Answered, cost: number | null): boolean =>
  [
    answer.usage?.input,
    answer.usage?.output,
    cost,
    timings.timeToFirstTokenMs,
    timings.totalMs,
  ].some((value) => typeof value === 'number');

const unknownRuns = (
  baseline: Answered,
  candidate: Answered,
  { names, title }: Naming,
): readonly StyledRun[] => {
  const models = [
    baseline.answer.model ?? shortModelName(title.baseline),
    candidate.answer.model ?? shortModelName(title.candidate),
  ].map(printableLine);
  const finish = [baseline, candidate].map(({ answer }) =>
    printableLine(answer.finishReason ?? unknown),
  );
  const known = finish.some((reason) => reason !== unknown);
  const areRecorded = baseline.recorded && candidate.recorded;
  return [
    plain(` ${models[0]} → ${models[1]}`),
    plain(known ? ` · finish ${finish[0]} → ${finish[1]}` : ''),
    dim(
      names === openNames
        ? ` · no usage or times ${areRecorded ? 'were recorded' : 'are known'}`
        : ` · models, usage, times and costs are ${hiddenText(names)}`,
    ),
  ];
};

const headRuns = (columns: Columns): readonly StyledRun[] => [
  dim(
    [
      ' '.repeat(columns.side + 1),
      'finish'.padEnd(columns.finish),
      'tokens in → out'.padStart(columns.input + columns.output + 3),
      'cost'.padStart(columns.cost),
      columns.first === 0 ? '' : (columns.words ? 'first token' : 'first').padStart(columns.first),
      'total'.padStart(columns.total),
    ].join(''),
  ),
];

const sideRuns = (
  side: Side,
  view: PairView | null,
  names: SideNames,
  columns: Columns,
  label: string = names[side],
): readonly StyledRun[] => {
  const name: StyledRun = { text: ` ${label.padEnd(columns.side)}`, style: 'bold' };
  const record = view?.sides[side] ?? null;
  const live = view?.live[side] ?? null;
  if (view === null || record === null) return [name, dim('loading')];
  if (record.kind === 'answered') {
    return [name, ...answeredRuns(record, view.cost[side], columns)];
  }
  if (live !== null) return [name, ...liveRuns(live)];
  if (record.kind === 'failed') {
    const { reason, status } = record.failure;
    const attempts = record.attempts.length;
    const tried = `${count(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}`;
    return [
      name,
      { text: `failed: ${reason.replaceAll('_', ' ')}`, style: 'error' },
      plain(status === null ? '' : ` · HTTP ${status}`),
      dim(names === openNames ? ` · ${tried}` : ''),
    ];
  }
  return record.reason === null
    ? [name, dim('no answer yet')]
    : [name, { text: 'not sent', style: 'warning' }, plain(` · ${printableLine(record.reason)}`)];
};

const answeredRuns = (
  { answer, batch, recorded, timings }: Answered,
  cost: number | null,
  columns: Columns,
): readonly StyledRun[] => {
  const finish = truncateCells(printableLine(answer.finishReason ?? unknown), columns.finish - 1);
  const [input, output] = [answer.usage?.input, answer.usage?.output].map((value) =>
    count(value ?? null),
  );
  const times = `${columns.first === 0 ? '' : duration(timings.timeToFirstTokenMs).padStart(columns.first)}${duration(timings.totalMs).padStart(columns.total)}`;
  const origin = recorded ? `${answer.model === null ? '   ' : ' · '}recorded` : '';
  return [
    plain(finish + ' '.repeat(Math.max(1, columns.finish - cellWidth(finish)))),
    plain(`${(input ?? '').padStart(columns.input)} → ${(output ?? '').padStart(columns.output)}`),
    plain(dollars(cost).padStart(columns.cost)),
    batch ? dim('batch, not comparable'.padStart(columns.first + columns.total)) : plain(times),
    ...(columns.first === 0
      ? []
      : [plain(answer.model === null ? '' : `   ${printableLine(answer.model)}`), dim(origin)]),
  ];
};

/** Returns the state of a call: `retrying in 4 s · rate limited`. */
const liveRuns = ({ reason, seconds, state }: LiveSide): readonly StyledRun[] => {
  const why = plain(reason === null ? '' : ` · ${printableLine(reason)}`);
  const wait = (whole: number): string => (whole < 60 ? `${whole} s` : duration(whole * 1000));
  const when = seconds === null || seconds === 0 ? 'now' : `in ${wait(seconds)}`;
  switch (state) {
    case 'retrying':
      return [{ text: 'retrying', style: 'warning' }, plain(` ${when}`), why];
    case 'paused':
      return [
        { text: 'the provider is paused', style: 'warning' },
        plain(`, next try ${when}`),
        why,
      ];
    case 'queued':
      return [dim('queued')];
    default:
      return [{ text: state, style: 'accent' }];
  }
};

/** How the candidate compares with the baseline, each ratio below the values that it compares. */
const ratioRuns = (view: PairView | null, columns: Columns): readonly StyledRun[] => {
  if (view === null) return [];
  const { baseline, candidate } = view.sides;
  if (baseline.kind !== 'answered' || candidate.kind !== 'answered') return [];
  const areComparable =
    baseline.recorded === candidate.recorded && !baseline.batch && !candidate.batch;
  const speed = (name: 'timeToFirstTokenMs' | 'totalMs'): string | null =>
    areComparable ? speedComparison(baseline.timings[name], candidate.timings[name]) : null;
  const tokens = change(baseline.answer.usage?.output, candidate.answer.usage?.output);
  return [
    plain(' '.repeat(1 + columns.side + columns.finish)),
    dim(tokens.padStart(columns.input + columns.output + 3)),
    ratio(costComparison(view.cost.baseline, view.cost.candidate), columns.cost, columns),
    ...(columns.first === 0 ? [] : [ratio(speed('timeToFirstTokenMs'), columns.first, columns)]),
    ratio(speed('totalMs'), columns.total, columns),
  ];
};

/** Formats how many more or fewer tokens the candidate's answer has: `−70 %`. */
const change = (before: number | null | undefined, after: number | null | undefined): string => {
  if (typeof before !== 'number' || typeof after !== 'number' || before <= 0) return '';
  const percent = Math.round((after / before - 1) * 100);
  return percent === 0 ? '' : `${percent < 0 ? '−' : '+'}${count(Math.abs(percent))} %`;
};

const betterWords = /^(.*) (?:cheaper|faster)$/;
const worseWords = /^(.*) (?:dearer|slower)$/;

/** Returns a ratio with a mark that says whether the candidate is better, as wide as its column. */
const ratio = (text: string | null, width: number, { words }: Columns): StyledRun => {
  const better = betterWords.exec(text ?? '');
  const worse = worseWords.exec(text ?? '');
  const number = (better ?? worse)?.[1];
  if (text === null || number === undefined)
    return dim((words ? (text ?? '') : '').padStart(width));
  return {
    text: `${better === null ? '▼' : '▲'} ${words ? text : number}`.padStart(width),
    style: better === null ? 'warning' : 'good',
  };
};
