import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Adaptation, Model } from '../model.ts';
import { applyChange, isMeant, value, type Change } from './apply-change.ts';
import { holds } from './condition.ts';
import { generalPath, rootOf, valuesAt } from './path.ts';
import { rulesOf } from './profile.ts';
import type { Remedy } from './remedy.ts';
import type { Rule } from './rules.ts';
import { thinkingWarning, thinks } from './thinking.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

/**
 * The captured request as it is sent to the model, with everything that was changed and, last, what
 * is sent although it may not do there what it did before (`kept`). Adapting the body again changes
 * nothing more. Key order is kept; what is new comes last. The request is not touched.
 *
 * `keep` names parameters at the top that no rule may change (the model's name, streaming and the
 * usage that is asked for are none of them). `remedies` are made after the rules.
 */
export const adaptRequest = (
  request: JsonObject,
  model: LiveModel,
  options: {
    readonly keep?: ReadonlySet<string>;
    readonly remedies?: readonly Remedy[];
  } = {},
): { readonly body: JsonObject; readonly adaptations: readonly Adaptation[] } => {
  const { keep = new Set<string>(), remedies = [] } = options;
  const rules = rulesOf(model.provider.quirks, model.name);
  const adaptations: Adaptation[] = [];
  const keptByWish = new Set<string>();
  let body = request;
  const make = (change: Change): void => {
    const made = applyChange(body, change);
    if (made.adaptation === null) return;
    if (keep.has(rootOf(change.at))) {
      keptByWish.add(rootOf(change.at));
      return;
    }
    body = made.body;
    adaptations.push(made.adaptation);
  };

  for (const change of always(model, request)) {
    const made = applyChange(body, change);
    body = made.body;
    if (made.adaptation !== null) adaptations.push(made.adaptation);
  }
  for (const rule of rules) {
    if (rule.do === 'keep' || !applies(rule, model, body)) continue;
    for (const at of placesOf(rule)) make({ ...rule, at });
  }
  for (const remedy of remedies) make(changeOf(remedy));

  for (const parameter of keptByWish) {
    const reason = 'sent on because --keep names it';
    adaptations.push({
      parameter,
      action: 'kept',
      ...value('from', valuesAt(body, parameter)),
      reason,
    });
  }
  const warning = thinkingWarning(model, body);
  if (warning !== null) adaptations.push(warning);
  for (const rule of rules) {
    if (rule.do !== 'keep' || !applies(rule, model, body)) continue;
    adaptations.push(...placesOf(rule).flatMap((at) => kept(rule, at, body)));
  }
  return { body, adaptations };
};

/** What is changed for every provider, since the program's own work depends on it. */
const always = (model: LiveModel, request: JsonObject): readonly Change[] => {
  const set = (at: string, to: JsonValue, reason: string): Change => ({
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

const placesOf = ({ at }: Rule): readonly string[] => (typeof at === 'string' ? [at] : at);

const applies = (rule: Rule, model: LiveModel, body: JsonObject): boolean =>
  (rule.thinks === undefined || rule.thinks === thinks(model, body)) &&
  rule.when.every((condition) => holds(condition, body));

const kept = (
  rule: Extract<Rule, { do: 'keep' }>,
  at: string,
  body: JsonObject,
): readonly Adaptation[] => {
  const values = valuesAt(body, at);
  const meant = values.filter((one) => isMeant(rule, one));
  if (rule.absent ? values.length > 0 : meant.length === 0) return [];
  return [
    { parameter: generalPath(at), action: 'kept', ...value('from', meant), reason: rule.reason },
  ];
};

const changeOf = ({ parameter: at, action, from: like, to = null, reason }: Remedy): Change => {
  switch (action) {
    case 'removed':
      return { do: 'remove', at, like, reason };
    case 'renamed':
      return { do: 'rename', at, to: String(to), like, reason };
    case 'changed':
      // A number is the highest that is taken: what is below stays.
      return typeof to === 'number'
        ? { do: 'clamp', at, maximum: to, like, reason }
        : { do: 'set', at, to, like, reason };
  }
};
