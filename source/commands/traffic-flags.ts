import { UserError } from '../text/user-error.ts';
import { readMapping, type Mapping } from '../traffic/mapping/mapping.ts';

/** The flags of how files of traffic are read, as meow declares them. */
export const trafficFlags = {
  map: { type: 'string', isMultiple: true },
  lastTurn: { type: 'boolean' },
} as const;

type TrafficFlags = {
  readonly map?: readonly string[] | undefined;
  readonly lastTurn?: boolean | undefined;
};

/**
 * `--map` and `--last-turn`. Throws UserError for a mapping that is none, and for flags that have no
 * files to be about.
 */
export const trafficOptionsOf = (
  { map = [], lastTurn = false }: TrafficFlags,
  files: readonly string[],
): { readonly mapping: Mapping | null; readonly lastTurn: boolean } => {
  const given = [...(map.length > 0 ? ['--map'] : []), ...(lastTurn ? ['--last-turn'] : [])];
  if (files.length === 0 && given.length > 0) {
    throw new UserError(
      `${given.join(' and ')} ${given.length === 1 ? 'is' : 'are'} about files of captured traffic, and none is named. Name them, or leave ${given.length === 1 ? 'it' : 'them'} out.`,
    );
  }
  return { mapping: readMapping(map), lastTurn };
};
