import { wholeAnswer, type RuleContent } from '../configuration/rule-content.ts';
import type { FieldSection } from './answer-fields.ts';
import { callPath } from './difference-pattern.ts';
import { fieldDivergences, joinedPath, textDivergence } from './divergences.ts';
import type { Divergence } from './outcome.ts';
import { covers } from './settling-rules.ts';

/** Returns the full path of a field in its answer: `$.items[3].score`, `search().date`. */
export const placeIn = ({ call }: Pick<FieldSection, 'call'>, path: string): string =>
  joinedPath(call === null ? '' : callPath(call.name), path);

/** Returns the divergences in the fields of two answers or, without fields, in their whole texts. */
export const visibleDivergences = (
  fields: readonly FieldSection[] | null,
  texts: { readonly baseline: string; readonly candidate: string },
): readonly { readonly place: string; readonly divergence: Divergence }[] => {
  const found = (fields ?? []).flatMap((section) =>
    section.only === null
      ? section.differences.flatMap((difference) =>
          fieldDivergences(
            [difference],
            section.call === null ? '' : callPath(section.call.name),
          ).map((divergence) => ({ place: placeIn(section, difference.path), divergence })),
        )
      : [],
  );
  const isText = fields === null || fields.every(({ call }) => call !== null);
  if (!isText || texts.baseline === texts.candidate) return found;
  const whole = textDivergence(texts.baseline, texts.candidate);
  return whole === null ? found : [...found, { place: wholeAnswer, divergence: whole }];
};

/**
 * Returns the paths at which rules cover all differences. The rules must all apply to the endpoint. The path
 * of a string that holds JSON is included if all differences in the JSON are covered.
 */
export const coveredPaths = (
  visible: ReturnType<typeof visibleDivergences>,
  rules: readonly RuleContent[],
): ReadonlySet<string> => {
  if (rules.length === 0) return new Set();
  const covered = new Set<string>();
  const open = new Set<string>();
  for (const { divergence, place } of visible) {
    const isCovered = rules.some((rule) => covers(rule, divergence));
    for (const path of [place, place.split('(json)')[0] ?? place]) {
      (isCovered ? covered : open).add(path);
    }
  }
  return new Set([...covered].filter((path) => !open.has(path)));
};
