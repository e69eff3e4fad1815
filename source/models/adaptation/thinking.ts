import type { JsonObject } from '../../text/json.ts';
import type { Model } from '../model.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import {
  adaptationData,
  meetsCondition,
  nameWithoutMaker,
  profileChain,
  type ThinkingEntry,
} from './adaptation-rules.ts';
import { valuesAt } from './path.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

const entriesByModel = new Map<string, ThinkingEntry | null>();

/** Returns the known facts about a model's thinking; null if there are none. */
const thinkingEntry = ({ name, provider }: LiveModel): ThinkingEntry | null => {
  const key = `${provider.quirks}\0${name}`;
  const known = entriesByModel.get(key);
  if (known !== undefined) return known;
  const model = nameWithoutMaker(name);
  const chain = profileChain(provider.quirks);
  const entry = adaptationData().thinking.find(
    ({ models, profiles }) =>
      models.test(model) && (profiles === undefined || profiles.some((id) => chain.includes(id))),
  );
  entriesByModel.set(key, entry ?? null);
  return entry ?? null;
};

/** Returns whether a model thinks before it answers a request that does not mention thinking. */
export const reasonsByDefault = (model: Model): boolean =>
  model.kind === 'live' && thinks(model, {});

/** Returns whether a model thinks before it answers this request. */
export const thinks = (model: LiveModel, body: JsonObject): boolean => {
  const entry = thinkingEntry(model);
  switch (entry?.thinks) {
    case 'always':
      return true;
    case 'default':
      return !entry.off.some((condition) => meetsCondition(condition, body));
    case 'optional':
      return entry.on.some((condition) => meetsCondition(condition, body));
    default:
      return false;
  }
};

/** Returns whether a model is known to be able to think. */
export const canThink = (model: LiveModel): boolean => {
  const entry = thinkingEntry(model);
  return entry !== null && entry.thinks !== 'never';
};

/** Warns if a model thinks although the request does not ask for it; otherwise null. */
export const thinkingWarning = (model: LiveModel, body: JsonObject): Adaptation | null => {
  const entry = thinkingEntry(model);
  if (entry === null || !thinks(model, body)) return null;
  const { parameter = 'reasoning_effort' } = entry;
  // A user who sets the parameter knows that the model thinks.
  if (entry.thinks === 'optional' || valuesAt(body, parameter).length > 0) return null;
  return {
    parameter,
    action: 'kept',
    reason:
      entry.thinks === 'always'
        ? 'the model thinks before it answers, and the request says nothing about it'
        : 'the model thinks before it answers unless it is told not to',
  };
};
