import type { ServiceName } from '../../intake/services/open-service.ts';
import type { TimeRange } from '../../intake/services/service.ts';
import { UserError } from '../../text/user-error.ts';
import { readBound } from '../../traffic/selection/read-selection.ts';
import { readMapping, type Mapping } from '../../traffic/mapping/mapping.ts';

/** The options for reading files of traffic. */
export type TrafficOptions = { readonly mapping: Mapping | null; readonly lastTurn: boolean };

/**
 * Parses `--map` and `--last-turn`. Throws UserError for an invalid mapping, and if there are no
 * files to which the flags apply.
 */
export const readTrafficFlags = (
  { map, lastTurn }: { readonly map: readonly string[]; readonly lastTurn: boolean },
  files: readonly string[],
): TrafficOptions => {
  const given = [...(map.length > 0 ? ['--map'] : []), ...(lastTurn ? ['--last-turn'] : [])];
  if (files.length === 0 && given.length > 0) {
    const isOne = given.length === 1;
    throw new UserError(
      `${given.join(' and ')} ${isOne ? 'is' : 'are'} only for files of captured traffic, but no file is given. Give the files, or omit ${isOne ? 'it' : 'them'}.`,
    );
  }
  return { mapping: readMapping(map), lastTurn };
};

/** A service to import from, and the calls to read there. */
export type AskedService = { readonly name: ServiceName; readonly range: TimeRange };

/** How far back an import from a service goes. */
const defaultSince = '7d';

/**
 * Parses `--from` and `--since`; null if files are to be imported. Throws UserError for both or neither, for
 * `--map`, which is for unknown formats, and for an invalid time.
 */
export const readServiceFlags = (
  flags: {
    readonly from: ServiceName | undefined;
    readonly since: string | undefined;
    readonly map: readonly string[];
  },
  files: readonly string[],
  now: Date,
): AskedService | null => {
  const { from: name, map, since } = flags;
  if (name === undefined) {
    if (since !== undefined) {
      throw new UserError(
        '--since is for an import with --from. Files are imported as a whole; understudy compare and understudy replay select with --since.',
      );
    }
    if (files.length > 0) return null;
    throw new UserError(
      'import needs a file of captured traffic, or a service to read: understudy import FILES… or understudy import --from langfuse. See understudy import --help.',
    );
  }
  if (files.length > 0) {
    throw new UserError(
      `--from ${name} reads ${name} instead of files. Import the files with a command of their own.`,
    );
  }
  if (map.length > 0) {
    throw new UserError(
      `--map is for files in no known format, and ${name} has a known one. Omit it.`,
    );
  }
  const start = readBound('since', since ?? defaultSince, now);
  const end = now.toISOString();
  if (start < end) return { name, range: { start, end } };
  throw new UserError(
    `--since ${start} is in the future, so there is nothing to read. Name a time before now.`,
  );
};
