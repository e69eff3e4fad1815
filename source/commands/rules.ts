import { ruleWords } from '../comparison/settling-rules.ts';
import { toleranceText } from '../configuration/rule-content.ts';
import { findComparison, type ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { listRules, takeBackRules, type RuleRecord } from '../store/comparisons/stored-rules.ts';
import { openStore, openToRead, type Store } from '../store/open.ts';
import { jsonDocument } from '../text/json-document.ts';
import { count } from '../text/numbers.ts';
import { printable, printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { wrapped } from '../text/wrap.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { reviewerName } from './reviewer-name.ts';

/** Runs `understudy rules [COMPARISON]`: lists the rules of a comparison, or takes one back. */
export const rules: Command<'rules'> = async (argv) => {
  const { flags, input } = readFlags('rules', argv);
  const file = storeFile(flags.db, process.env);
  const store = await (flags.takeBack === undefined
    ? openToRead(file)
    : openStore(file, { mustExist: true }));
  try {
    const comparison = await findComparison(store, input[0] ?? null);
    if (flags.takeBack !== undefined) {
      await takeBack(store, comparison, flags.takeBack, reviewerName(flags.reviewer));
    }
    const all = await listRules(store, comparison.id);
    process.stdout.write(flags.json ? rulesJson(comparison, all) : rulesList(comparison, all));
    return 0;
  } finally {
    await store.close();
  }
};

/** Takes a rule back. Throws UserError if there is no such rule in force, or if a file has it. */
const takeBack = async (
  store: Store,
  comparison: ComparisonRecord,
  id: string,
  reviewer: string,
): Promise<void> => {
  const rule = (await listRules(store, comparison.id)).find((one) => one.id === id);
  const name = JSON.stringify(printable(id));
  if (rule === undefined) {
    throw new UserError(
      `The comparison ${comparison.id} has no rule ${name}. understudy rules ${comparison.id} lists its rules with their ids.`,
    );
  }
  if (rule.takenBack !== null) {
    throw new UserError(`The rule ${name} was taken back already, at ${rule.takenBack.at}.`);
  }
  if (rule.madeBy === 'configuration') {
    throw new UserError(
      `The rule ${name} is in ${printable(rule.author)}. Take it out there; the next compare, replay, review or summary follows.`,
    );
  }
  await takeBackRules(store, comparison.id, [id], { at: new Date().toISOString(), reviewer });
};

const rulesJson = (comparison: ComparisonRecord, all: readonly RuleRecord[]): string =>
  jsonDocument(
    {
      schema: 'understudy.rules/1',
      comparison: comparison.id,
      rules: all.map((rule) => ({
        ...rule,
        text: ruleWords(rule),
        tolerance: rule.tolerance === null ? null : toleranceText(rule.tolerance),
      })),
    },
    'one line',
  );

const rulesList = (comparison: ComparisonRecord, all: readonly RuleRecord[]): string => {
  const head = `Comparison ${printableLine(comparison.name)} · ${comparison.id}`;
  const lines =
    all.length === 0
      ? wrapped(
          'There are no rules. I in the review makes one, and so does the configuration (rules).',
          '',
        )
      : all.flatMap((rule) => [
          ...wrapped(`${rule.id}  ${ruleWords(rule)}`, ''),
          ...wrapped(`  ${factsOf(rule)}`, '  '),
        ]);
  return `${[head, '', ...lines].join('\n')}\n`;
};

/** `24 pairs · ada · 2026-11-30 05:20 UTC · taken back 2026-11-30 06:00 UTC by bo`. */
const factsOf = ({ at, author, settled, takenBack }: RuleRecord): string =>
  [
    `${count(settled)} ${settled === 1 ? 'pair' : 'pairs'}`,
    printableLine(author),
    minute(at),
    ...(takenBack === null
      ? []
      : [`taken back ${minute(takenBack.at)} by ${printableLine(takenBack.reviewer)}`]),
  ].join(' · ');

const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;
