import { z } from 'zod';
import data from '../../../data/adaptation.json' with { type: 'json' };
import type { JsonValue } from '../../text/json.ts';

/** A regular expression, whatever the case. Of a model's name it sees what stands behind the last slash. */
const expression = z.string().transform((text) => new RegExp(text, 'i'));

const json: z.ZodType<JsonValue> = z.json();

/**
 * Something that must hold of the request. `at` is a path; where it leads to several values, one of
 * them is enough. Several keys must hold of the same value.
 */
const conditionSchema = z.strictObject({
  at: z.string(),
  /** False: there is no value; null is one. */
  present: z.boolean().optional(),
  /** None of the values is among these. */
  noneIs: z.array(json).optional(),
  is: z.array(json).optional(),
  isNot: z.array(json).optional(),
  /** A number above this, or at most this. */
  above: z.number().optional(),
  atMost: z.number().optional(),
  /** The value as JSON text does or does not match. */
  says: expression.optional(),
  saysNot: expression.optional(),
  /** An object with this key (null is none), or without it. */
  has: z.string().optional(),
  lacks: z.string().optional(),
});

const rule = {
  /** Where: keys joined by dots, `[*]` for every entry of a list, `[1+]` for those after the first, `[?key]` for those with that key. */
  at: z.union([z.string(), z.array(z.string()).min(1)]),
  /** All must hold of the request. */
  when: z.array(conditionSchema).default([]),
  /** Only where the model thinks before it answers this request, or only where it does not. */
  thinks: z.boolean().optional(),
  models: expression.optional(),
  notModels: expression.optional(),
  /** Only for values among these, or for none of these. */
  from: z.array(json).optional(),
  notFrom: z.array(json).optional(),
  /** Only for texts that do or do not match. */
  matches: expression.optional(),
  matchesNot: expression.optional(),
  reason: z.string(),
  /** When the fact was gathered, ISO 8601, and from where. */
  date: z.string(),
  source: z.string(),
};

const ruleSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('remove'), ...rule }),
  /** `to`: the new key, at the same place. */
  z.strictObject({ do: z.literal('rename'), to: z.string(), ...rule }),
  /** `add`: also where there is no value yet; `at` then has no list in it. */
  z.strictObject({ do: z.literal('set'), to: json, add: z.boolean().default(false), ...rule }),
  z.strictObject({
    do: z.literal('clamp'),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    ...rule,
  }),
  /** Changes nothing and warns. `absent`: of a value that is not there. */
  z.strictObject({ do: z.literal('keep'), absent: z.boolean().default(false), ...rule }),
]);

const profileSchema = z.strictObject({
  /** Profiles whose rules come first. */
  extends: z.array(z.string()).default([]),
  rules: z.array(ruleSchema),
});

const thinkingSchema = z.strictObject({
  /** Only with these profiles; without: with all. */
  profiles: z.array(z.string()).optional(),
  models: expression,
  /** `default`: unless `off` holds; `optional`: only where `on` holds. */
  thinks: z.enum(['always', 'default', 'optional', 'never']),
  /** The parameter that governs it, for people. */
  parameter: z.string().optional(),
  off: z.array(conditionSchema).default([]),
  on: z.array(conditionSchema).default([]),
  date: z.string(),
  source: z.string(),
});

const schema = z.strictObject({
  date: z.string(),
  /** Who thinks before it answers; the first entry that fits counts. */
  thinking: z.array(thinkingSchema),
  /** What each provider takes; `Provider.quirks` names one of these. */
  profiles: z.record(z.string(), profileSchema),
});

export type Condition = z.infer<typeof conditionSchema>;
export type Rule = z.infer<typeof ruleSchema>;
export type Thinking = z.infer<typeof thinkingSchema>;
export type AdaptationRules = z.infer<typeof schema>;

let parsed: AdaptationRules | null = null;

/** The rules of data/adaptation.json. */
export const adaptationRules = (): AdaptationRules => {
  parsed ??= schema.parse(data);
  return parsed;
};
