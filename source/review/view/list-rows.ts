import type { Verdict } from '../../comparison/outcome.ts';
import { differenceText, sidelessReason } from '../../comparison/difference-text.ts';
import { ruleScope, ruleText, ruleWords } from '../../comparison/settling-rules.ts';
import type { PairNumber } from '../../store/comparisons/pair-numbers.ts';
import { count, dollars } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth, padCells, truncateCells } from '../../text/width.ts';
import { hiddenLeftAt, shownVerdict } from '../session/blind.ts';
import type { Entry } from '../session/entry.ts';
import { firstVisible, type ListMode } from '../session/lists.ts';
import { pairId } from '../session/pair-key.ts';
import type { PairList } from '../session/pair-list.ts';
import type { Sorting } from '../session/pair-order.ts';
import { lengthRatio } from '../session/pair-lists.ts';
import { indexesIn, type PatternRow } from '../session/pattern-rows.ts';
import type { ShortAnswer, ShortPair } from '../session/modes.ts';
import type { Session } from '../session/session.ts';
import { dim, fitRuns, plain, runsWidth, type StyledRun, verdictMark } from './styled-text.ts';
import { shortModelName } from './top.ts';

type Runs = readonly StyledRun[];

/** The names of the candidates by comparison; empty if there is one candidate, or none may be named. */
export type CandidateNames = ReadonlyMap<string, string>;

/**
 * Returns the rows of an open list: a head, then as many rows as fit around the cursor. The others are not
 * built. `height`: all rows, at least 2.
 */
export const listRows = (
  session: Session,
  list: ListMode,
  candidates: CandidateNames,
  { height, width }: { readonly width: number; readonly height: number },
): readonly Runs[] => {
  const { rows } = list;
  if (rows === null) return [[dim(loadingText(list))]];
  const room = height - 1;
  const first = firstVisible(list.cursor, rows.length, room);
  const shown = Array.from(
    { length: Math.min(room, rows.length - first) },
    (_, index) => first + index,
  );
  const body = rowsOf(session, list, candidates, { shown, width });
  const marked = body.map((runs, index) => {
    const isCursor = first + index === list.cursor;
    const mark: StyledRun = { text: isCursor ? '▌ ' : '  ', style: 'accent' };
    const target = { kind: 'row', index: first + index } as const;
    return fitRuns([mark, ...runs], width).map((run) => ({ ...run, target }));
  });
  const heads = headsOf(session, list, width).map((head) => `  ${head}`);
  const head = heads.find((one) => cellWidth(one) <= width) ?? heads.at(-1) ?? '';
  return [fitRuns([dim(head)], width), ...marked];
};

const loadingText = (list: ListMode): string => {
  switch (list.kind) {
    case 'pairs':
      return `loading the ${sortingNames[list.sorting]} of every pair`;
    case 'patterns':
      return 'counting the patterns';
    default:
      return 'loading';
  }
};

/** Returns the head of a list and, where it may be too wide, a shorter one: what the columns are is said in both. */
const headsOf = ({ walk }: Session, list: ListMode, width: number): readonly string[] => {
  const total = list.rows?.length ?? 0;
  const counted = (one: string, many: string): string =>
    `${count(total)} ${total === 1 ? one : many}`;
  switch (list.kind) {
    case 'pairs': {
      const sorted = sortingNames[list.sorting];
      const numbers = numberColumns(list, width).map((name) => `${sortingNames[name]}, `);
      const outcome = list.sorting === 'outcome' ? `${sorted}, ` : '';
      const columns = `(number, verdict, endpoint, id, ${numbers.join('')}${outcome}what differs)`;
      const walked = walk === null ? '' : ` of this ${walk.choice.kind}`;
      const pairs = counted('pair', 'pairs');
      return [
        `${pairs}${walked}, by ${sorted}   ${columns}`,
        `${pairs}, by ${sorted} ${columns}`,
        `${pairs} ${columns}`,
      ];
    }
    case 'rows': {
      const columns = '(verdict, question, baseline, candidate)';
      const pairs = counted('pair', 'pairs');
      const left = list.leftOut === 0 ? '' : ` · ${count(list.leftOut)} left out`;
      const later = left === '' ? '' : `${left}, for later`;
      return [
        `${pairs} with answers of one line${later}   ${columns}`,
        `${pairs}${left}   ${columns}`,
      ];
    }
    case 'patterns': {
      if (list.rows?.length === 0 && list.isWhole) {
        return [
          'no patterns: they are of pairs that differ in JSON fields, tool calls, validity or refusal',
          'no patterns: they are of JSON fields, tool calls, validity and refusals',
        ];
      }
      const columns = '(pairs, judged, verdicts, endpoint, difference)';
      const patterns = counted('pattern', 'patterns');
      const [counting, soFar] = list.isWhole ? ['', ''] : [' so far (still counting)', ' so far'];
      return [
        `${patterns} of differences${counting}, the most frequent first   ${columns}`,
        `${patterns}${soFar}   ${columns}`,
      ];
    }
    case 'comparisons': {
      const columns = '(time, id, pairs, judged by you, models, name; ▸ is open)';
      const comparisons = counted('comparison', 'comparisons');
      return [
        `${comparisons} of this store, the newest first   ${columns}`,
        `${comparisons}   ${columns}`,
      ];
    }
    case 'rule':
      return ['what does not count from now on   (the pairs that it settles, rule, endpoint)'];
    case 'rules':
      return list.rows?.length === 0
        ? ['no rules: they say which differences do not count, and the review makes them']
        : [`${counted('rule', 'rules')} of this review   (pairs, rule, author, time)`];
    case 'palette':
      return [
        `${counted('command', 'commands')}; enter runs the one at the mark, or goes to the pair with this number or id`,
        `${counted('command', 'commands')}; enter runs the one at the mark, or goes to this pair`,
      ];
  }
};

/** The columns of the list of pairs by which it can be sorted. */
const sortingNames: Readonly<Record<Sorting, string>> = {
  position: 'number',
  endpoint: 'endpoint',
  outcome: 'outcome',
  verdict: 'verdict',
  cost: 'cost',
  length: 'bytes',
  ratio: 'ratio',
  likeness: 'likeness',
};

/** A narrow screen shows only the number by which the list is sorted: what differs says more. */
const numberColumns = (
  { sorting }: Extract<ListMode, { kind: 'pairs' }>,
  width: number,
): readonly PairNumber[] =>
  (['cost', 'length', 'ratio', 'likeness'] as const).filter(
    (name) => width >= narrowWidth || name === sorting,
  );

/** Below this number of columns, a list of pairs has room for one number, and others for short names. */
const narrowWidth = 100;

/** In at most seven cells. An answer of some characters has no ratio of 0. */
const ratioText = (ratio: number | null): string => {
  if (ratio === null) return '—';
  if (ratio > 0 && ratio < 0.005) return '<0.01×';
  return ratio < 999.995 ? `${ratio.toFixed(2)}×` : ratio < 1e6 ? `${Math.round(ratio)}×` : '>1e6×';
};

const rowsOf = (
  session: Session,
  list: ListMode,
  candidates: CandidateNames,
  { shown, width }: { readonly shown: readonly number[]; readonly width: number },
): readonly Runs[] => {
  switch (list.kind) {
    case 'pairs': {
      const columns = numberColumns(list, width);
      const listed = shown.flatMap((index) => {
        const at = list.rows?.[index];
        const entry = at === undefined ? undefined : session.entries.at(at);
        return at === undefined || entry === undefined ? [] : [{ at, entry }];
      });
      const cells = (name: 'endpoint' | 'captureId'): number =>
        Math.min(
          Math.floor(width / 6),
          Math.max(...listed.map(({ entry }) => cellWidth(printableLine(entry[name])))),
        );
      const [endpointCells, idCells] = [cells('endpoint'), cells('captureId')];
      return listed.flatMap(({ at, entry }) => {
        const own = [
          dim(`${count(at + 1).padStart(7)} `),
          markOf(session, entry),
          plain(` ${column(entry.endpoint, endpointCells)} `),
          plain(`${column(entry.captureId, idCells)} `),
          ...nameRuns(candidates, entry.comparisonId),
        ];
        if (list.sorting === 'outcome') own.push(dim(`${(entry.outcome ?? '—').padEnd(10)} `));
        const row = session.listed.get(pairId(entry)) ?? null;
        if (row === null) return [[...own, dim('…')]];
        const { cost, length } = row.numbers.candidate;
        const ratio = lengthRatio(row);
        // A price, or the length of an answer that is on the screen of the pair, would name the candidate.
        const isHidden = hiddenLeftAt(session, at) !== null;
        const numbers: Readonly<Record<PairNumber, string>> = {
          cost: dollars(isHidden ? null : cost).padStart(10),
          length: (isHidden ? '—' : count(length)).padStart(8),
          ratio: ratioText(isHidden ? null : ratio).padStart(7),
          likeness: (row.likeness === null ? '—' : `${Math.round(row.likeness * 100)} %`).padStart(
            6,
          ),
        };
        return [
          [
            ...own,
            dim(`${columns.map((name) => `${numbers[name]} `).join('')} `),
            plain(
              row.comparison === null
                ? (row.outcome ?? 'not answered yet')
                : session.blind
                  ? // The values would tell the sides apart.
                    sidelessReason(row.comparison.reason)
                  : differenceText(row.comparison),
            ),
          ],
        ];
      });
    }
    case 'rows': {
      const cells = rowCells(width, candidates);
      return shown.flatMap((index) => {
        const row = list.rows?.[index];
        if (row === undefined) return [];
        const [baseline, candidate] = markedMiddles(row.baseline.text, row.candidate.text);
        return [
          [
            markOf(session, session.entries.find(row)),
            dim(` ${column(row.question, cells.question)} `),
            ...nameRuns(candidates, row.comparisonId),
            ...paddedRuns([...remarkRuns(row.baseline), ...baseline], cells.answer),
            plain(' '),
            ...fitRuns([...remarkRuns(row.candidate), ...candidate], cells.answer),
          ],
        ];
      });
    }
    case 'patterns': {
      // The rows are those of the queue at the time of the count.
      const entries = session.entries.hasPlacesOf(list.entries) ? session.entries : list.entries;
      const marked = entries.markedIndexes();
      return shown.flatMap((index) => {
        const row = list.rows?.[index];
        if (row === undefined) return [];
        const { comparisonId } = row;
        const judged = verdictsIn(entries, row, marked);
        // Which verdicts they are would tell the sides of a review with control pairs.
        const verdicts = new Set(session.controls === null ? judged : []);
        return [
          [
            plain(`${count(row.pairs).padStart(7)} `),
            dim(`${count(judged.length).padStart(6)} `),
            ...Array.from(verdicts, (verdict) => verdictMark[verdict]),
            plain(' '.repeat(5 - verdicts.size)),
            dim(`${column(row.endpoint, Math.floor(width / 5))} `),
            ...nameRuns(candidates, comparisonId),
            plain(printableLine(session.blind ? row.sidelessLabel : row.label)),
          ],
        ];
      });
    }
    case 'comparisons':
      return shown.flatMap((index) => {
        const row = list.rows?.[index];
        if (row === undefined) return [];
        const models = `${row.baseline} → ${row.candidate}`;
        const named =
          width < narrowWidth
            ? `${shortModelName(row.baseline)} → ${shortModelName(row.candidate)}`
            : models;
        return [
          [
            dim(`${row.createdAt.slice(0, 16).replace('T', ' ')}  ${row.id}  `),
            dim(`${count(row.pairs).padStart(9)} `),
            plain(`${count(row.judged).padStart(7)}  `),
            {
              text: session.comparisonIds.includes(row.id) ? '▸ ' : '  ',
              style: 'accent' as const,
            },
            plain(printableLine(named)),
            dim(row.name === models ? '' : `  ${printableLine(row.name)}`),
          ],
        ];
      });
    case 'rule':
      return shown.flatMap((index) => {
        const row = list.rows?.[index];
        if (row === undefined) return [];
        const { rule, settles } = row;
        const kept =
          settles === null || settles.judged === 0
            ? ''
            : `  · ${count(settles.judged)} with a verdict, which stays`;
        return [
          [
            plain(`${settles === null ? '…' : count(settles.unjudged)} `.padStart(9)),
            dim(settles?.unjudged === 1 ? 'unjudged pair    ' : 'unjudged pairs   '),
            plain(ruleText(rule)),
            dim(` ${ruleScope(rule)}${kept}`),
          ],
        ];
      });
    case 'rules':
      return shown.flatMap((index) => {
        const row = list.rows?.[index];
        if (row === undefined) return [];
        const time = row.at.slice(0, 16).replace('T', ' ');
        const taken =
          row.takenBack === null
            ? ''
            : `  taken back ${row.takenBack.at.slice(0, 16).replace('T', ' ')} by ${printableLine(row.takenBack.reviewer)}`;
        const text = ruleWords(row);
        return [
          [
            plain(`${count(row.settled).padStart(7)} `),
            row.takenBack === null ? plain(text) : dim(text),
            dim(`  ${printableLine(row.author)} ${time}${taken}`),
          ],
        ];
      });
    case 'palette':
      return shown.flatMap((index) => {
        const row = list.rows[index];
        if (row === undefined) return [];
        return [
          [
            { text: row.keys.join(' ').padEnd(18), style: 'accent' as const },
            // On a narrow screen, what a command does says more than its name.
            ...(width < narrowWidth ? [] : [dim(row.id.padEnd(22))]),
            plain(row.help),
          ],
        ];
      });
  }
};

/** Returns the verdicts on the pairs of a pattern. `marked`: the indexes of all pairs with marks, ascending. */
const verdictsIn = (
  entries: PairList,
  row: PatternRow,
  marked: readonly number[],
): readonly Verdict[] => {
  // What is shorter is gone through.
  const own = row.pairs < marked.length * 8 ? row.indexes : indexesIn(row, marked);
  return Array.from(own).flatMap((index) => entries.marksAt(index).verdict ?? []);
};

/** The cells of a candidate's name. */
const nameCells = 20;

const nameRuns = (candidates: CandidateNames, comparisonId: string): Runs => {
  const name = candidates.get(comparisonId);
  return name === undefined ? [] : [plain(`${column(shortModelName(name), nameCells)} `)];
};

/** The widths of the columns of short pairs in cells, on a screen of `width` cells. */
export const rowCells = (
  width: number,
  candidates: CandidateNames,
): { readonly question: number; readonly answer: number } => {
  const question = Math.floor(width / 4);
  const name = candidates.size === 0 ? 0 : nameCells + 1;
  // The mark of the cursor, that of the verdict, and a cell between two columns.
  return { question, answer: Math.floor((width - question - name - 6) / 2) };
};

/** Returns two texts where what lies between their common start and end is marked. */
const markedMiddles = (one: string, other: string): readonly [Runs, Runs] => {
  const [a, b] = [Array.from(one), Array.from(other)];
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const runs = (text: readonly string[], style: 'removed' | 'added'): Runs => [
    plain(text.slice(0, start).join('')),
    { text: text.slice(start, text.length - end).join(''), style },
    plain(text.slice(text.length - end).join('')),
  ];
  return [runs(a, 'removed'), runs(b, 'added')];
};

const paddedRuns = (runs: Runs, width: number): Runs => {
  const fitted = fitRuns(runs, width);
  return [...fitted, plain(' '.repeat(Math.max(0, width - runsWidth(fitted))))];
};

/** Returns the short pairs on a screen of the list that are shown whole; none for other lists. */
export const wholeRows = (
  list: ListMode,
  candidates: CandidateNames,
  { height, width }: { readonly width: number; readonly height: number },
): readonly ShortPair[] => {
  if (list.kind !== 'rows' || list.rows === null) return [];
  const { answer } = rowCells(width, candidates);
  const first = firstVisible(list.cursor, list.rows.length, height - 1);
  return list.rows
    .slice(first, first + height - 1)
    .filter((row) => [row.baseline, row.candidate].every((one) => shortAnswerWidth(one) <= answer));
};

/** The cells of an answer in a row. */
export const shortAnswerWidth = (answer: ShortAnswer): number =>
  runsWidth(remarkRuns(answer)) + cellWidth(answer.text);

const remarkRuns = ({ remark, text }: ShortAnswer): Runs =>
  remark === null ? [] : [{ text: `[${remark}]${text === '' ? '' : ' '}`, style: 'error' }];

const markOf = (session: Session, entry: Entry | undefined): StyledRun => {
  if (entry?.verdict !== null && entry?.verdict !== undefined) {
    return verdictMark[shownVerdict(session, entry, entry.verdict)];
  }
  return plain(entry?.skipped === null || entry === undefined ? ' ' : '…');
};

const column = (text: string, width: number): string =>
  padCells(truncateCells(printableLine(text), width), width);
