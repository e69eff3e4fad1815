import { readConfiguration } from '../configuration/read-configuration.ts';
import type { Filter } from '../filter/filter.ts';
import { costOfAnswer, loadPrices } from '../models/prices.ts';
import { findCandidates, type ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { demoNote } from '../demo/simulation-notes.ts';
import { filterPairs } from '../store/comparisons/filter-pairs.ts';
import type { TraitCost } from '../store/comparisons/pair-traits.ts';
import { openToRead, type Store } from '../store/open.ts';
import {
  decideGate,
  gateText,
  parseGate,
  type GateReport,
  type GateResult,
} from '../summary/decision-gate.ts';
import { junitXml } from '../summary/junit.ts';
import { candidatesJson, summaryJson } from '../summary/summary-json.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { parseJsonObject } from '../text/json.ts';
import { readShare, readWhole } from '../traffic/selection/read-selection.ts';
import { count } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { readFilterFlag, wrongAtMark } from './flags/filter-flag.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { followRules } from '../replay/prepare/follow-rules.ts';
import { comparisonPrices } from '../money/prices-to-pay.ts';
import { reviewerName } from './reviewer-name.ts';
import { currentSummary, summariesText } from './texts/current-summary.ts';

/** Runs `understudy summary [COMPARISON]`: prints the numbers of a comparison. */
export const summary: Command<'summary'> = async (argv) => {
  const { given, input, flags } = readFlags('summary', argv);
  if (flags.json && given.has('format') && flags.format !== 'json') {
    throw new UserError(
      `--json and --format ${flags.format} contradict each other. Name one of them.`,
    );
  }
  if (flags.format === 'junit' && flags.gate === undefined) {
    throw new UserError('--format junit reports a gate. Name one with --gate.');
  }
  if (flags.candidate.length > 1 && flags.gate !== undefined) {
    throw new UserError('A gate decides about one candidate. Name one with --candidate.');
  }
  if (flags.candidate.length > 1 && flags.format !== 'text' && flags.format !== 'json') {
    throw new UserError(
      `--format ${flags.format} reports one candidate. Name one with --candidate, or use text or json.`,
    );
  }
  const format = flags.json ? 'json' : flags.format;
  if (flags.by !== undefined && (format === 'csv' || format === 'junit')) {
    throw new UserError(
      `--by has no ${format}. Print it with --format text, json, markdown or html.`,
    );
  }
  const filter = readFilterFlag(flags.filter);
  const target = flags.target === undefined ? null : readShare('target', flags.target);
  const monthlyRequests =
    flags.monthlyRequests === undefined
      ? null
      : readWhole('monthly-requests', 'requests', flags.monthlyRequests);
  const settings = await readConfiguration(flags.config, process.env);
  const store = await openToRead(storeFile(flags.db, process.env));
  try {
    const now = new Date();
    const comparisons = await findCandidates(store, input[0] ?? null, flags.candidate);
    for (const { id } of comparisons) await followRules(store, id, settings);
    const book = await loadPrices(settings.prices);
    const reviewer = flags.reviewer ?? null;
    const me = reviewer ?? reviewerName(undefined);
    const costOf = (comparison: ComparisonRecord): TraitCost => {
      const prices = comparisonPrices(book, comparison, now, settings.providers);
      return (side, answer, batch) =>
        costOfAnswer(answer, prices.priceAt(side, { at: null, model: answer.model }), batch);
    };
    const gather = async (comparison: ComparisonRecord): Promise<Summary> => {
      const prices = comparisonPrices(book, comparison, now, settings.providers);
      const { summary: gathered } = await currentSummary(store, comparison, prices, {
        reviewer,
        target,
        monthlyRequests,
        by: flags.by ?? null,
        filter: filter === null ? null : { filter, me, cost: costOf(comparison) },
      });
      return gathered;
    };
    const [comparison, ...others] = comparisons;
    const found = await gather(comparison);
    const summaries = [found];
    for (const other of others) summaries.push(await gather(other));
    if (reviewer !== null) requireReviewer(reviewer, summaries);
    const report = flags.gate === undefined ? null : reportGate(flags.gate, found);
    const text = summariesText(summaries);
    switch (format) {
      case 'text':
        process.stdout.write(report === null ? text : `${text}\n${gateText(report)}`);
        break;
      case 'json':
        process.stdout.write(
          others.length > 0 ? candidatesJson(summaries) : summaryJson(found, report),
        );
        break;
      case 'junit':
        if (report !== null) process.stdout.write(junitXml(report, comparison.name));
        break;
      default:
        process.stdout.write(
          await reportText(format, store, {
            summary: found,
            gate: report,
            note: demoNote(comparison),
            pairs: { reviewer, cost: costOf(comparison), filter, me },
          }),
        );
    }
    return report === null ? 0 : gateExits[report.result];
  } finally {
    await store.close();
  }
};

/** Formats a report. What draws and writes it is loaded only here. */
const reportText = async (
  format: 'markdown' | 'html' | 'csv',
  store: Store,
  { gate, note, pairs, summary: found }: ReportParts,
): Promise<string> => {
  if (format === 'csv') return (await import('../report/csv-report.ts')).csvReport(found);
  if (format === 'markdown') {
    const { markdownReport } = await import('../report/markdown-report.ts');
    return markdownReport({ summary: found, gate, note });
  }
  const { htmlReport } = await import('../report/html-report.ts');
  const { gatherPairs } = await import('../report/gather-pairs.ts');
  const { id } = found.comparison;
  return htmlReport({
    summary: found,
    gate,
    note,
    ...(await gatherPairs(store, id, {
      ...pairs,
      counts: found.counts,
      ids:
        pairs.filter === null
          ? null
          : await filterPairs(store, id, pairs.filter, { ...pairs, index: 'none' }),
    })),
  });
};

type ReportParts = {
  readonly summary: Summary;
  readonly gate: GateReport | null;
  readonly note: string | null;
  readonly pairs: {
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly filter: Filter | null;
    readonly me: string | null;
  };
};

/** Decides the gate. Throws UserError if it is wrong, and prints a mark below the place before. */
const reportGate = (text: string, found: Summary): GateReport => {
  const document = parseJsonObject(summaryJson(found));
  const parsed = parseGate(text, document);
  if (parsed.kind === 'problem') throw wrongAtMark('gate', text, parsed.problem);
  return decideGate(parsed.gate, text, document);
};

const gateExits: Readonly<Record<GateResult, 0 | 1 | 3>> = { met: 0, 'not met': 1, open: 3 };

/** Throws UserError if nobody of this name has judged a pair of the comparisons. */
const requireReviewer = (reviewer: string, summaries: readonly Summary[]): void => {
  const names = [
    ...new Set(summaries.flatMap(({ reviewers }) => reviewers.map((one) => one.reviewer))),
  ];
  if (names.includes(reviewer)) return;
  const asked = JSON.stringify(printableLine(reviewer));
  const shown = names.slice(0, 10).map(printableLine).join(', ');
  const more = names.length > 10 ? ` and ${count(names.length - 10)} more` : '';
  throw new UserError(
    names.length === 0
      ? `There is no verdict of ${asked}, because nobody has judged a pair of this comparison. Leave out --reviewer.`
      : `There is no verdict of ${asked} in this comparison. There are verdicts of: ${shown}${more}.`,
  );
};
