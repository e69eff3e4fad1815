import { adaptationRules, type Rule } from './rules.ts';

/** Every name under which a model's rules may be filed: what stands behind its last slash. */
export const bareModel = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const known = new Map<string, readonly Rule[]>();

/**
 * The rules of a profile for a model's name, those of what it extends first, each profile once. A
 * profile that is not known counts as `openai-compatible`.
 */
export const rulesOf = (profile: string, name: string): readonly Rule[] => {
  const key = `${profile}\0${name}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const model = bareModel(name);
  const rules = chainOf(profile)
    .flatMap((id) => adaptationRules().profiles[id]?.rules ?? [])
    .filter(({ models, notModels }) => (models?.test(model) ?? true) && !notModels?.test(model));
  known.set(key, rules);
  return rules;
};

/** A profile and all that it extends, the most general first. */
export const chainOf = (profile: string): readonly string[] => {
  const { profiles } = adaptationRules();
  const chain = new Set<string>();
  const visit = (id: string): void => {
    for (const parent of profiles[id]?.extends ?? []) visit(parent);
    chain.add(id);
  };
  visit(Object.hasOwn(profiles, profile) ? profile : 'openai-compatible');
  return [...chain];
};
