import { sides, type Side } from '../../comparison/outcome.ts';
import type { Model } from '../../models/model.ts';
import { recordedModels } from '../../store/captures/captures.ts';
import { type ComparisonRecord, discardComparison } from '../../store/comparisons/comparisons.ts';
import type { Store } from '../../store/open.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';

/**
 * Throws UserError for a recorded model of which no capture of the selection has an answer: every pair
 * would be left without one. A comparison that is new is taken away again.
 */
export const requireRecordings = async (
  store: Store,
  comparison: ComparisonRecord & { readonly created: boolean },
  models: Readonly<Record<Side, Model>>,
): Promise<void> => {
  const asked = sides.map((side) => models[side]).filter((model) => model.kind === 'recorded');
  if (asked.length === 0) return;
  const known = await recordedModels(store, comparison.id);
  for (const { label, name } of asked) {
    if (known.some(({ model, production }) => (name === null ? production : model === name))) {
      continue;
    }
    if (comparison.created) await discardComparison(store, comparison.id);
    const names = known.slice(0, 10).map(({ model }) => `recorded:${harmlessLine(model)}`);
    const there =
      names.length === 0
        ? 'None of them has any recorded answer.'
        : `Recorded are: ${[...new Set(names)].join(', ')}.`;
    throw new UserError(
      `No capture of this selection has an answer of ${harmlessLine(label)}. ${there}`,
    );
  }
};
