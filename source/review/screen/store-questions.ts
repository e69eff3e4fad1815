import { answerFields } from '../../comparison/answer-fields.ts';
import { coveredPaths, placeIn, visibleDivergences } from '../../comparison/covered-paths.ts';
import { shownPath } from '../../comparison/json/json-differences.ts';
import { compactJson } from '../../comparison/json/lossless-json.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import type { Pair, SideRecord } from '../../store/comparisons/pairs.ts';
import { printableLine } from '../../text/printable.ts';
import { cellWidth } from '../../text/width.ts';
import type { ShortPair } from '../session/modes.ts';
import type { PairKey } from '../session/pair-key.ts';
import type { Action, Effect } from '../session/step.ts';
import { rowCells } from '../view/list-rows.ts';
import { chatRequestOf } from '../../traffic/chat-request.ts';
import { askedMessage } from '../view/question.ts';
import type { ReviewedComparisons } from './reviewed-comparisons.ts';
import type { ReviewServices } from './services.ts';

/** The effects that ask the store for rows of a list. */
type QuestionEffect = Extract<Effect, { kind: 'list_rows' | 'list_comparisons' }>;

/** The parts of a review that questions need. */
type QuestionScreen = Pick<ReviewServices, 'listComparisons'> & {
  readonly comparisons: ReviewedComparisons;
  /** The width of the screen in cells. */
  readonly columns: () => number;
  readonly act: (action: Action) => void;
  /** Resolves once the pairs are read that the review did not begin with. */
  readonly restIsRead: () => Promise<void>;
  readonly isClosed: () => boolean;
  readonly fail: (error: unknown) => void;
};

/** Asks the store for rows of lists. Only the last question of its kind is answered. */
export class StoreQuestions {
  readonly #screen: QuestionScreen;
  readonly #asked = new Map<string, number>();

  constructor(screen: QuestionScreen) {
    this.#screen = screen;
  }

  perform(effect: QuestionEffect): void {
    switch (effect.kind) {
      case 'list_rows': {
        const { isOffered = false, pairs } = effect;
        void this.ask('list', async () => ({
          kind: 'rows_listed',
          rows: await this.#shortPairs(pairs),
          isOffered,
        }));
        return;
      }
      case 'list_comparisons':
        void this.ask('list', async () => ({
          kind: 'comparisons_listed',
          comparisons: await this.#screen.listComparisons(),
        }));
        return;
    }
  }

  /** Asks a question; its answer is dropped if a later one of its kind is asked, or the review has ended. */
  async ask(kind: 'list' | 'rules', question: () => Promise<Action>): Promise<void> {
    const own = (this.#asked.get(kind) ?? 0) + 1;
    this.#asked.set(kind, own);
    const isCurrent = (): boolean => !this.#screen.isClosed() && this.#asked.get(kind) === own;
    try {
      const action = await question();
      // The answer may be about pairs that are still being read.
      await this.#screen.restIsRead();
      if (isCurrent()) this.#screen.act(action);
    } catch (error) {
      if (isCurrent()) this.#screen.fail(error);
    }
  }

  /** Loads pairs as far as they are short enough for a row of the screen. */
  async #shortPairs(pairs: readonly PairKey[]): Promise<readonly ShortPair[]> {
    const { answer } = rowCells(this.#screen.columns(), this.#screen.comparisons.names);
    const rows: ShortPair[] = [];
    for (const { captureId, comparisonId } of pairs) {
      const { loadPair } = this.#screen.comparisons.of({ comparisonId });
      const row = shortPair(comparisonId, await loadPair(captureId), answer);
      if (row === null) break;
      rows.push(row);
    }
    return rows;
  }
}

/**
 * Returns a pair as a row if both answers fit into a line of `cells`; otherwise null. JSON is one line
 * without its white space, or only the fields that count if it does not fit. A pair with tool calls, or with an answer that is cut off, refused, empty or
 * does not parse, is not short: such news needs a screen of its own.
 */
const shortPair = (comparisonId: string, pair: Pair, cells: number): ShortPair | null => {
  const { capture, comparison, sides } = pair;
  if (comparison === null || hasBadNews(comparison)) return null;
  const whole = [answerLine(sides.baseline), answerLine(sides.candidate)] as const;
  const fits = (line: string | null): line is string => line !== null && cellWidth(line) <= cells;
  const [baseline, candidate] = whole.every(fits) ? whole : fieldLines(pair);
  if (!fits(baseline) || !fits(candidate)) return null;
  // Answers that differ in their form only would look the same.
  if (baseline === candidate) return null;
  const question = printableLine(
    askedMessage(chatRequestOf(capture)).text.replaceAll(/\s+/g, ' ').trim(),
  );
  return { comparisonId, captureId: capture.id, question, baseline, candidate };
};

const hasBadNews = ({ badges, differs }: PairComparison): boolean =>
  badges.baseline.length > 0 || badges.candidate.length > 0 || differs.finishReason;

const answerLine = (record: SideRecord): string | null => {
  if (record.kind !== 'answered') return null;
  const { otherParts = [], text, toolCalls } = record.answer;
  if (toolCalls.length > 0 || otherParts.length > 0) return null;
  const json = parseJsonAnswer(text);
  const line = json === null || json.fence !== null ? text.trim() : compactJson(json.value);
  return line === '' || /[\r\n]/.test(line) ? null : printableLine(line);
};

/** The longest answer of which the fields are read for a row. */
const longestFields = 4096;

/**
 * Returns the fields of two JSON answers in which they differ, as lines: `priority "low", …`. Equal fields, and
 * what rules cover, are the `…`. Nulls if the answers are anything else, or longer than a row may be.
 */
const fieldLines = ({ rules, sides }: Pair): readonly [string | null, string | null] => {
  const none = [null, null] as const;
  const { baseline, candidate } = sides;
  if (baseline.kind !== 'answered' || candidate.kind !== 'answered') return none;
  const answers = [baseline.answer, candidate.answer] as const;
  const isPlain = answers.every(
    ({ otherParts = [], text, toolCalls }) =>
      text.length <= longestFields &&
      toolCalls.length === 0 &&
      otherParts.length === 0 &&
      parseJsonAnswer(text)?.fence === null,
  );
  if (!isPlain) return none;
  const fields = answerFields(...answers, {});
  const texts = { baseline: answers[0].text, candidate: answers[1].text };
  const covered = coveredPaths(visibleDivergences(fields, texts), rules);
  const rows = (fields ?? []).flatMap((section) => section.table.rows);
  const open = rows.filter(
    ({ kind, path }) => kind !== 'same' && !covered.has(placeIn({ call: null }, path)),
  );
  const line = (side: 'baseline' | 'candidate'): string =>
    printableLine(
      [
        ...open.map((row) => `${shownPath(row.path)} ${row[side] ?? '(none)'}`),
        ...(open.length < rows.length ? ['…'] : []),
      ].join(', '),
    );
  return [line('baseline'), line('candidate')];
};
