import { jsonDocument } from '../text/json-document.ts';
import { openToRead } from '../store/open.ts';
import { printable } from '../text/printable.ts';
import { count } from '../text/numbers.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';

/** `understudy backup FILE`: a copy of the store at one moment, also while something writes to it. */
export const backup: Command<'backup'> = async (argv) => {
  const { flags, input } = readFlags('backup', argv);
  const [target = ''] = input;
  const file = storeFile(flags.db, process.env);
  const store = await openToRead(file);
  try {
    const bytes = await store.engine.copyTo(target);
    process.stdout.write(
      flags.json
        ? jsonDocument(
            { schema: 'understudy.backup/1', store: file, file: target, bytes },
            'one line',
          )
        : `${printable(target)} is a copy of ${printable(file)} (${count(bytes)} bytes). Any command opens it with --db.\n`,
    );
    return 0;
  } finally {
    await store.close();
  }
};
