import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { Adaptation, Model } from '../model.ts';

/** What a replay must not carry: it would file the answer in the production account. */
const removed: Readonly<Record<string, string>> = {
  store: 'a replay is not stored with the production answers',
  metadata: 'a replay does not carry the labels of production',
  user: 'a replay is not made by the end user',
};

/**
 * The captured request as it is sent to the model, and what was changed. Key order is kept; what is
 * new comes last. The request is not touched.
 */
export const adaptRequest = (
  request: JsonObject,
  model: Extract<Model, { kind: 'live' }>,
): { readonly body: JsonObject; readonly adaptations: readonly Adaptation[] } => {
  const body: Record<string, JsonValue> = { ...request };
  const adaptations: Adaptation[] = [];
  const set = (parameter: string, value: JsonValue, reason: string): void => {
    const before = body[parameter];
    if (JSON.stringify(before) === JSON.stringify(value)) return;
    adaptations.push(
      before === undefined
        ? { parameter, action: 'added', to: value, reason }
        : { parameter, action: 'changed', from: before, to: value, reason },
    );
    body[parameter] = value;
  };
  const remove = (parameter: string, reason: string): void => {
    const from = body[parameter];
    if (from === undefined) return;
    delete body[parameter];
    adaptations.push({ parameter, action: 'removed', from, reason });
  };

  set('model', model.name, 'the model of this side');
  set('stream', true, 'every answer is streamed, to measure the first token');
  for (const [parameter, reason] of Object.entries(removed)) remove(parameter, reason);
  if (typeof body['n'] === 'number' && body['n'] > 1) {
    set('n', 1, 'one answer is compared with one');
  }
  if (model.provider.streamOptions) {
    const options = body['stream_options'];
    const kept = typeof options === 'object' && options !== null && !Array.isArray(options);
    set(
      'stream_options',
      { ...(kept ? options : {}), include_usage: true },
      'token usage is asked for',
    );
  } else {
    remove('stream_options', 'the provider does not know it');
  }
  return { body, adaptations };
};
