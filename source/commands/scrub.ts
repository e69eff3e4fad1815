import { statSync } from 'node:fs';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { openStore } from '../store/open.ts';
import { scrubStore, type Scrubbed } from '../store/redaction/scrub-store.ts';
import { searchFile, type FileSearch } from '../store/engine/search-file.ts';
import { harmless } from '../text/harmless.ts';
import { count } from '../text/numbers.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { openRedactor } from '../store/redaction/open-redactor.ts';

/** `understudy scrub`: redacts what is in a store already, and checks that nothing of it remains. */
export const scrub: Command<'scrub'> = async (argv) => {
  const { flags } = readFlags('scrub', argv);
  const { redaction } = await readConfiguration(flags.config, process.env);
  const file = storeFile(flags.db, process.env);
  const store = await openStore(file, { mustExist: true });
  let scrubbed: Scrubbed;
  let before: FileSearch;
  try {
    scrubbed = await scrubStore(store, await openRedactor(store, redaction));
    // Search with the log beside the file, and again below as closing leaves it.
    before = await searchFile(file, scrubbed.values);
  } finally {
    await store.close();
  }
  const after = await searchFile(file, scrubbed.values);
  const remaining = Math.max(before.remaining, after.remaining);
  const values = scrubbed.values.size;
  const { counts } = scrubbed;
  const { size } = statSync(file);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ schema: 'understudy.scrub/1', store: file, values, remaining, counts, bytes: size })}\n`
      : scrubText({ name: harmless(file), values, remaining, counts, bytes: size }),
  );
  return remaining === 0 ? 0 : 1;
};

const scrubText = (done: {
  readonly name: string;
  readonly values: number;
  readonly remaining: number;
  readonly counts: Scrubbed['counts'];
  readonly bytes: number;
}): string => {
  const { bytes, counts, name, remaining, values } = done;
  if (values === 0) return `${name} holds nothing that a rule finds.\n`;
  const rules = Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([rule, findings]) => `  ${count(findings).padStart(9)}  ${rule}`);
  const proof = `${count(remaining)} of ${count(values)} values ${remaining === 1 ? 'remains' : 'remain'} in the file (${count(bytes)} bytes searched).`;
  const why =
    remaining === 0
      ? []
      : [
          'What remains is part of a longer word or number, or of a name that redaction leaves alone.',
        ];
  return `${[`${name}: replaced by placeholders`, ...rules, proof, ...why].join('\n')}\n`;
};
