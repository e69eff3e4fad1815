import { setImmediate } from 'node:timers/promises';
import { compareAnswers, comparisonRules } from '../comparison/compare-answers.ts';
import { sides, type Outcome, type Side } from '../comparison/outcome.ts';
import type { Answer } from '../models/answer.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { hasOlderOutcome, saveOutcome, uncomparedAnswers } from '../store/comparisons/outcomes.ts';
import type { Store } from '../store/open.ts';
import type { Capture } from '../traffic/capture.ts';
import { chatRequestOf } from '../traffic/chat-request.ts';
import type { JsonObject } from '../text/json.ts';

/**
 * Called for each compared pair once its outcome is stored. `byRule`: rules of the comparison settle it,
 * and not the machine.
 */
type OnOutcome = (
  captureId: string,
  outcome: Exclude<Outcome, 'failed'>,
  how: { readonly byRule: boolean },
) => void;

/**
 * Compares a pair if both sides are answered, and stores the outcome. `known` holds answers that
 * need not be loaded.
 */
export const comparePair = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly capture: Capture;
    readonly known: Partial<Record<Side, Answer | null>>;
    readonly onOutcome: OnOutcome;
  },
): Promise<void> => {
  const { capture, known, onOutcome } = options;
  let baseline = known.baseline ?? null;
  let candidate = known.candidate ?? null;
  if (baseline === null || candidate === null) {
    // An earlier run or another process may have answered the other side.
    const pair = await loadPair(store, comparisonId, capture.id);
    const [first, second] = sides.map((side) => pair.sides[side]);
    if (first?.kind !== 'answered' || second?.kind !== 'answered') return;
    baseline = first.answer;
    candidate = second.answer;
  }
  const pair = { captureId: capture.id, request: chatRequestOf(capture), baseline, candidate };
  await compareAndSave(store, comparisonId, pair, onOutcome);
};

/**
 * Compares the pairs that have both answers but no outcome, or an outcome by older rules. This
 * happens when a run was killed before comparing them, or when another run or a batch answered
 * them.
 */
export const compareUncompared = async (
  store: Store,
  comparisonId: string,
  options: { readonly isAborted: () => boolean; readonly onOutcome: OnOutcome },
): Promise<void> => {
  const { isAborted, onOutcome } = options;
  for await (const page of uncomparedAnswers(store, comparisonId, comparisonRules)) {
    if (isAborted()) return;
    // Started together, these writes share a transaction.
    await Promise.all(page.map((pair) => compareAndSave(store, comparisonId, pair, onOutcome)));
    await setImmediate();
  }
};

/**
 * Compares again what an earlier version compared, because rules need to know more of a pair than it kept.
 */
export const compareOlder = async (store: Store, comparisonId: string): Promise<void> => {
  if (!(await hasOlderOutcome(store, comparisonId, comparisonRules))) return;
  await compareUncompared(store, comparisonId, { isAborted: () => false, onOutcome: () => {} });
};

const compareAndSave = async (
  store: Store,
  comparisonId: string,
  pair: {
    readonly captureId: string;
    readonly request: JsonObject;
    readonly baseline: Answer;
    readonly candidate: Answer;
  },
  onOutcome: OnOutcome,
): Promise<void> => {
  const { baseline, candidate, captureId, request } = pair;
  const comparison = compareAnswers(request, baseline, candidate);
  const found = { comparisonId, captureId, rules: comparisonRules, comparison };
  const { byRule, outcome } = await saveOutcome(store, found);
  onOutcome(captureId, outcome, { byRule });
};
