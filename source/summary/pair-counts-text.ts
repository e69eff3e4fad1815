import { sides } from '../comparison/outcome.ts';
import { count, counted } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import { paragraph } from './paragraph.ts';
import { dayOf } from './evidence.ts';
import type { FailureCount, NotSentCount } from './failure-counts.ts';
import type { Summary } from './gather-summary.ts';
import { rulesText, skipText } from './sentence.ts';

/** The sums of pairs that always hold, and the reasons for each of them. */
export const pairLines = (summary: Summary): readonly string[] => {
  const {
    counts,
    failures,
    leftOut,
    notSentReasons,
    notReplayableReasons,
    partialParts,
    paths,
    skips,
  } = summary;
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
      ? paragraph(
          `of these, both unusable in the same way: ${count(counts.bothUnusable)} (invalid JSON, cut off, refused or empty)`,
          '  ',
        )
      : []),
  ];
  const reasons = (name: string, parts: readonly string[]): void => {
    if (parts.length > 0) lines.push(...paragraph(`${name}: ${parts.join('; ')}`, '  '));
  };
  if (skips.pairs > 0) lines.push(...paragraph(`unjudged: ${skipText(summary)}`, '  '));
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
  if (paths.bridged + paths.lossy > 0) {
    reasons('asked in another dialect', [
      `${count(paths.bridged)} with the same meaning`,
      `${count(paths.lossy)} lossy (--by path)`,
    ]);
  }
  reasons('failed', failures.map(bySide));
  reasons('not sent', notSentReasons.map(notSentText));
  return lines;
};

/** `candidate timeout 3`; `both sides timeout 3`; `baseline timeout, candidate no_credit 3`. */
const bySide = (one: FailureCount): string => `${named(one, ' ')} ${count(one.pairs)}`;

/** `candidate: the other side cannot be asked (3)`: its reasons are phrases. */
const notSentText = (one: NotSentCount): string => `${named(one, ': ')} (${count(one.pairs)})`;

const named = (one: FailureCount | NotSentCount, between: string): string => {
  const { baseline, candidate } = one;
  if (baseline !== null && baseline === candidate) {
    return `both sides${between}${printableLine(baseline)}`;
  }
  return sides
    .flatMap((side) => {
      const reason = one[side];
      return reason === null ? [] : [`${side}${between}${printableLine(reason)}`];
    })
    .join(', ');
};

/** The most rules that are listed. */
const listedRules = 20;

/** What rules settle, and each rule in force with its author. */
export const ruleLines = ({ counts, rules }: Summary): readonly string[] => {
  const inForce = rules.filter(({ takenBack }) => takenBack === null);
  const takenBack = rules.length - inForce.length;
  if (rules.length === 0) return [];
  const shown = inForce.slice(0, listedRules).flatMap(({ at, author, settled, text }) => {
    const who = truncateCells(printableLine(author), 40);
    return paragraph(`${text}: ${counted(settled, 'pair')} (${who}, ${dayOf(at)})`, '  ');
  });
  const more = inForce.length - listedRules;
  return [
    ...paragraph(
      `Rules: ${counted(counts.settledByRule, 'pair')} settled by ${rulesText(rules)}. The machine found them different.`,
      '',
    ),
    ...shown,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...(takenBack === 0
      ? []
      : paragraph(`${counted(takenBack, 'rule was', 'rules were')} taken back.`, '  ')),
  ];
};
