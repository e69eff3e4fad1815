import { sides, type Side } from '../comparison/outcome.ts';
import { asksForVerdicts } from '../filter/filter.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import { selectionText } from '../traffic/selection/selection.ts';
import { printableLine } from '../text/printable.ts';
import { count, dollars, duration, percent, unknown } from '../text/numbers.ts';
import { cellWidth, padCells, truncateCells } from '../text/width.ts';
import { wrapped } from '../text/wrap.ts';
import {
  bounds,
  costRatio,
  pairedText,
  rulesText,
  skipText,
  sentence,
  strataWithoutRate,
  times,
} from './sentence.ts';
import { callTexts, conversationTexts } from './conversation-text.ts';
import { conditionsText } from './latency-conditions.ts';
import { enough, noiseLines, rateText } from './noise-text.ts';
import { slicesLines } from './slices-text.ts';
import { period } from './evidence.ts';
import { otherCallsText } from './bill.ts';
import { judgeTexts } from './judges-text.ts';
import { monthlyText, shortCount } from './monthly-cost.ts';
import type { FailureCount, Figures, NotSentCount, Rates } from './figures.ts';
import type { ReviewerCounts, VerdictCounts } from './reviewers.ts';
import type { Summary } from './gather-summary.ts';

const width = 80;

/** The summary for a terminal of 80 columns, safe to print, with a final line feed. */
export const summaryText = (summary: Summary): string => {
  const sections = [
    wrapped(sentence(summary), ''),
    heading(summary),
    agreementLines(summary),
    [...conversationTexts(summary), ...callTexts(summary)].flatMap((text) => wrapped(text, '')),
    ruleLines(summary),
    reviewerLines(summary),
    noiseLines(summary.noise),
    blindLines(summary),
    selfAgreementLines(summary),
    judgeLines(summary),
    pairLines(summary),
    sideLines(summary),
    endpointLines(summary),
    slicesLines(summary.by),
    endpointBillLines(summary),
    evidenceLines(summary),
  ];
  const filled = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${filled.join('\n\n')}\n`;
};

const heading = ({ comparison, filter }: Summary): readonly string[] => [
  truncateCells(`Comparison ${printableLine(comparison.name)} · ${comparison.id}`, width),
  ...sides.map((side) =>
    truncateCells(`  ${side.padEnd(11)}${printableLine(comparison[side])}`, width),
  ),
  ...filterLines(filter),
  ...(comparison.selection === null
    ? []
    : wrapped(`selected ${selectionText(comparison.selection)}`, '  ')),
];

const isOnVerdicts = (filter: string): boolean => {
  const parsed = parseFilter(filter);
  return parsed.kind === 'filter' && asksForVerdicts(parsed.filter);
};

const filterLines = (filter: string | null): readonly string[] =>
  filter === null
    ? []
    : wrapped(
        `only pairs that match ${printableLine(filter)}: the numbers are of these pairs and stand for no others${isOnVerdicts(filter) ? '. Their verdicts are part of the filter, so rates of agreement say nothing' : ''}`,
        '  ',
      );

const agreementLines = (summary: Summary): readonly string[] => {
  const {
    aheadVerdicts,
    chosenVerdicts,
    counts,
    judgedRates,
    ruledVerdicts,
    settledVerdicts,
    unseenVerdicts,
    verdicts,
  } = summary;
  const cell = (rate: RateInterval): string =>
    `${percent(rate.rate).padStart(7)}  ${bounds(rate)}`.padEnd(27);
  const line = (name: string, key: keyof Rates): string =>
    `  ${name.padEnd(12)}${cell(summary[key])}${cell(judgedRates[key])}`.trimEnd();
  return [
    `  ${' '.repeat(12)}${requestBase(summary).padEnd(27)}of ${counted(judgedRates.agreement.n, 'judged pair')}`,
    line('no worse', 'noWorse'),
    line('agreement', 'agreement'),
    line('better', 'better'),
    ...wrapped(`No worse is agree, better or equally bad.${productionText(summary)}`, '  '),
    ...wrapped(`Verdicts: ${verdictText(verdicts)}${flipText(summary)}`, '  '),
    ...sampleLines(summary),
    ...wrapped(`Intervals: 95 %, Wilson.${settledText(summary)}`, '  '),
    ...targetLines(summary),
    ...ifAny(
      counts.judgedAhead,
      `${count(counts.judgedAhead)} more judged ahead of the random order, while pairs before them waited: ${verdictText(aheadVerdicts)}. They are no random sample and in no rate until the order comes to them.`,
    ),
    ...ifAny(
      counts.judgedByChoice,
      `${count(counts.judgedByChoice)} of the judged pairs were chosen by a filter or a pattern: ${verdictText(chosenVerdicts)}. They count in the rates only where the random order has come to them.`,
    ),
    ...ifAny(
      counts.judgedUnseen,
      `${count(counts.judgedUnseen)} of them got the verdict of a sample of their pattern, without a look at each: ${verdictText(unseenVerdicts)}.`,
    ),
    ...ifAny(
      counts.judgedInUnknownOrder,
      `${count(counts.judgedInUnknownOrder)} judged by an earlier version, which did not record whether they kept to the random order: the sample may not be random.`,
    ),
    ...ifAny(
      sumOf(settledVerdicts),
      `Also judged, of what the machine settled: ${verdictText(settledVerdicts)}. They change these pairs alone.`,
    ),
    ...ifAny(
      sumOf(ruledVerdicts),
      `Also judged, of what rules settle: ${verdictText(ruledVerdicts)}. They change these pairs alone.`,
    ),
  ];
};

/** Whether the target is reached, and why the interval above does not say so. */
const targetLines = ({ noWorse, target }: Summary): readonly string[] => {
  if (target === null) return [];
  const { decision, interval, more, planned, threshold } = target;
  const asked = `Target ${percent(threshold)} no worse`;
  if (decision === null) {
    return wrapped(`${asked}: not decided, because these rates are weighted by traffic.`, '  ');
  }
  const open =
    interval.n === 0
      ? `open, about ${counted(more ?? 0, 'verdict')} if all agree`
      : `open, about ${count(more)} more at the present rate`;
  const result = { reached: 'reached', ruled_out: 'ruled out', open }[decision];
  const plan =
    interval.n === 0
      ? ''
      : ` ${bounds(interval)} holds however often you look (tightest at ${count(planned)} verdicts); ${bounds(noWorse)} if you had planned this n.`;
  return wrapped(`${asked}: ${result}.${plan}`, '  ');
};

/** A remark that stands only if there is something to count. */
const ifAny = (number: number, text: string): readonly string[] =>
  number === 0 ? [] : wrapped(text, '  ');

const verdictText = (verdicts: ReviewerCounts['verdicts'] | VerdictCounts): string => {
  const { agree, worse, better, bothBad } = verdicts;
  const conflict = 'conflict' in verdicts ? verdicts.conflict : 0;
  const text = `agree ${count(agree)} · worse ${count(worse)} · better ${count(better)} · both bad ${count(bothBad)}`;
  return conflict === 0 ? text : `${text} · conflict ${count(conflict)}`;
};

const sumOf = ({ agree, worse, better, bothBad, conflict }: VerdictCounts): number =>
  agree + worse + better + bothBad + conflict;

/** The most reviewers that are listed. */
const listedReviewers = 20;

/** The most rules that are listed. */
const listedRules = 20;

/** What rules settle, and each rule in force with its author. */
const ruleLines = ({ counts, rules }: Summary): readonly string[] => {
  const inForce = rules.filter(({ takenBack }) => takenBack === null);
  const takenBack = rules.length - inForce.length;
  if (rules.length === 0) return [];
  const shown = inForce.slice(0, listedRules).flatMap(({ at, author, settled, text }) => {
    const who = truncateCells(printableLine(author), 40);
    return wrapped(`${text}: ${counted(settled, 'pair')} (${who}, ${dayOf(at)})`, '  ');
  });
  const more = inForce.length - listedRules;
  return [
    ...wrapped(
      `Rules: ${counted(counts.settledByRule, 'pair')} settled by ${rulesText(rules)}. The machine found them different.`,
      '',
    ),
    ...shown,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...ifAny(takenBack, `${counted(takenBack, 'rule was', 'rules were')} taken back.`),
  ];
};

const dayOf = (at: string): string => at.slice(0, 10);

/** Who gave how many verdicts, and how those of several reviewers become one. */
const reviewerLines = (summary: Summary): readonly string[] => {
  const { counts, reviewer, reviewers } = summary;
  if (reviewers.length < 2) return [];
  const shown = reviewers.slice(0, listedReviewers).flatMap((one) => {
    const settled = one.settled > 0 ? `; ${count(one.settled)} on settled pairs` : '';
    const name = padCells(truncateCells(printableLine(one.reviewer), 16), 16);
    return wrapped(`${name}${verdictText(one.verdicts)}${settled}`, '  ');
  });
  const more = reviewers.length - listedReviewers;
  const rule =
    reviewer === null
      ? `${counted(counts.judgedBySeveral, 'pair')} judged by several reviewers, ${count(counts.disagreeing)} with verdicts that disagree, ${count(counts.resolved)} of them resolved. A pair that is not resolved has the verdict of more than half of its reviewers; without one it is a conflict, which is judged and not agreed; the intervals reach up to where all conflicts agree.`
      : `Only the verdicts of ${truncateCells(printableLine(reviewer), 60)} count here.`;
  return [
    'Reviewers',
    ...shown,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...wrapped(rule, '  '),
    ...beyondChanceLines(summary),
  ];
};

/** How far the reviewers agree beyond chance on the pairs that several of them have judged. */
const beyondChanceLines = ({ reviewerAgreement }: Summary): readonly string[] => {
  const { alpha, kappa, pairs } = reviewerAgreement;
  if (pairs === 0) return [];
  const small = pairs < enough ? ', a small sample' : '';
  const ofBoth =
    kappa === null
      ? ''
      : `, Cohen's kappa ${kappa.kappa.toFixed(2)} (${kappa.lower.toFixed(2)} to ${kappa.upper.toFixed(2)})`;
  const measured =
    alpha === null
      ? 'unknown, because all verdicts are the same'
      : `Krippendorff's alpha ${alpha.toFixed(2)}${ofBoth}`;
  return wrapped(
    `Agreement beyond chance on the ${counted(pairs, 'pair')} that several judged${small}: ${measured}. 1 is full agreement, 0 that of chance.`,
    '  ',
  );
};

/** How often reviewers agree with themselves. */
const selfAgreementLines = ({ reviewer, reviewers, selfAgreement }: Summary): readonly string[] => {
  if (selfAgreement.n === 0) return [];
  const measured = reviewers.filter((one) => one.selfAgreement.n > 0);
  const shown = measured.slice(0, listedReviewers);
  const more = measured.length - shown.length;
  const each = shown.map(
    (one) => `${truncateCells(printableLine(one.reviewer), 16)} ${rateText(one.selfAgreement)}`,
  );
  return [
    ...wrapped(
      `Came back: pairs that the same reviewer judged again, unannounced and with their sides swapped. The same verdict: ${rateText(selfAgreement)}.`,
      '',
    ),
    ...(reviewer !== null || measured.length < 2 ? [] : each.map((line) => `  ${line}`)),
    ...(reviewer === null && more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/** What judges say, which are models, and how far that can be relied on. */
const judgeLines = ({ judgedRates, judges }: Summary): readonly string[] =>
  judgeTexts(judges, judgedRates).flatMap(([first = '', ...others]) => [
    ...wrapped(printableLine(first), ''),
    ...others.flatMap((text) => wrapped(text, '  ')),
  ]);

/** How often blind reviewers preferred the answer on the left. */
const blindLines = ({ blind }: Summary): readonly string[] => {
  if (blind.verdicts === 0) return [];
  const { left, leftOfRepeats } = blind;
  const preferred =
    left.n === 0
      ? 'none of them prefers a side'
      : `of ${counted(left.n, 'verdict')} for a side, ${percent(left.rate)} (${bounds(left)}) are for the left one${left.n < enough ? ' (a small sample)' : ''}; 50 % is no preference for a place`;
  const bothWays =
    leftOfRepeats.n === 0
      ? ''
      : ` On the pairs that came back and so were seen both ways: ${rateText(leftOfRepeats)}.`;
  return wrapped(
    `Judged blind: ${counted(blind.verdicts, 'verdict')}; ${preferred}.${bothWays}`,
    '',
  );
};

/** The rate as an estimate for what production will send. */
const productionText = ({ productionRates: { noWorse } }: Summary): string =>
  noWorse.rate === null
    ? ''
    : ` The interval is of these requests; of all that production will send, if traffic stays like this: ${bounds(noWorse)}.`;

/** How likely so unequal a number of better and worse verdicts is by chance. */
const flipText = ({ flips: { better, pValue, worse } }: Summary): string =>
  better + worse === 0
    ? ''
    : `. ${count(worse)} worse and ${count(better)} better: so unequal by chance with p = ${pValue < 0.001 ? '< 0.001' : pValue.toFixed(3)} (exact sign test)`;

const requestBase = ({ noWorse, sample }: Summary): string => {
  if (sample.weighting !== 'traffic') return `of ${counted(noWorse.n, 'request')}`;
  const captures = sample.strata.reduce((sum, stratum) => sum + stratum.captures, 0);
  return `of ${counted(captures, 'request')}, ${count(noWorse.n)} drawn`;
};

/** What a sample by strata stands for. */
const sampleLines = ({ comparison, sample }: Summary): readonly string[] => {
  const by = printableLine(comparison.selection?.stratify?.by ?? 'stratum');
  const open = strataWithoutRate(sample);
  switch (sample.weighting) {
    case 'equal':
      return [];
    case 'unknown':
      return wrapped(
        'These pairs were drawn by strata that the comparison no longer names: their rates are of these pairs and stand for no traffic.',
        '  ',
      );
    case 'traffic': {
      const verdicts =
        open === 0
          ? ''
          : ` There is no rate yet, because ${count(open)} of them ${open === 1 ? 'has' : 'have'} no verdict.`;
      return wrapped(
        `Rates are weighted by the traffic of ${counted(sample.strata.length, 'stratum', 'strata')} (${by}), of which ${count(comparison.selection?.stratify?.most ?? 0)} pairs each were drawn at most.${verdicts}`,
        '  ',
      );
    }
  }
};

/** What the rates of all requests count besides verdicts; empty if every pair needs a person. */
const settledText = ({ counts, failedBy }: Summary): string => {
  const failed = failedBy.candidate + failedBy.both;
  const parts: readonly (readonly [number, string])[] = [
    [counts.settledByMachine - counts.bothUnusable, 'settled by the machine count as agreed'],
    [counts.settledByRule, 'settled by rules as agreed'],
    [counts.bothUnusable, 'both unusable in the same way as equally bad'],
    [failed, 'failed by the candidate as worse'],
    [failedBy.baseline, 'failed by the baseline are left out'],
  ];
  const shown = parts.flatMap(([pairs, text]) => (pairs > 0 ? [`${count(pairs)} ${text}`] : []));
  return shown.length === 0 ? '' : ` Of all requests, ${shown.join(', ')}.`;
};

const pairLines = (summary: Summary): readonly string[] => {
  const { counts, failures, leftOut, notSentReasons, notReplayableReasons, partialParts, skips } =
    summary;
  const sum = (name: string, total: number, parts: string): string =>
    `  ${name.padEnd(12)}${count(total).padStart(9)} = ${parts}`;
  const lines = [
    'Pairs',
    sum(
      'imported',
      counts.imported,
      `${count(counts.replayable)} replayable + ${count(counts.notReplayable)} not replayable`,
    ),
    sum(
      'replayable',
      counts.replayable,
      `${count(counts.answered)} answered + ${count(counts.failed)} failed + ${count(counts.notSent)} not sent`,
    ),
    sum(
      'answered',
      counts.answered,
      `${count(counts.settledByMachine)} by machine + ${count(counts.judged)} judged + ${count(counts.unjudged)} unjudged${counts.settledByRule + counts.notCompared > 0 ? ' +' : ''}`,
    ),
    ...(counts.settledByRule > 0
      ? [
          `${' '.repeat(26)}${count(counts.settledByRule)} by rule${counts.notCompared > 0 ? ' +' : ''}`,
        ]
      : []),
    ...(counts.notCompared > 0
      ? [
          `${' '.repeat(26)}${count(counts.notCompared)} not yet compared (the next replay compares them)`,
        ]
      : []),
    `  machine: ${count(counts.identical)} identical, ${count(counts.equivalent)} equivalent, ${count(counts.different)} different`,
    ...(counts.bothUnusable > 0
      ? wrapped(
          `of these, both unusable in the same way: ${count(counts.bothUnusable)} (invalid JSON, cut off, refused or empty)`,
          '  ',
        )
      : []),
  ];
  const reasons = (name: string, parts: readonly string[]): void => {
    if (parts.length > 0) lines.push(...wrapped(`${name}: ${parts.join('; ')}`, '  '));
  };
  if (skips.pairs > 0) lines.push(...wrapped(`unjudged: ${skipText(summary)}`, '  '));
  reasons(
    'not replayable',
    notReplayableReasons.map((one) => `${printableLine(one.reason)} ${count(one.records)}`),
  );
  reasons(
    `${count(counts.partial)} partial, the recording did not keep`,
    partialParts.map((one) => `${printableLine(one.part)} ${count(one.captures)}`),
  );
  reasons(
    'left out',
    leftOut.reasons.map((one) => `${printableLine(one.reason)} ${count(one.captures)}`),
  );
  reasons('failed', failures.map(bySide));
  reasons('not sent', notSentReasons.map(bySide));
  return lines;
};

/** `candidate timeout 3`; `both sides timeout 3`; `baseline timeout, candidate no_credit 3`. */
const bySide = (one: FailureCount | NotSentCount): string => {
  const { baseline, candidate } = one;
  const named =
    baseline !== null && baseline === candidate
      ? `both sides ${printableLine(baseline)}`
      : sides
          .flatMap((side) => {
            const reason = one[side];
            return reason === null ? [] : [`${side} ${printableLine(reason)}`];
          })
          .join(', ');
  return `${named} ${count(one.pairs)}`;
};

const row = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(18)}${cells.map((cell) => ' '.repeat(Math.max(1, 14 - cellWidth(cell))) + cell).join('')}`;

const sideLines = (summary: Summary): readonly string[] => {
  const { counts, latency, tokens, cost } = summary;
  if (counts.answered === 0) return [];
  const bySides = (value: (side: Side) => string): readonly string[] => sides.map(value);
  const lines = [row('', ['baseline', 'candidate', 'candidate is'])];
  for (const [name, key] of [
    ['first token', 'timeToFirstToken'],
    ['total', 'total'],
  ] as const) {
    for (const point of ['p50', 'p90', 'p95', 'p99'] as const) {
      const ratio = point === 'p95' ? times(latency[key].p95) : '';
      const cells = bySides((side) => duration(latency[side][key][point]));
      lines.push(
        row(`${point === 'p50' ? name : ''}`.padEnd(13) + point, [...cells, ratio]).trimEnd(),
      );
    }
  }
  const { baseline, candidate } = latency;
  lines.push(row('latency', [baseline.source ?? unknown, candidate.source ?? unknown]));
  for (const [name, key] of [
    ['tokens in', 'input'],
    ['  cached', 'cachedInput'],
    ['  cache writes', 'cacheWrite'],
    ['tokens out', 'output'],
    ['  reasoning', 'reasoning'],
  ] as const) {
    if (key === 'cacheWrite' && !sides.some((side) => (tokens[side].cacheWrite ?? 0) > 0)) continue;
    lines.push(
      row(
        name,
        bySides((side) => count(tokens[side][key])),
      ),
    );
  }
  lines.push(row('cost', [...bySides((side) => dollars(cost[side])), costRatio(cost.ratio)]));
  const notes: string[] =
    latency.total.paired === null
      ? []
      : [
          `Pair by pair the candidate takes ${pairedText(summary)} of the baseline's time to the whole answer (median of ${count(latency.total.n)} pairs).`,
        ];
  const batched = sides.filter((side) => latency[side].batchAnswers > 0);
  if (batched.length > 0) {
    const answers = batched.map((side) => `${count(latency[side].batchAnswers)} of the ${side}'s`);
    notes.push(`Latency leaves out ${answers.join(' and ')} answers, which came in batches.`);
  } else if (baseline.source !== candidate.source) {
    notes.push('One side was recorded, the other replayed: their latencies are not comparable.');
  }
  const uncounted = sides.filter((side) => tokens[side].answers < counts.answered);
  if (uncounted.length > 0) {
    const answers = uncounted.map((side) => `${count(tokens[side].answers)} of the ${side}'s`);
    notes.push(`Tokens and cost cover ${answers.join(' and ')} ${count(counts.answered)} answers.`);
  }
  const cached = sides.map((side) => {
    const { cachedInput, input } = tokens[side];
    return cachedInput === null || input === null || input === 0 ? null : cachedInput / input;
  });
  if (cached.some((share) => share !== null)) {
    const [ofBaseline = null, ofCandidate = null] = cached;
    notes.push(
      `Cached, which is faster and may be cheaper: ${percent(ofBaseline)} of the baseline's input, ${percent(ofCandidate)} of the candidate's.`,
    );
  }
  const measured = conditionsText(summary.latencyConditions);
  if (measured !== null) notes.push(measured);
  const bill = [monthlyText(cost), otherCallsText(cost)].filter((text) => text !== null);
  notes.push(...bill);
  notes.push(cost.prices === null ? 'Prices: unknown.' : `Prices: ${printableLine(cost.prices)}.`);
  return [...lines, ...notes.flatMap((note) => wrapped(note, '  '))];
};

const endpointLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const line = (name: string, figures: Figures): string => {
    const { counts, noWorse, latency, cost } = figures;
    const rate = noWorse.rate === null ? unknown : `${percent(noWorse.rate)} (${bounds(noWorse)})`;
    return [
      padCells(name, 26),
      count(counts.answered).padStart(8),
      count(counts.judged).padStart(7),
      ' '.repeat(Math.max(1, 22 - cellWidth(rate))) + rate,
      times(latency.total.paired).padStart(8),
      costRatio(cost.ratio).padStart(8),
    ].join('');
  };
  return [
    `${'By endpoint'.padEnd(26)}${'answered'.padStart(8)}${'judged'.padStart(7)}${'no worse'.padStart(22)}${'latency'.padStart(8)}${'cost'.padStart(8)}`,
    ...byEndpoint.map(({ endpoint, ...figures }) => line(printableLine(endpoint), figures)),
  ];
};

/** How old the evidence is, and what has changed since. */
const evidenceLines = ({
  evidence: { answeredAt, judgedAt, notes },
}: Summary): readonly string[] => {
  const { first, last } = answeredAt;
  if (first === null || last === null) return [];
  const verdict = judgedAt.last === null ? '' : `, the last verdict of ${dayOf(judgedAt.last)}`;
  return [
    `Evidence: answers of ${period(first, last)}${verdict}.`,
    ...notes.flatMap((note) => wrapped(printableLine(note), '  ')),
  ];
};

/** Tokens and cost of both sides by endpoint. */
const endpointBillLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const cells = (texts: readonly string[]): string =>
    texts.map((text, index) => text.padStart(index % 3 === 2 ? 11 : 9)).join('');
  return [
    `${' '.repeat(22)}${'baseline'.padStart(29)}${'candidate'.padStart(29)}`,
    `${'Bill by endpoint'.padEnd(22)}${cells(['in', 'out', 'cost', 'in', 'out', 'cost'])}`,
    ...byEndpoint.map(
      ({ cost, endpoint, tokens }) =>
        padCells(truncateCells(printableLine(endpoint), 22), 22) +
        cells(
          sides.flatMap((side) => [
            shortCount(tokens[side].input),
            shortCount(tokens[side].output),
            dollars(cost[side]),
          ]),
        ),
    ),
  ];
};

const counted = (number: number, noun: string, plural = `${noun}s`): string =>
  `${count(number)} ${number === 1 ? noun : plural}`;
