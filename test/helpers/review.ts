import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../source/store/open.ts';
import { listEvents, type VerdictEvent } from '../../source/store/verdicts.ts';
import { fillStore } from './filled-store.ts';
import { node, program } from './program.ts';
import { startInTerminal, type TerminalProgram } from './terminal.ts';

export type SamplePair = {
  readonly id: string;
  readonly baseline: string;
  readonly candidate: string;
};

/** A folder of its own, removed when the test is over. */
export const temporaryFolder = (after: (work: () => void) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-review-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A review of filled pairs in a terminal. */
export type Review = TerminalProgram & {
  readonly db: string;
  readonly comparisonId: string;
  /** What the store knows of the reviewer's doings, read through a connection of its own. */
  readonly events: () => Promise<readonly VerdictEvent[]>;
  /** Types keys and waits until all that was typed before has been taken in. */
  readonly settle: () => Promise<void>;
  readonly quit: () => Promise<number>;
};

export const reviewer = 'ada';

type Options = {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
};

/** Fills a store and opens the review over it. */
export const openReview = async (
  folder: string,
  pairs: Iterable<SamplePair>,
  options: Options = {},
): Promise<Review> => {
  const db = join(folder, 'review.db');
  const comparisonId = await fillStore(db, pairs);
  return reopenReview(db, comparisonId, options);
};

/** Opens the review over a store that is there. */
export const reopenReview = async (
  db: string,
  comparisonId: string,
  options: Options = {},
): Promise<Review> => {
  const terminal = startInTerminal(
    node,
    [program, 'review', '--db', db, '--reviewer', reviewer],
    options,
  );
  await terminal.until(/ of [\d,]+ (?:judged|·)[^]*first token/);
  const settle = async (): Promise<void> => {
    // Keys that show and change nothing: the second notice can only follow the end of the first.
    await press(terminal, 'G', (text) => !/this is the (?:first|last) pair/.test(text));
    await press(terminal, 'K', (text) => /this is the first pair/.test(text));
    await press(terminal, 'G', (text) => !/this is the (?:first|last) pair/.test(text));
  };
  return {
    ...terminal,
    db,
    comparisonId,
    settle,
    events: async () => {
      const store = await openStore(db);
      try {
        return await listEvents(store, comparisonId, reviewer);
      } finally {
        await store.close();
      }
    },
    quit: async () => {
      terminal.type('q');
      return (await terminal.exit).code;
    },
  };
};

/** Types a key that may be swallowed by a half sequence, again and again until it shows. */
const press = async (
  terminal: TerminalProgram,
  key: string,
  holds: (text: string) => boolean,
): Promise<void> => {
  for (let tries = 0; tries < 40; tries++) {
    terminal.type(key);
    try {
      await terminal.until(holds, 500);
      return;
    } catch (error) {
      if (tries === 39) throw error;
    }
  }
};

/** How many pairs are judged, as the first row says. */
export const judgedOn = (text: string): number =>
  Number(/(\d+) of [\d,]+ (?:judged|·)/.exec(text)?.[1]);
