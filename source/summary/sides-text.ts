import { sides, type Side } from '../comparison/outcome.ts';
import { count, counted, dollars, duration, isKnown, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth } from '../text/width.ts';
import { paragraph } from './paragraph.ts';
import { otherCallsText } from './bill.ts';
import type { Summary } from './gather-summary.ts';
import { conditionsText } from './latency-conditions.ts';
import { monthlyText } from './monthly-cost.ts';
import { costRatio, pairedText, times } from './sentence.ts';
import { unknownText } from './unknown-figures.ts';

const row = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(18)}${cells.map((cell) => ' '.repeat(Math.max(1, 14 - cellWidth(cell))) + cell).join('')}`;

/** Latency, tokens and cost of both sides, under which conditions they were measured, and what is not known. */
export const sideLines = (summary: Summary): readonly string[] => {
  const { counts, latency, tokens, cost } = summary;
  if (counts.answered === 0) return paragraph(unknownText(summary) ?? '', '');
  const bySides = (value: (side: Side) => string): readonly string[] => sides.map(value);
  const rows: (readonly [string, readonly string[]])[] = [];
  for (const [name, key] of [
    ['first token', 'timeToFirstToken'],
    ['total', 'total'],
  ] as const) {
    for (const point of ['p50', 'p90', 'p95', 'p99'] as const) {
      const ratio = point === 'p95' ? times(latency[key].p95) : '';
      const cells = bySides((side) => duration(latency[side][key][point]));
      rows.push([(point === 'p50' ? name : '').padEnd(13) + point, [...cells, ratio]]);
    }
  }
  const { baseline, candidate } = latency;
  if (rows.some(([, cells]) => isKnown(cells))) {
    rows.push(['latency', [baseline.source ?? unknown, candidate.source ?? unknown]]);
  }
  for (const [name, key] of [
    ['tokens in', 'input'],
    ['  cached', 'cachedInput'],
    ['  cache writes', 'cacheWrite'],
    ['    for an hour', 'hourCacheWrite'],
    ['tokens out', 'output'],
    ['  reasoning', 'reasoning'],
  ] as const) {
    const isWrite = key === 'cacheWrite' || key === 'hourCacheWrite';
    if (isWrite && !sides.some((side) => (tokens[side][key] ?? 0) > 0)) continue;
    rows.push([name, bySides((side) => count(tokens[side][key]))]);
  }
  rows.push(['cost', [...bySides((side) => dollars(cost[side])), costRatio(cost.ratio)]]);
  const known = rows.filter(([, cells]) => isKnown(cells));
  const columns = isKnown(known.map(([, [, , ratio = '']]) => ratio)) ? 3 : 2;
  const lines =
    known.length === 0
      ? []
      : [['', ['baseline', 'candidate', 'candidate is']] as const, ...known].map(([name, cells]) =>
          row(name, cells.slice(0, columns)).trimEnd(),
        );
  const notes: string[] =
    latency.total.paired === null
      ? []
      : [
          `Pair by pair the candidate takes ${pairedText(summary)} of the baseline's time to the whole answer (median of ${counted(latency.total.n, 'pair')}).`,
        ];
  const batched = sides.filter((side) => latency[side].batchAnswers > 0);
  if (batched.length > 0) {
    const answers = batched.map((side) => `${count(latency[side].batchAnswers)} of the ${side}'s`);
    notes.push(`Latency leaves out ${answers.join(' and ')} answers, which came in batches.`);
  } else if (baseline.source !== candidate.source) {
    notes.push('One side was recorded, the other replayed: their latencies are not comparable.');
  }
  const coverage = coverageText(summary);
  if (coverage !== null) notes.push(coverage);
  const cached = sides.flatMap((side) => {
    const { cachedInput, input } = tokens[side];
    return cachedInput === null || input === null || input === 0
      ? []
      : [`${percent(cachedInput / input)} of the ${side}'s input`];
  });
  if (cached.length > 0) {
    notes.push(`Cached, which is faster and may be cheaper: ${cached.join(', ')}.`);
  }
  const measured = conditionsText(summary.latencyConditions);
  if (measured !== null) notes.push(measured);
  const bill = [monthlyText(cost), otherCallsText(cost)].filter((text) => text !== null);
  notes.push(...bill);
  if (cost.prices !== null) notes.push(`Prices: ${printableLine(cost.prices)}.`);
  const missing = unknownText(summary);
  if (missing !== null) notes.push(missing);
  return [...lines, ...notes.flatMap((note) => paragraph(note, '  '))];
};

/** Of how many answers the tokens and the cost are; null if of all or of none. */
export const coverageText = ({ cost, counts, tokens }: Summary): string | null => {
  const uncounted = sides.filter((side) => tokens[side].answers < counts.answered);
  if (uncounted.length === 0 || sides.every((side) => tokens[side].answers === 0)) return null;
  const answers = uncounted.map((side) => `${count(tokens[side].answers)} of the ${side}'s`);
  const both = cost.pairs === 1 ? 'pair in which both are' : 'pairs in which both are';
  const ratio =
    cost.ratio === null
      ? ''
      : ` The ratio of the costs is that of the ${count(cost.pairs)} ${both} known.`;
  return `Tokens and cost cover ${answers.join(' and ')} ${count(counts.answered)} answers.${ratio}`;
};
