import { ignorable } from '../configuration/rule-content.ts';
import { jsonDocument } from '../text/json-document.ts';
import * as z from 'zod';
import { selectionSchema } from '../traffic/selection/selection-schema.ts';
import type { GateReport } from './decision-gate.ts';
import { sliceDimensions } from './slice-dimensions.ts';
import type { Summary } from './gather-summary.ts';

const count = z.number().int().nonnegative();
const known = z.number().nonnegative().nullable();

const rate = z.object({
  rate: z.number().min(0).max(1).nullable(),
  lower: z.number().min(0).max(1).nullable(),
  upper: z.number().min(0).max(1).nullable(),
  n: count,
});

const poweredRate = rate.extend({ lambda: z.number().min(0).max(1).nullable() });

const rates = { agreement: rate, noWorse: rate, better: rate };

const latencyRatio = z.object({ paired: known, lower: known, upper: known, n: count, p95: known });

const percentiles = z.object({ p50: known, p90: known, p95: known, p99: known, n: count });

const sideLatency = z.object({
  timeToFirstToken: percentiles,
  total: percentiles,
  source: z.enum(['recorded', 'replayed', 'batch']).nullable(),
  batchAnswers: count,
});

const sideTokens = z.object({
  input: known,
  output: known,
  cachedInput: known,
  cacheWrite: known,
  hourCacheWrite: known,
  reasoning: known,
  answers: count,
});

const reason = z.string().nullable();
const byReasons = z.array(z.object({ baseline: reason, candidate: reason, pairs: count }));

const oneVerdict = { agree: count, worse: count, better: count, bothBad: count };
const verdicts = z.object({ ...oneVerdict, conflict: count });

const cost = z.object({
  baseline: known,
  candidate: known,
  perRequest: z.object({ baseline: known, candidate: known }),
  ratio: known,
  pairs: count,
  currency: z.literal('USD'),
  prices: z.string().nullable(),
  monthly: z.object({
    requests: known,
    source: z.enum(['captured', 'given']).nullable(),
    days: known,
    baseline: known,
    candidate: known,
  }),
});

const otherCalls = z.object({ calls: count, failed: count, unknown: count, usd: known });

const effectiveNumber = z.object({ n: count, designEffect: known, effective: known });

const figures = z.object({
  counts: z.object({
    imported: count,
    replayable: count,
    notReplayable: count,
    answered: count,
    failed: count,
    notSent: count,
    identical: count,
    equivalent: count,
    different: count,
    settledByMachine: count,
    settledByRule: count,
    bothUnusable: count,
    judged: count,
    judgedAhead: count,
    judgedInUnknownOrder: count,
    judgedByChoice: count,
    judgedUnseen: count,
    judgedBySeveral: count,
    disagreeing: count,
    resolved: count,
    unjudged: count,
    skipped: count,
    notCompared: count,
    partial: count,
  }),
  failedBy: z.object({ baseline: count, candidate: count, both: count }),
  verdicts,
  aheadVerdicts: verdicts,
  chosenVerdicts: verdicts,
  unseenVerdicts: verdicts,
  settledVerdicts: verdicts,
  ruledVerdicts: verdicts,
  ...rates,
  judgedRates: z.object(rates),
  productionRates: z.object(rates),
  flips: z.object({ better: count, worse: count, pValue: z.number().min(0).max(1).nullable() }),
  skips: z.object({ pairs: count, ifWorse: rate, ifAgreed: rate }),
  conversations: z
    .object({
      conversations: count,
      turns: count,
      pairs: count,
      judged: effectiveNumber,
      drawn: effectiveNumber,
    })
    .nullable(),
  latency: z.object({
    baseline: sideLatency,
    candidate: sideLatency,
    timeToFirstToken: latencyRatio,
    total: latencyRatio,
  }),
  tokens: z.object({ baseline: sideTokens, candidate: sideTokens }),
  cost,
  failures: byReasons,
  notSentReasons: byReasons,
});

const { failedBy, aheadVerdicts, chosenVerdicts, unseenVerdicts, settledVerdicts, ruledVerdicts } =
  figures.shape;

const slice = z.object({
  name: z.string().nullable(),
  counts: figures.shape.counts.pick({
    replayable: true,
    answered: true,
    failed: true,
    notSent: true,
    settledByMachine: true,
    settledByRule: true,
    judged: true,
    unjudged: true,
    notCompared: true,
  }),
  failedBy,
  verdicts,
  aheadVerdicts,
  chosenVerdicts,
  unseenVerdicts,
  settledVerdicts,
  ruledVerdicts,
  ...rates,
  judgedRates: z.object(rates),
  worse: rate,
  difference: z
    .object({
      pValue: z.number().min(0).max(1),
      qValue: z.number().min(0).max(1),
      differs: z.boolean(),
    })
    .nullable(),
  comments: z.array(z.string()),
});

const target = z.object({
  threshold: z.number(),
  decision: z.enum(['reached', 'ruled_out', 'open']).nullable(),
  more: count.nullable(),
  interval: rate,
  planned: count,
});

const bound = z.number().min(-1).max(1).nullable();
const difference = z.object({ difference: bound, lower: bound, upper: bound, n: count });

const share = z.number().min(0).max(1);

const againstNoise = {
  differing: z.object({ baseline: rate, candidate: rate }),
  excess: difference,
  onlyCandidate: count,
  onlyBaseline: count,
  pValue: share,
  result: z.enum(['more', 'less', 'not told apart']),
};

const noiseRow = z.object({
  endpoint: z.string(),
  field: z.string().nullable(),
  ...againstNoise,
  qValue: share,
});

const gateResult = z.enum(['met', 'not met', 'open']);

const gate = z.object({
  expression: z.string(),
  result: gateResult,
  conditions: z.array(
    z.object({
      figure: z.string(),
      operator: z.enum(['>=', '<=', '>', '<']),
      threshold: z.number(),
      value: z.number().nullable(),
      result: gateResult,
    }),
  ),
});

/**
 * The summary as JSON, version 3. Within a version, keys are added but never renamed or removed;
 * readers should accept unknown keys. Unknown values are null, rates are fractions, times are
 * milliseconds, and money is in USD.
 */
export const summarySchema = figures.extend({
  cost: cost.extend({
    otherCalls: z.object({ baseline: otherCalls, candidate: otherCalls }),
  }),
  schema: z.literal('understudy.summary/3'),
  at: z.string(),
  comparison: z.object({
    id: z.string(),
    name: z.string(),
    baseline: z.string(),
    candidate: z.string(),
    createdAt: z.string(),
    selection: selectionSchema.nullable(),
  }),
  sample: z.object({
    weighting: z.enum(['equal', 'traffic', 'unknown']),
    strata: z.array(
      z.object({
        stratum: z.string(),
        captures: count,
        pairs: count,
        judged: count,
        rated: z.boolean(),
      }),
    ),
  }),
  reviewer: z.string().nullable(),
  filter: z.string().nullable(),
  reviewers: z.array(
    z.object({
      reviewer: z.string(),
      judged: count,
      verdicts: z.object(oneVerdict),
      settled: count,
      origins: z.array(
        z.object({
          kind: z.enum(['review', 'pattern', 'file']).nullable(),
          file: z.string().nullable(),
          store: z.string().nullable(),
          verdicts: count,
        }),
      ),
      selfAgreement: rate,
    }),
  ),
  reviewerAgreement: z.object({
    pairs: count,
    alpha: z.number().max(1).nullable(),
    kappa: z
      .object({
        reviewers: z.array(z.string()).length(2),
        kappa: z.number().max(1),
        lower: z.number().nullable(),
        upper: z.number().nullable(),
        n: count,
      })
      .nullable(),
    fleiss: z.number().max(1).nullable(),
    kappas: z.array(
      z.object({
        reviewers: z.array(z.string()).length(2),
        kappa: z.number().max(1).nullable(),
        lower: z.number().nullable(),
        upper: z.number().nullable(),
        n: count,
      }),
    ),
  }),
  rules: z.array(
    z.object({
      id: z.string(),
      text: z.string(),
      endpoint: z.string().nullable(),
      path: z.string(),
      ignore: z.enum(ignorable).nullable(),
      tolerance: z.string().nullable(),
      author: z.string(),
      madeBy: z.enum(['reviewer', 'configuration']),
      at: z.string(),
      settled: count,
      takenBack: z.object({ at: z.string(), reviewer: z.string() }).nullable(),
    }),
  ),
  blind: z.object({ verdicts: count, left: rate, leftOfRepeats: rate }),
  selfAgreement: rate,
  notReplayableReasons: z.array(z.object({ reason: z.string(), records: count })),
  leftOut: z.object({
    total: count,
    reasons: z.array(z.object({ reason: z.string(), captures: count })),
  }),
  partialParts: z.array(z.object({ part: z.string(), captures: count })),
  paths: z.object({ native: count, bridged: count, lossy: count }),
  target: target.nullable(),
  latencyConditions: z
    .object({
      calls: count,
      inFlight: z.number().min(1),
      queue: percentiles,
      apart: percentiles,
      baselineFirst: rate,
      cachedInput: z.object({ baseline: known, candidate: known }),
      warmUp: z.literal('each endpoint'),
    })
    .nullable(),
  toolCalls: z.object({ names: rate, arguments: rate, order: rate }).nullable(),
  firstDivergence: z
    .object({
      conversations: count,
      turns: z.array(z.object({ turn: count, conversations: count })),
      later: count,
      none: count,
      unknown: count,
    })
    .nullable(),
  noise: z
    .object({
      comparisonId: z.string(),
      baseline: rate,
      candidate: rate,
      ...againstNoise,
      byEndpoint: z.array(noiseRow),
      byField: z.array(noiseRow),
      moreFields: count,
      unlisted: count,
      judged: z.object({ differing: rate, overall: rate, excess: difference }),
    })
    .nullable(),
  judges: z.array(
    z.object({
      judge: z.string(),
      prompt: count,
      judged: count,
      pairs: count,
      verdicts: z.object({ ...oneVerdict, undecided: count }),
      unreadable: z.object({ pairs: count, example: z.string().nullable() }),
      sensitivity: rate,
      specificity: rate,
      notBlind: count,
      certified: z.boolean(),
      estimate: z
        .object({ others: count, agreement: poweredRate, noWorse: poweredRate })
        .nullable(),
    }),
  ),
  by: z
    .object({
      dimension: z.enum(sliceDimensions),
      slices: z.array(slice),
      more: count,
    })
    .nullable(),
  evidence: z.object({
    answeredAt: z.object({ first: z.string().nullable(), last: z.string().nullable() }),
    judgedAt: z.object({ last: z.string().nullable() }),
    notes: z.array(z.string()),
  }),
  byEndpoint: z.array(figures.extend({ endpoint: z.string() })),
  gate: gate.optional(),
});

/** The summary as one JSON document, with a final line feed; with its gate if there is one. */
export const summaryJson = (summary: Summary, report: GateReport | null = null): string =>
  jsonDocument(report === null ? summary : { ...summary, gate: report }, 'indented');

/**
 * The summaries of several candidates for one baseline as one JSON document, version 1, each as the
 * document that it is alone.
 */
export const candidatesJson = (summaries: readonly Summary[]): string =>
  jsonDocument(
    {
      schema: 'understudy.candidates/1',
      baseline: summaries[0]?.comparison.baseline ?? null,
      candidates: summaries,
    },
    'indented',
  );
