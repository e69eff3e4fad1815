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

/** A folder that is removed after the test. */
export const temporaryFolder = (after: (work: () => void) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-review-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A review of pairs in a terminal. */
export type Review = TerminalProgram & {
  readonly db: string;
  readonly comparisonId: string;
  /** The reviewer's events in the store, read through a separate connection. */
  readonly events: () => Promise<readonly VerdictEvent[]>;
  /** Waits until all keys typed so far have taken effect. */
  readonly settle: () => Promise<void>;
  readonly quit: () => Promise<number>;
};

export const reviewer = 'ada';

type Options = {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly widths?: '6' | '11';
  readonly background?: string;
  /** Further flags of the review. */
  readonly flags?: readonly string[];
  /** By default `reviewer`. */
  readonly by?: string;
};

/** Fills a store and opens a review of it. */
export const openReview = async (
  folder: string,
  pairs: Iterable<SamplePair>,
  options: Options = {},
): Promise<Review> => {
  const db = join(folder, 'review.db');
  const comparisonId = await fillStore(db, pairs);
  return reopenReview(db, comparisonId, options);
};

/** Opens a review of an existing store. */
export const reopenReview = async (
  db: string,
  comparisonId: string,
  options: Options = {},
): Promise<Review> => {
  const terminal = startInTerminal(
    node,
    [program, 'review', '--db', db, '--reviewer', options.by ?? reviewer, ...(options.flags ?? [])],
    options,
  );
  await terminal.until(isPairShown);
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
        return await listEvents(store, comparisonId, options.by ?? reviewer);
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

/** Types a key until it takes effect: an incomplete sequence may swallow it. */
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

/** The screen shows a pair whose answers were compared. */
export const isPairShown =
  /(?:judged|\) of \d+|conflicts? resolved)[^]*^ (?:DIFFERS|SAME|RULE|FAILED) /m;

/** Waits until the pair on the screen has been there for long enough to be marked. */
export const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/**
 * Types a key that marks the pair on the screen, as soon as the pair has been there for long enough, and
 * resolves with the screen when it satisfies the condition.
 */
export const mark = async (
  terminal: Pick<TerminalProgram, 'type' | 'until' | 'text'>,
  key: string,
  what: string | RegExp | ((text: string) => boolean),
): Promise<string> => {
  const holds = (text: string): boolean =>
    typeof what === 'string'
      ? text.includes(what)
      : what instanceof RegExp
        ? what.test(text)
        : what(text);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (holds(terminal.text())) return terminal.text();
    terminal.type(key);
    const text = await terminal.until(
      (shown) => holds(shown) || /on the screen (?:yet|for only)/.test(shown),
    );
    if (holds(text)) return text;
  }
};

/** The number of judged pairs in the first row. */
export const judgedOn = (text: string): number =>
  Number(
    /(?:· |\) of )([\d,]+)(?: judged| ahead|$)|(\d+) of \d+ conflicts? resolved/
      .exec((text.split('\n')[0] ?? '').trimEnd().replace(/ \+ \d+ ahead$/, ''))
      ?.slice(1)
      .find((number) => number !== undefined)
      ?.replaceAll(',', ''),
  );
