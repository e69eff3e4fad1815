import type { JsonObject } from '../../text/json.ts';
import type { Adaptation, Model } from '../model.ts';
import { holds } from './condition.ts';
import { valuesAt } from './path.ts';
import { bareModel, chainOf } from './profile.ts';
import { adaptationRules, type Thinking } from './rules.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

const found = new Map<string, Thinking | null>();

/** What is known of a model's thinking; null when nothing is. */
const thinkingOf = ({ name, provider }: LiveModel): Thinking | null => {
  const key = `${provider.quirks}\0${name}`;
  const before = found.get(key);
  if (before !== undefined) return before;
  const model = bareModel(name);
  const chain = chainOf(provider.quirks);
  const entry = adaptationRules().thinking.find(
    ({ models, profiles }) =>
      models.test(model) && (profiles === undefined || profiles.some((id) => chain.includes(id))),
  );
  found.set(key, entry ?? null);
  return entry ?? null;
};

/** Whether a model thinks before it answers a request that says nothing about it. */
export const reasonsByDefault = (model: Model): boolean =>
  model.kind === 'live' && thinks(model, {});

/** Whether a model thinks before it answers this request. */
export const thinks = (model: LiveModel, body: JsonObject): boolean => {
  const known = thinkingOf(model);
  switch (known?.thinks) {
    case 'always':
      return true;
    case 'default':
      return !known.off.some((condition) => holds(condition, body));
    case 'optional':
      return known.on.some((condition) => holds(condition, body));
    default:
      return false;
  }
};

/** Whether a model can think at all, as far as is known. */
export const canThink = (model: LiveModel): boolean => {
  const known = thinkingOf(model);
  return known !== null && known.thinks !== 'never';
};

/** The warning that a model thinks although the request does not ask for it; null where there is none. */
export const thinkingWarning = (model: LiveModel, body: JsonObject): Adaptation | null => {
  const known = thinkingOf(model);
  if (known === null || !thinks(model, body)) return null;
  const { parameter = 'reasoning_effort' } = known;
  // Who sets the parameter knows that the model thinks.
  if (known.thinks === 'optional' || valuesAt(body, parameter).length > 0) return null;
  return {
    parameter,
    action: 'kept',
    reason:
      known.thinks === 'always'
        ? 'the model thinks before it answers, and the request says nothing about it'
        : 'the model thinks before it answers unless it is told not to',
  };
};
