import type { JsonObject } from '../../text/json.ts';
import type { DialectRequest } from '../../traffic/capture.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { nativeRequest } from '../../traffic/dialects/native-request.ts';
import { bridgeRequest } from '../../traffic/dialects/translate-request.ts';
import { spokenDialects } from '../dialect-address.ts';
import type { Model } from '../model.ts';
import { adaptRequest, keepWarnings, RequestDraft, remedyChange } from './adapt-request.ts';
import type { RequestPath } from '../request-path.ts';
import type { Remedy } from './remedy.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

/** A request in a dialect of the model, before anything of the model's own is changed. */
export type RoutedRequest = {
  readonly dialect: Dialect;
  readonly path: RequestPath;
  readonly body: JsonObject;
  /** The changes of the translation. */
  readonly adaptations: readonly Adaptation[];
};

/** The dialect in which a model is asked: that of the request if it speaks it, else the one it speaks best. */
export const dialectFor = (asked: Dialect, { provider }: LiveModel): Dialect => {
  const spoken = spokenDialects(provider);
  return spoken.includes(asked) ? asked : (spoken[0] ?? asked);
};

/**
 * Why a request cannot be asked of a model, as a short, stable phrase; null if it can. It asks for something that
 * only its own dialect has.
 */
export const routeProblem = (capture: DialectRequest, model: LiveModel): string | null =>
  dialectFor(capture.dialect, model) === capture.dialect ? null : bridged(capture, model).problem;

const bridged = ({ dialect, model: asked, request }: DialectRequest, model: LiveModel) =>
  bridgeRequest(dialect, request, dialectFor(dialect, model), { asked, target: model.name });

/**
 * Puts a request into a dialect that a model speaks. `keep`: parameters that stay even though they are about
 * production. A request with a problem is translated as far as it can be; see `routeProblem`.
 */
export const routeRequest = (
  capture: DialectRequest,
  model: LiveModel,
  keep: ReadonlySet<string> = new Set(),
): RoutedRequest => {
  const { name } = model;
  const { dialect: asked, model: askedModel, request } = capture;
  const dialect = dialectFor(asked, model);
  if (dialect !== asked) {
    const { adaptations, body, lossy } = bridged(capture, model);
    const path = lossy ? 'lossy' : 'bridged';
    if (dialect === 'chat') return { dialect, path, body, adaptations };
    const sent = nativeRequest(dialect, body, { model: name, asked: name });
    return { dialect, path, body: sent.body, adaptations: [...adaptations, ...sent.adaptations] };
  }
  if (dialect === 'chat') return { dialect, path: 'native', body: request, adaptations: [] };
  const sent = nativeRequest(dialect, request, { model: name, asked: askedModel, keep });
  return { dialect, path: 'native', body: sent.body, adaptations: sent.adaptations };
};

/** The changes of a translation and those after it. A parameter that both rename was renamed once. */
const joined = (
  before: readonly Adaptation[],
  after: readonly Adaptation[],
): readonly Adaptation[] => {
  const renames = new Map(
    before.flatMap((one) => (one.action === 'renamed' ? [[one.to, one] as const] : [])),
  );
  const twice = new Set<Adaptation>();
  const changes = after.flatMap((one) => {
    const first = one.action === 'renamed' ? renames.get(one.parameter) : undefined;
    if (first === undefined) return [one];
    twice.add(first);
    const { from, parameter } = first;
    return one.to === parameter
      ? []
      : [{ ...one, parameter, ...(from === undefined ? {} : { from }) }];
  });
  return [...before.filter((one) => !twice.has(one)), ...changes];
};

/**
 * Adapts a routed request to a model. The rules of providers are about chat completions; in the other dialects
 * only what was learned from refusals is changed. See `adaptRequest`.
 */
export const adaptRoutedRequest = (
  routed: RoutedRequest,
  model: LiveModel,
  options: {
    readonly keep?: ReadonlySet<string>;
    readonly remedies?: readonly Remedy[];
  } = {},
): RoutedRequest => {
  if (routed.dialect === 'chat') {
    const { adaptations, body } = adaptRequest(routed.body, model, options);
    return { ...routed, body, adaptations: joined(routed.adaptations, adaptations) };
  }
  const { keep = new Set<string>(), remedies = [] } = options;
  const draft = new RequestDraft(routed.body);
  for (const remedy of remedies) draft.applyUnlessKept(remedyChange(remedy), keep);
  return {
    ...routed,
    body: draft.body,
    adaptations: [
      ...routed.adaptations,
      ...draft.adaptations,
      ...keepWarnings(draft.body, draft.kept),
    ],
  };
};
