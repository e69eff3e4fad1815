import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { compareOlder } from '../replay/compare-stored.ts';
import { listComparisons } from '../store/comparisons/comparisons.ts';
import { openStore } from '../store/open.ts';
import { scrubFile, type ScrubReport } from '../store/redaction/scrub-store.ts';
import { printable } from '../text/printable.ts';
import { count } from '../text/numbers.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';

/**
 * Runs `understudy scrub`: redacts the existing data of a store, and verifies that no value
 * remains.
 */
export const scrub: Command<'scrub'> = async (argv) => {
  const { flags } = readFlags('scrub', argv);
  const { redaction } = await readConfiguration(flags.config, process.env);
  const file = storeFile(flags.db, process.env);
  const report = await scrubFile(file, redaction);
  if (report.values > 0) await compareAll(file);
  process.stdout.write(flags.json ? scrubJson(report, file) : scrubText(report, file));
  return report.remaining === 0 ? 0 : 1;
};

/** Compares the pairs whose answers have changed. */
const compareAll = async (file: string): Promise<void> => {
  const store = await openStore(file, { mustExist: true });
  try {
    for (const { id } of await listComparisons(store)) await compareOlder(store, id);
  } finally {
    await store.close();
  }
};

const scrubJson = ({ values, remaining, counts, bytes }: ScrubReport, file: string): string =>
  jsonDocument(
    { schema: 'understudy.scrub/1', store: file, values, remaining, counts, bytes },
    'one line',
  );

const scrubText = ({ bytes, counts, remaining, values }: ScrubReport, file: string): string => {
  const name = printable(file);
  if (values === 0) return `${name} contains nothing that a rule finds.\n`;
  const rules = Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([rule, findings]) => `  ${count(findings).padStart(9)}  ${rule}`);
  const proof = `${count(remaining)} of ${count(values)} values ${remaining === 1 ? 'remains' : 'remain'} in the file (${count(bytes)} bytes searched).`;
  const why =
    remaining === 0
      ? []
      : [
          'Remaining values are part of a longer word or number, or of a name that redaction does not change.',
        ];
  return `${[`${name}: replaced by placeholders`, ...rules, proof, ...why].join('\n')}\n`;
};
