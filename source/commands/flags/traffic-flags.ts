import { UserError } from '../../text/user-error.ts';
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
