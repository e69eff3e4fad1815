import { total } from './counts.ts';

/** How often each of two competitors won against the other. A tie is half a win for both. */
export type Contest = {
  /** The competitor in the first place: at home, or on the left of the screen. */
  readonly first: string;
  readonly second: string;
  /** Numbers ≥ 0. */
  readonly firstWins: number;
  readonly secondWins: number;
};

/** An estimate on the scale of log odds. */
export type LogOdds = { readonly estimate: number; readonly standardError: number };

/** The strengths of the competitors. */
export type Ranking = {
  /**
   * Strongest first. The first name in the contests has the strength 0. A wins against B with the
   * probability 1 / (1 + exp(B's estimate - A's)).
   */
  readonly strengths: readonly (LogOdds & { readonly name: string })[];
  /** The advantage of the first place; null if it is ignored. */
  readonly firstPlace: LogOdds | null;
};

/**
 * Estimates the strengths of competitors from their contests, by maximum likelihood. `estimated` also
 * estimates the advantage of the first place. If the places are mixed, the strengths are then correct even
 * if a judge prefers the left side. Null if the strengths are not finite: without contests, or if some
 * competitors never won or never lost against all others. Standard errors treat a tie as half a contest for
 * each and are too small with many ties. Throws RangeError for a contest against itself or with negative wins.
 *
 * Sources: Bradley & Terry 1952; when a maximum exists: Ford 1957; by Newton's method for a logistic
 * regression, Agresti, Categorical Data Analysis, section 10.6.
 */
export const bradleyTerry = (
  contests: readonly Contest[],
  place: 'ignored' | 'estimated' = 'ignored',
): Ranking | null => {
  contests.forEach(requireContest);
  const played = contests.filter(({ firstWins, secondWins }) => firstWins + secondWins > 0);
  const names = [...new Set(played.flatMap(({ first, second }) => [first, second]))];
  if (names.length === 0 || !isConnected(names, played)) return null;
  const isPlaced = place === 'estimated';
  const rows = played.map(({ first, firstWins, second, secondWins }) => {
    // The strength of the first name is fixed at 0.
    const signs = names.slice(1).map((name) => (name === first ? 1 : name === second ? -1 : 0));
    return { signs: isPlaced ? [...signs, 1] : signs, wins: firstWins, n: firstWins + secondWins };
  });
  const fit = logisticFit(rows, names.length - 1 + (isPlaced ? 1 : 0));
  if (fit === null) return null;
  const reference: LogOdds = { estimate: 0, standardError: 0 };
  const strengths = names.map((name, index) => ({
    name,
    ...(index === 0 ? reference : (fit[index - 1] ?? reference)),
  }));
  return {
    strengths: strengths.toSorted((a, b) => b.estimate - a.estimate),
    firstPlace: isPlaced ? (fit.at(-1) ?? null) : null,
  };
};

const requireContest = ({ first, firstWins, second, secondWins }: Contest): void => {
  if (first === second) throw new RangeError(`${first} has no contest against itself.`);
  if (!(firstWins >= 0 && secondWins >= 0 && Number.isFinite(firstWins + secondWins))) {
    throw new RangeError(`Impossible wins: ${firstWins} and ${secondWins}.`);
  }
};

/** Whether wins connect every competitor to every other. */
const isConnected = (names: readonly string[], contests: readonly Contest[]): boolean => {
  const wins = contests.flatMap(({ first, firstWins, second, secondWins }) => [
    ...(firstWins > 0 ? [[first, second] as const] : []),
    ...(secondWins > 0 ? [[second, first] as const] : []),
  ]);
  const reaches = (edges: readonly (readonly [string, string])[]): boolean => {
    const reached = new Set(names.slice(0, 1));
    for (let size = 0; size < reached.size;) {
      size = reached.size;
      for (const [from, to] of edges) if (reached.has(from)) reached.add(to);
    }
    return reached.size === names.length;
  };
  return reaches(wins) && reaches(wins.map(([winner, loser]) => [loser, winner] as const));
};

/** One binomial observation: `wins` of `n`, with the sign of each parameter. */
type Row = { readonly signs: readonly number[]; readonly wins: number; readonly n: number };

/** The coefficients of a logistic regression; null if they are not finite. */
const logisticFit = (rows: readonly Row[], parameters: number): readonly LogOdds[] | null => {
  let estimates: readonly number[] = Array.from({ length: parameters }, () => 0);
  for (let round = 0; round < 50; round++) {
    const { gradient, information } = derivatives(rows, estimates);
    const covariance = inverse(information);
    if (covariance === null) return null;
    const step = covariance.map((row) => dot(row, gradient));
    estimates = halvedUntilBetter(rows, estimates, step);
    if (step.every((change) => Math.abs(change) < 1e-9)) {
      return estimates.map((estimate, index) => ({
        estimate,
        standardError: Math.sqrt(covariance[index]?.[index] ?? 0),
      }));
    }
  }
  return null;
};

const derivatives = (
  rows: readonly Row[],
  estimates: readonly number[],
): {
  readonly gradient: readonly number[];
  readonly information: readonly (readonly number[])[];
} => {
  const fitted = rows.map((row) => {
    const probability = 1 / (1 + Math.exp(-dot(row.signs, estimates)));
    return {
      signs: row.signs,
      residual: row.wins - row.n * probability,
      weight: row.n * probability * (1 - probability),
    };
  });
  return {
    gradient: estimates.map((_, i) =>
      total(fitted.map(({ residual, signs }) => residual * (signs[i] ?? 0))),
    ),
    information: estimates.map((_, i) =>
      estimates.map((__, j) =>
        total(fitted.map(({ signs, weight }) => weight * (signs[i] ?? 0) * (signs[j] ?? 0))),
      ),
    ),
  };
};

/** Takes a step, or a part of it if the whole step overshoots. */
const halvedUntilBetter = (
  rows: readonly Row[],
  from: readonly number[],
  step: readonly number[],
): readonly number[] => {
  const before = logLikelihoodOf(rows, from);
  for (let part = 1; part > 1e-6; part /= 2) {
    const to = from.map((value, index) => value + part * (step[index] ?? 0));
    if (logLikelihoodOf(rows, to) >= before - 1e-9) return to;
  }
  return from;
};

const logLikelihoodOf = (rows: readonly Row[], estimates: readonly number[]): number =>
  total(
    rows.map(({ n, signs, wins }) => {
      const odds = dot(signs, estimates);
      // ln (1 + exp(odds)), which does not overflow.
      const logSum = Math.max(0, odds) + Math.log1p(Math.exp(-Math.abs(odds)));
      return wins * odds - n * logSum;
    }),
  );

const dot = (a: readonly number[], b: readonly number[]): number =>
  total(a.map((value, index) => value * (b[index] ?? 0)));

/** The inverse of a symmetric positive definite matrix, by Gauss–Jordan elimination; null if it has none. */
const inverse = (matrix: readonly (readonly number[])[]): readonly (readonly number[])[] | null => {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    const pivotRow = rows[column] ?? [];
    const pivot = pivotRow[column] ?? 0;
    if (!(pivot > 1e-12)) return null;
    rows[column] = pivotRow.map((value) => value / pivot);
    for (const [at, row] of rows.entries()) {
      const factor = row[column] ?? 0;
      if (at === column || factor === 0) continue;
      rows[at] = row.map((value, index) => value - factor * (rows[column]?.[index] ?? 0));
    }
  }
  return rows.map((row) => row.slice(size));
};
