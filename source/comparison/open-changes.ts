import { wholeAnswer, type RuleContent } from '../configuration/rule-content.ts';
import { natureOf } from './divergences.ts';
import type { Change, Divergence, PairComparison } from './outcome.ts';
import { covers } from './settling-rules.ts';

/** The longest value that is kept of a change, in characters. A longer one is cut, and ends with an ellipsis. */
export const maximumValue = 40;

/** The path of the change between JSON in a code fence and JSON without one, or in another. */
export const codeFence = 'code fence';

/** The path of a change of a JSON text as a whole. */
export const wholeJson = 'the whole JSON';

/** The path and the values of the changes that are about an answer and not about its fields. */
const answerChanges: Readonly<Record<string, readonly string[]>> = {
  refusal: ['"answers"', '"refuses"'],
  JSON: ['"valid"', '"invalid"'],
};

/**
 * Returns the changes of a pair that no rule covers. The rules must all apply to its endpoint. Where the kept
 * values do not tell whether a rule covers a change, it stays.
 */
export const openChanges = (
  { changes = [], divergences }: Pick<PairComparison, 'changes' | 'divergences'>,
  rules: readonly RuleContent[],
): readonly Change[] =>
  rules.length === 0
    ? changes
    : changes.filter((change) => {
        const divergence = divergenceOf(change, divergences ?? null);
        return divergence === null || !rules.some((rule) => covers(rule, divergence));
      });

/** Returns what rules know of a change; null if no rule can cover it. */
const divergenceOf = (
  change: Change,
  divergences: readonly Divergence[] | null,
): Divergence | null => {
  const { kind, path } = change;
  if (kind === 'text') {
    const isWhole = path === 'text';
    return (isWhole ? divergences?.find((one) => one.path === wholeAnswer) : null) ?? null;
  }
  if (isAboutAnswer(change, divergences) || isLoneCall(change)) return null;
  const own = rulePathOf(path);
  if (kind !== 'value' || !isCut(change)) return { path: own, ...natureOf({ ...change, kind }) };
  const [first, ...others] = (divergences ?? []).filter(
    (one) => one.path === own && one.kind !== 'order',
  );
  return first === undefined || others.length > 0 ? { path: own, kind: 'other' } : first;
};

/** No rule covers a difference of such a pair, so that its divergences are unknown. */
const isAboutAnswer = (
  { baseline, candidate, path }: Change,
  divergences: readonly Divergence[] | null,
): boolean => {
  if (path === 'finish reason' || path === codeFence) return true;
  const values = Object.hasOwn(answerChanges, path) ? answerChanges[path] : undefined;
  const is = (value: string | null): boolean => value !== null && values?.includes(value) === true;
  return divergences === null && is(baseline) && is(candidate);
};

/** Whether only one side calls the tool. */
const isLoneCall = ({ baseline, candidate }: Change): boolean =>
  baseline === null && candidate === null;

const isCut = ({ baseline, candidate }: Change): boolean =>
  [baseline, candidate].some((value) => value !== null && value.length > maximumValue);

/** `search().["a b"]` is `search()["a b"]` in a rule. */
const rulePathOf = (path: string): string =>
  path === wholeJson ? wholeAnswer : path.replace(/^([^.()[\]"]*\(\))\.(?=[[(])/, '$1');
