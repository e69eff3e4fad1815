import * as z from 'zod';
import data from '../../../data/adaptation.json' with { type: 'json' };
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { valuesAt } from './path.ts';

/**
 * A case-insensitive regular expression. Model names are matched without everything up to the last
 * slash.
 */
const expression = z.string().transform((text) => new RegExp(text, 'i'));

const json: z.ZodType<JsonValue> = z.json();

/**
 * A condition on the request. If the path `at` leads to several values, one of them must match.
 * Several keys must match the same value.
 */
const conditionSchema = z.strictObject({
  at: z.string(),
  /** False: there is no value. Null counts as a value. */
  present: z.boolean().optional(),
  /** None of the values is among these. */
  noneIs: z.array(json).optional(),
  is: z.array(json).optional(),
  isNot: z.array(json).optional(),
  /** A number above this, or at most this. */
  above: z.number().optional(),
  atMost: z.number().optional(),
  /** The value as JSON text matches, or does not match, this expression. */
  says: expression.optional(),
  saysNot: expression.optional(),
  /** An object with this key (a null counts as absent), or without it. */
  has: z.string().optional(),
  lacks: z.string().optional(),
});

const ruleFields = {
  /** One or more paths; `path.ts` describes them. */
  at: z.union([z.string(), z.array(z.string()).min(1)]),
  /** All of these must hold. */
  when: z.array(conditionSchema).default([]),
  /** Applies only if the model thinks before it answers this request, or only if it does not. */
  thinks: z.boolean().optional(),
  models: expression.optional(),
  notModels: expression.optional(),
  /** Applies only to values among these, or to none of these. */
  from: z.array(json).optional(),
  notFrom: z.array(json).optional(),
  /** Applies only to strings that match, or do not match. */
  matches: expression.optional(),
  matchesNot: expression.optional(),
  reason: z.string(),
  /** The date (ISO 8601) and the source of the fact. */
  date: z.string(),
  source: z.string(),
};

const ruleSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('remove'), ...ruleFields }),
  /** `to` is the new key, in the same place. */
  z.strictObject({ do: z.literal('rename'), to: z.string(), ...ruleFields }),
  /** `add` also sets the value where there is none yet; `at` must then not lead through a list. */
  z.strictObject({
    do: z.literal('set'),
    to: json,
    add: z.boolean().default(false),
    ...ruleFields,
  }),
  z.strictObject({
    do: z.literal('clamp'),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    ...ruleFields,
  }),
  /** Changes nothing and warns. `absent` warns if the value is missing. */
  z.strictObject({ do: z.literal('keep'), absent: z.boolean().default(false), ...ruleFields }),
]);

const profileSchema = z.strictObject({
  /** Profiles whose rules are applied first. */
  extends: z.array(z.string()).default([]),
  rules: z.array(ruleSchema),
});

const thinkingSchema = z.strictObject({
  /** Limits the entry to these profiles. */
  profiles: z.array(z.string()).optional(),
  models: expression,
  /** `default`: thinks unless `off` holds. `optional`: thinks only if `on` holds. */
  thinks: z.enum(['always', 'default', 'optional', 'never']),
  /** The parameter that controls thinking, for messages. */
  parameter: z.string().optional(),
  off: z.array(conditionSchema).default([]),
  on: z.array(conditionSchema).default([]),
  date: z.string(),
  source: z.string(),
});

const schema = z.strictObject({
  date: z.string(),
  /** The models that think before they answer; the first matching entry counts. */
  thinking: z.array(thinkingSchema),
  /** The parameters that each provider accepts; `Provider.quirks` names one of these profiles. */
  profiles: z.record(z.string(), profileSchema),
});

export type AdaptationCondition = z.infer<typeof conditionSchema>;
export type AdaptationRule = z.infer<typeof ruleSchema>;
export type ThinkingEntry = z.infer<typeof thinkingSchema>;
export type AdaptationData = z.infer<typeof schema>;

let parsed: AdaptationData | null = null;

/** Returns the contents of data/adaptation.json. */
export const adaptationData = (): AdaptationData => {
  parsed ??= schema.parse(data);
  return parsed;
};

/** Returns the part of a model's name after the last slash, which selects its rules. */
export const nameWithoutMaker = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const rulesByModel = new Map<string, readonly AdaptationRule[]>();

/**
 * Returns the rules of a profile for a model's name. Rules of extended profiles come first, each
 * profile once. An unknown profile counts as `openai-compatible`.
 */
export const adaptationRules = (profile: string, name: string): readonly AdaptationRule[] => {
  const key = `${profile}\0${name}`;
  const known = rulesByModel.get(key);
  if (known !== undefined) return known;
  const model = nameWithoutMaker(name);
  const rules = profileChain(profile)
    .flatMap((id) => adaptationData().profiles[id]?.rules ?? [])
    .filter(({ models, notModels }) => (models?.test(model) ?? true) && !notModels?.test(model));
  rulesByModel.set(key, rules);
  return rules;
};

/** Returns a profile and all profiles that it extends, the most general first. */
export const profileChain = (profile: string): readonly string[] => {
  const { profiles } = adaptationData();
  const chain = new Set<string>();
  const visit = (id: string): void => {
    for (const parent of profiles[id]?.extends ?? []) visit(parent);
    chain.add(id);
  };
  visit(Object.hasOwn(profiles, profile) ? profile : 'openai-compatible');
  return [...chain];
};

/** Returns whether a request meets a condition. */
export const meetsCondition = (condition: AdaptationCondition, body: JsonObject): boolean => {
  const values = valuesAt(body, condition.at);
  const { noneIs } = condition;
  if (noneIs !== undefined) return !values.some((value) => isAmong(value, noneIs));
  if (condition.present === false) return values.length === 0;
  return values.some((value) => valueMeets(condition, value));
};

const valueMeets = (condition: AdaptationCondition, value: JsonValue): boolean => {
  const { is, isNot, above, atMost, says, saysNot, has, lacks } = condition;
  return (
    (is === undefined || isAmong(value, is)) &&
    (isNot === undefined || !isAmong(value, isNot)) &&
    (above === undefined || (typeof value === 'number' && value > above)) &&
    (atMost === undefined || (typeof value === 'number' && value <= atMost)) &&
    (says === undefined || says.test(JSON.stringify(value))) &&
    (saysNot === undefined || !saysNot.test(JSON.stringify(value))) &&
    (has === undefined || hasKey(value, has)) &&
    (lacks === undefined || (isJsonObject(value) && !hasKey(value, lacks)))
  );
};

const hasKey = (value: JsonValue, key: string): boolean =>
  isJsonObject(value) && value[key] !== undefined && value[key] !== null;

/** Returns whether one of `values` is the same JSON. */
export const isAmong = (value: JsonValue, values: readonly JsonValue[]): boolean =>
  values.some((one) => isSameJson(one, value));

/** Returns whether two values are the same JSON, regardless of key order. */
export const isSameJson = (one: JsonValue, other: JsonValue): boolean =>
  one === other || canonicalJson(one) === canonicalJson(other);
