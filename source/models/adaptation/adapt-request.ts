import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Model } from '../model.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { adaptationRules, meetsCondition, type AdaptationRule } from './adaptation-rules.ts';
import { generalPath, rootOf, valuesAt } from './path.ts';
import type { Remedy } from './remedy.ts';
import { applyChange, commonValue, passesFilter, type RequestChange } from './request-change.ts';
import { thinkingWarning, thinks } from './thinking.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

/**
 * A request in the form that is sent, with its changes and, last, the parameters `kept` with a
 * warning.
 */
export type AdaptedRequest = {
  readonly body: JsonObject;
  readonly adaptations: readonly Adaptation[];
};

/**
 * Adapts a captured request to a model. Adapting the result again changes nothing. Keys keep their
 * order, and new keys come last. The captured request itself is not modified.
 *
 * `keep` names top-level parameters that no rule may change. It does not cover the model's name,
 * streaming and the request for usage. `remedies` apply after the rules.
 */
export const adaptRequest = (
  request: JsonObject,
  model: LiveModel,
  options: {
    readonly keep?: ReadonlySet<string>;
    readonly remedies?: readonly Remedy[];
  } = {},
): AdaptedRequest => {
  const { keep = new Set<string>(), remedies = [] } = options;
  const rules = adaptationRules(model.provider.quirks, model.name);
  const draft = new RequestDraft(request);
  for (const change of requiredChanges(model, request)) draft.apply(change);
  for (const rule of rules) {
    if (rule.do === 'keep' || !applies(rule, model, draft.body)) continue;
    for (const at of rulePaths(rule)) draft.applyUnlessKept({ ...rule, at }, keep);
  }
  for (const remedy of remedies) draft.applyUnlessKept(remedyChange(remedy), keep);
  const { body } = draft;
  return { body, adaptations: [...draft.adaptations, ...warnings(model, body, draft.kept, rules)] };
};

/** A request while changes are applied to it one by one. */
export class RequestDraft {
  body: JsonObject;
  readonly adaptations: Adaptation[] = [];
  /** Parameters that a rule would have changed but the user keeps. */
  readonly kept = new Set<string>();

  constructor(body: JsonObject) {
    this.body = body;
  }

  apply(change: RequestChange): void {
    const { body, adaptation } = applyChange(this.body, change);
    this.body = body;
    if (adaptation !== null) this.adaptations.push(adaptation);
  }

  applyUnlessKept(change: RequestChange, keep: ReadonlySet<string>): void {
    const root = rootOf(change.at);
    if (!keep.has(root)) this.apply(change);
    else if (applyChange(this.body, change).adaptation !== null) this.kept.add(root);
  }
}

/** Returns the changes that the program itself needs from every provider. */
const requiredChanges = (model: LiveModel, request: JsonObject): readonly RequestChange[] => {
  const set = (at: string, to: JsonValue, reason: string): RequestChange => ({
    do: 'set',
    add: true,
    at,
    to,
    reason,
  });
  const options = request['stream_options'];
  return [
    set('model', model.name, 'the model of this side'),
    set('stream', true, 'every answer is streamed, to measure the first token'),
    model.provider.streamOptions
      ? set(
          'stream_options',
          { ...(isJsonObject(options) ? options : {}), include_usage: true },
          'token usage is asked for',
        )
      : { do: 'remove', at: 'stream_options', reason: 'the provider does not know it' },
  ];
};

/** Returns warnings about parameters that are sent but may not have the same effect there. */
const warnings = (
  model: LiveModel,
  body: JsonObject,
  keptParameters: ReadonlySet<string>,
  rules: readonly AdaptationRule[],
): readonly Adaptation[] => {
  const thinking = thinkingWarning(model, body);
  const byRule = rules.flatMap((rule) =>
    rule.do === 'keep' && applies(rule, model, body)
      ? rulePaths(rule).flatMap((at) => keepWarning(rule, at, body))
      : [],
  );
  return [
    ...keepWarnings(body, keptParameters),
    ...(thinking === null ? [] : [thinking]),
    ...byRule,
  ];
};

/** Returns warnings about parameters that the user keeps. */
export const keepWarnings = (body: JsonObject, kept: ReadonlySet<string>): readonly Adaptation[] =>
  [...kept].map((parameter) => ({
    parameter,
    action: 'kept',
    ...commonValue('from', valuesAt(body, parameter)),
    reason: 'sent on because --keep names it',
  }));

const keepWarning = (
  rule: Extract<AdaptationRule, { do: 'keep' }>,
  at: string,
  body: JsonObject,
): readonly Adaptation[] => {
  const all = valuesAt(body, at);
  const values = all.filter((value) => passesFilter(rule, value));
  if (rule.absent ? all.length > 0 : values.length === 0) return [];
  const { reason } = rule;
  return [{ parameter: generalPath(at), action: 'kept', ...commonValue('from', values), reason }];
};

const rulePaths = ({ at }: AdaptationRule): readonly string[] =>
  typeof at === 'string' ? [at] : at;

const applies = (rule: AdaptationRule, model: LiveModel, body: JsonObject): boolean =>
  (rule.thinks === undefined || rule.thinks === thinks(model, body)) &&
  rule.when.every((condition) => meetsCondition(condition, body));

/** Returns the change that a remedy makes. */
export const remedyChange = (remedy: Remedy): RequestChange => {
  const { parameter: at, action, from: like, to = null, reason } = remedy;
  switch (action) {
    case 'removed':
      return { do: 'remove', at, like, reason };
    case 'renamed':
      return { do: 'rename', at, to: String(to), like, reason };
    case 'changed':
      // A number is the highest accepted value; lower values stay.
      return typeof to === 'number'
        ? { do: 'clamp', at, maximum: to, like, reason }
        : { do: 'set', at, to, like, reason };
  }
};
