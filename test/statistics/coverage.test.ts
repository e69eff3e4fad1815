import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { bootstrapRatio, medianRatio } from '../../source/statistics/bootstrap.ts';
import { clusteredRate, drawnEffect } from '../../source/statistics/clusters.ts';
import { confidenceSequence, type Tuning } from '../../source/statistics/decision-line.ts';
import { predictionPoweredRate, roganGladen } from '../../source/statistics/judge-correction.ts';
import {
  judgedAgreement,
  stratifiedAgreement,
  type Population,
} from '../../source/statistics/stratified.ts';
import { wilson } from '../../source/statistics/wilson.ts';

/** What is random in these simulations; the seed is fixed, so that they find the same every time. */
class Chance {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A number from 0 to less than 1. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  happens(probability: number): boolean {
    return this.uniform() < probability;
  }

  binomial(n: number, probability: number): number {
    let successes = 0;
    for (let trial = 0; trial < n; trial++) if (this.happens(probability)) successes++;
    return successes;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log1p(-this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

const runs = 10_000;

/** How often the interval of a run contains the truth. */
const coverage = (
  truth: number,
  times: number,
  run: () => { readonly lower: number | null; readonly upper: number | null },
): number => {
  let covered = 0;
  for (let at = 0; at < times; at++) {
    const { lower, upper } = run();
    if (lower !== null && upper !== null && lower <= truth && truth <= upper) covered++;
  }
  return covered / times;
};

/** Whether a share of the runs is what an interval of 95 % promises. */
const isNominal = (share: number): boolean => share >= 0.94 && share <= 0.96;

describe('intervals of 95 %', () => {
  it.each([
    [0.5, 100],
    [0.8, 200],
    [0.95, 500],
  ])('wilson: %d of %i', (rate, n) => {
    const chance = new Chance(1);
    expect(coverage(rate, runs, () => wilson(chance.binomial(n, rate), n))).toSatisfy(isNominal);
  });

  // Endpoints with very different shares of the traffic and as many pairs each, and with a part that
  // the machine settles.
  const endpoints = [
    { size: 9000, settled: 0.6, rate: 0.9 },
    { size: 900, settled: 0.2, rate: 0.6 },
    { size: 100, settled: 0, rate: 0.3 },
  ];

  const drawn = (chance: Chance) =>
    endpoints.map(({ rate, settled, size }) => {
      const known = chance.binomial(100, settled);
      return {
        size,
        known,
        knownAgreed: known,
        rest: 100 - known,
        judged: Math.min(60, 100 - known),
        agreed: chance.binomial(Math.min(60, 100 - known), rate),
      };
    });

  it('stratified: unbiased under unequal shares, and covering', () => {
    const truth = endpoints.reduce(
      (sum, { rate, settled, size }) => sum + (size / 10_000) * (settled + (1 - settled) * rate),
      0,
    );
    const chance = new Chance(2);
    let sum = 0;
    let squares = 0;
    let pooled = 0;
    const share = coverage(truth, runs, () => {
      const strata = drawn(chance);
      const found = stratifiedAgreement(strata, 'infinite');
      const rate = found.rate ?? Number.NaN;
      sum += rate;
      squares += rate * rate;
      pooled +=
        strata.reduce(
          (all, one) => all + one.knownAgreed + (one.rest * one.agreed) / one.judged,
          0,
        ) / 300;
      return found;
    });
    const mean = sum / runs;
    const standardError = Math.sqrt((squares / runs - mean * mean) / runs);
    expect(Math.abs(mean - truth)).toBeLessThan(4 * standardError);
    // Without weights it would be off by more than a fifth.
    expect(Math.abs(pooled / runs - truth)).toBeGreaterThan(0.2);
    expect(share).toSatisfy(isNominal);
  });

  it('of the judged pairs of several strata', () => {
    const chance = new Chance(3);
    const strata = (): Parameters<typeof judgedAgreement>[0] =>
      [0.85, 0.6].map((rate, at) => ({
        size: at === 0 ? 900 : 100,
        known: 0,
        knownAgreed: 0,
        rest: 100,
        judged: 100,
        agreed: chance.binomial(100, rate),
      }));
    expect(coverage(0.9 * 0.85 + 0.1 * 0.6, runs, () => judgedAgreement(strata()))).toSatisfy(
      isNominal,
    );
  });

  it.each([['finite'], ['infinite']] as const)(
    'of a list that is judged in part: %s',
    (population: Population) => {
      const chance = new Chance(4);
      // The machine settles 300 of 412, and 85 % of the others agree, exactly or on average.
      const truth = population === 'finite' ? (300 + 95) / 412 : (300 + 112 * 0.85) / 412;
      const share = coverage(truth, runs, () => {
        const isProduction = population === 'infinite';
        const known = isProduction ? chance.binomial(412, 300 / 412) : 300;
        let [left, agreeing, agreed] = [112, 95, 0];
        for (let at = 0; at < 60; at++) {
          const agrees = chance.happens(isProduction ? 0.85 : agreeing / left);
          if (agrees) {
            agreed++;
            agreeing--;
          }
          left--;
        }
        const rest = 412 - known;
        return stratifiedAgreement(
          [{ size: 412, known, knownAgreed: known, rest, judged: 60, agreed }],
          population,
        );
      });
      expect(share).toSatisfy(isNominal);
    },
  );

  /** Conversations of ten turns whose intraclass correlation is 0.3. */
  const conversations = (chance: Chance, length: number, rate: number) => {
    // With this probability a turn is like the common one of its conversation: the correlation is its square.
    const alike = Math.sqrt(0.3);
    return Array.from({ length }, () => {
      const common = chance.happens(rate) ? 1 : 0;
      let successes = 0;
      for (let turn = 0; turn < 10; turn++) {
        successes += chance.happens(alike) ? common : chance.happens(rate) ? 1 : 0;
      }
      return { successes, n: 10 };
    });
  };

  it('of turns of conversations: an intraclass correlation of 0.3, 10 turns', () => {
    const chance = new Chance(5);
    let effects = 0;
    const clustered = coverage(0.8, runs, () => {
      const found = clusteredRate(conversations(chance, 60, 0.8));
      effects += found.designEffect ?? 0;
      return found;
    });
    expect(clustered).toSatisfy(isNominal);
    // 1 + (10 - 1) 0.3 is 3.7, and the estimate is on the safe side.
    expect(effects / runs).toBeGreaterThan(3.7);
    expect(effects / runs).toBeLessThan(4.2);
    // An interval that takes the turns for independent promises too much.
    const plain = coverage(0.8, 1000, () =>
      wilson(
        conversations(chance, 60, 0.8).reduce((sum, one) => sum + one.successes, 0),
        600,
      ),
    );
    expect(plain).toBeLessThan(0.75);
  });

  it('of turns of few conversations with a high rate', () => {
    const chance = new Chance(12);
    const share = coverage(0.95, 4000, () => clusteredRate(conversations(chance, 20, 0.95)));
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  /**
   * Turns of conversations of which the machine settled half of those that agree, and a person judged some of the
   * others, in a random order.
   */
  const judgedConversations = (chance: Chance, judged: number) => {
    const lists = conversations(chance, 60, 0.8).map(({ n, successes }) => {
      const settled = chance.binomial(successes, 0.5);
      return {
        known: settled,
        knownAgreed: settled,
        rest: n - settled,
        judged: 0,
        agreed: 0,
        successes,
      };
    });
    const open = lists.flatMap((list) =>
      Array.from({ length: list.rest }, (_, at) => ({
        list,
        agrees: at < list.successes - list.known,
        place: chance.uniform(),
      })),
    );
    for (const { agrees, list } of open.toSorted((a, b) => a.place - b.place).slice(0, judged)) {
      list.judged++;
      if (agrees) list.agreed++;
    }
    const sum = (key: 'known' | 'knownAgreed' | 'rest' | 'judged' | 'agreed' | 'successes') =>
      lists.reduce((all, list) => all + list[key], 0);
    const stratum = {
      size: 600,
      known: sum('known'),
      knownAgreed: sum('knownAgreed'),
      rest: sum('rest'),
      judged: sum('judged'),
      agreed: sum('agreed'),
    };
    return { lists, stratum, truth: sum('successes') / 600 };
  };

  it.each([60, 150])('of turns of conversations that were judged in part: %i of 360', (judged) => {
    const chance = new Chance(13);
    // The rate of these turns needs no correction, because their order is random turn by turn.
    let covered = 0;
    for (let at = 0; at < 2000; at++) {
      const { stratum, truth } = judgedConversations(chance, judged);
      const { lower, upper } = stratifiedAgreement([stratum], 'finite');
      if (lower !== null && upper !== null && lower <= truth && truth <= upper) covered++;
    }
    expect(covered / 2000).toSatisfy((share: number) => share >= 0.93 && share <= 0.965);

    const production = coverage(0.8, 2000, () => {
      const { lists, stratum } = judgedConversations(chance, judged);
      return stratifiedAgreement([stratum], 'infinite', drawnEffect(lists).loss);
    });
    expect(production).toSatisfy((share: number) => share >= 0.94 && share <= 0.97);
    const plain = coverage(0.8, 1000, () =>
      stratifiedAgreement([judgedConversations(chance, judged).stratum], 'infinite'),
    );
    expect(plain).toBeLessThan(0.92);
  });

  it('of a share of the turns of conversations', () => {
    const chance = new Chance(14);
    let effects = 0;
    for (let at = 0; at < 400; at++) {
      // A fifth of the turns of 300 conversations, each judged.
      const lists = conversations(chance, 300, 0.8).map(({ n, successes }) => {
        const agreed = chance.binomial(successes, 0.2);
        const judged = agreed + chance.binomial(n - successes, 0.2);
        return { known: 0, knownAgreed: 0, rest: judged, judged, agreed };
      });
      effects += drawnEffect(lists, 0.2).designEffect;
    }
    // That of all turns is 3.7; the estimate is on the safe side.
    expect(effects / 400).toBeGreaterThan(3.6);
    expect(effects / 400).toBeLessThan(4.8);
  });

  it('of the median of paired ratios', () => {
    const chance = new Chance(6);
    const pairs = () => Array.from({ length: 101 }, () => 1.3 * Math.exp(0.5 * chance.normal()));
    expect(coverage(1.3, runs, () => medianRatio(pairs()))).toSatisfy(isNominal);
  });

  it('of the ratio of costs', () => {
    const chance = new Chance(7);
    let run = 0;
    // Each run draws samples of its own, so runs and samples are fewer here.
    const share = coverage(0.5, 2000, () =>
      bootstrapRatio(
        Array.from({ length: 50 }, () => {
          const denominator = 1 + 9 * chance.uniform();
          return { denominator, numerator: denominator * chance.uniform() };
        }),
        run++,
        200,
      ),
    );
    // The percentile interval of 50 units is a little short.
    expect(share).toBeGreaterThanOrEqual(0.925);
    expect(share).toBeLessThanOrEqual(0.96);
  });

  it('of a rate that a judge helps to estimate', () => {
    const chance = new Chance(9);
    const [sensitivity, specificity] = [0.9, 0.8];
    const item = () => {
      const person = chance.happens(0.8);
      return { person, judge: chance.happens(person ? sensitivity : 1 - specificity) };
    };
    const labelled = () => {
      const counts = { both: 0, personOnly: 0, judgeOnly: 0, neither: 0 };
      for (let at = 0; at < 300; at++) {
        const { judge, person } = item();
        counts[person ? (judge ? 'both' : 'personOnly') : judge ? 'judgeOnly' : 'neither']++;
      }
      return counts;
    };
    const apparent = 0.8 * sensitivity + 0.2 * (1 - specificity);
    expect(
      coverage(0.8, runs, () =>
        predictionPoweredRate(labelled(), { successes: chance.binomial(300, apparent), n: 300 }),
      ),
    ).toSatisfy(isNominal);
    const binomial = (n: number, probability: number) => ({
      successes: chance.binomial(n, probability),
      n,
    });
    const corrected = coverage(0.8, runs, () =>
      roganGladen(binomial(150, apparent), binomial(65, sensitivity), binomial(65, specificity)),
    );
    // The published interval is conservative.
    expect(corrected).toBeGreaterThanOrEqual(0.94);
    expect(corrected).toBeLessThanOrEqual(0.975);
  });
});

describe('the confidence sequence under continuous peeking', () => {
  /** The successes of every number of verdicts that do not exclude a rate. */
  const included = (rate: number, most: number, population: number, tuning: Tuning) =>
    Array.from({ length: most }, (_, at) => {
      const n = at + 1;
      const isIncluded = Array.from({ length: n + 1 }, (__, successes) => {
        const agreeing = Math.round(rate * population);
        if (successes > agreeing || n - successes > population - agreeing) return false;
        const { lower, upper } = confidenceSequence({ successes, n, population }, tuning);
        return (lower ?? 0) <= rate + 1e-9 && rate - 1e-9 <= (upper ?? 1);
      });
      return { least: isIncluded.indexOf(true), most: isIncluded.lastIndexOf(true) };
    });

  it.each([
    ['production', 0.5, 120, Infinity, { planned: 60 }],
    ['production', 0.9, 120, Infinity, { planned: 60 }],
    ['production', 0.9, 120, Infinity, 'flat'],
    ['a list', 0.9, 120, 120, { planned: 60 }],
    ['a list', 0.75, 120, 120, 'flat'],
  ] as const)(
    '%s at %d holds for all %i verdicts together',
    (_, rate, most, population, tuning) => {
      const bounds = included(rate, most, population, tuning);
      const chance = new Chance(10);
      let held = 0;
      for (let run = 0; run < runs; run++) {
        let successes = 0;
        let isHeld = true;
        for (const [at, { least, most: greatest }] of bounds.entries()) {
          const next =
            population === Infinity
              ? rate
              : (Math.round(rate * population) - successes) / (population - at);
          if (chance.happens(next)) successes++;
          if (successes < least || successes > greatest) {
            isHeld = false;
            break;
          }
        }
        if (isHeld) held++;
      }
      expect(held / runs).toBeGreaterThanOrEqual(0.95);
    },
  );

  it('is what Wilson intervals are not', () => {
    const chance = new Chance(11);
    let held = 0;
    for (let run = 0; run < 1000; run++) {
      let successes = 0;
      let isHeld = true;
      for (let n = 1; n <= 120 && isHeld; n++) {
        if (chance.happens(0.9)) successes++;
        const { lower, upper } = wilson(successes, n);
        isHeld = (lower ?? 0) <= 0.9 && 0.9 <= (upper ?? 1);
      }
      if (isHeld) held++;
    }
    expect(held / 1000).toBeLessThan(0.85);
  });
});
