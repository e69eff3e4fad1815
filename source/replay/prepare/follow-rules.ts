import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { Settings } from '../../configuration/settings.ts';
import { followConfiguration } from '../../store/comparisons/stored-rules.ts';
import type { Store } from '../../store/open.ts';
import { timeOrderedId } from '../../text/time-ordered-id.ts';
import { compareOlder } from '../compare-stored.ts';

/**
 * Makes the rules of the configuration file those of a comparison, with the name of the file as their author,
 * and has its outcomes follow. Rules of files with other names stay, and without a file all do.
 */
export const followRules = async (
  store: Store,
  comparisonId: string,
  { file, rules }: Pick<Settings, 'file' | 'rules'>,
): Promise<void> => {
  if (file === null) return;
  const at = new Date();
  const newId = (): string => timeOrderedId(null, at.getTime(), randomBytes(10));
  // Its folder is another one for every directory and machine.
  const configured = { file: basename(file), rules, at: at.toISOString(), newId };
  const isChanged = await followConfiguration(store, comparisonId, configured);
  if (isChanged) await compareOlder(store, comparisonId);
};
