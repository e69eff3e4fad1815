import { united } from '../../comparison/divergences.ts';
import type { Divergence } from '../../comparison/outcome.ts';
import { wholeAnswer, type RuleContent, type Tolerance } from '../../configuration/rule-content.ts';
import type { PairView } from '../pair-view.ts';

/**
 * Returns the rules that would let a difference pass, the narrowest first. `place`: where the difference is,
 * as in a viewport; null for any of the pair. `endpoints`: those that each rule is offered for; null is all.
 * Empty if no rule is about such a difference, or if rules cover it already.
 */
export const ruleOptions = (
  { covered, visible }: Pick<PairView, 'covered' | 'visible'>,
  place: string | null,
  endpoints: readonly (string | null)[],
): readonly RuleContent[] => {
  const open = visible.filter((each) => !covered.has(each.place));
  const isHere = (each: (typeof open)[number]): boolean =>
    place === null || each.place === place || each.place.startsWith(`${place}(json)`);
  const paths = new Set(open.filter(isHere).map(({ divergence }) => divergence.path));
  // A tolerance that one item keeps and another breaks would settle nothing.
  const divergences = united(open.map(({ divergence }) => divergence)).filter(({ path }) =>
    paths.has(path),
  );
  return endpoints.flatMap((endpoint) =>
    divergences.flatMap((divergence) => optionsFor(divergence, endpoint)),
  );
};

const optionsFor = (divergence: Divergence, endpoint: string | null): readonly RuleContent[] => {
  const where = { endpoint, path: divergence.path };
  const whole: readonly RuleContent[] =
    divergence.path === wholeAnswer
      ? []
      : [{ ...where, ignore: 'everything', tolerance: null } as const];
  switch (divergence.kind) {
    case 'number':
      return [
        ...tolerances(divergence).map((tolerance) => ({ ...where, ignore: null, tolerance })),
        ...whole,
      ];
    case 'case':
    case 'order':
      return [{ ...where, ignore: divergence.kind, tolerance: null }, ...whole];
    case 'other':
      return whole;
  }
};

/** Shares of a number that people accept. */
const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5] as const;

/** The number of tolerances that are offered. */
const offered = 2;

const tolerances = ({
  amount,
  share,
}: {
  readonly amount: number;
  readonly share: number | null;
}): readonly Tolerance[] => {
  const wide = share === null ? [] : shares.filter((most) => share <= most);
  if (wide.length > 0) {
    return wide.slice(0, offered).map((most) => ({ kind: 'share', most }));
  }
  const most = roundedUp(amount);
  return most === null ? [] : [{ kind: 'amount', most }];
};

/** The next number from 1, 2 or 5 and zeros; null if there is none. */
const roundedUp = (amount: number): number | null => {
  if (amount <= 0) return null;
  const power = Math.floor(Math.log10(amount));
  const most = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`));
  return most.find((one) => one >= amount && Number.isFinite(one)) ?? null;
};
