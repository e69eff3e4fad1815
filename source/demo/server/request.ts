import { z } from 'zod';
import type { JsonObject } from '../../text/json.ts';
import { demoModels, type DemoModel } from '../../money/simulated-models.ts';
import { isDemoModel } from '../models.ts';

/** A chat-completions request as far as the endpoint looks at it. */
export type DemoRequest = {
  readonly model: DemoModel;
  readonly messages: readonly JsonObject[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly body: JsonObject;
};

/** What the endpoint says instead of an answer, in OpenAI's shape. */
export type Refusal = { readonly status: number; readonly body: JsonObject };

export const refusal = (
  status: number,
  code: string,
  param: string | null,
  message: string,
): Refusal => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param, code } },
});

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1).nullish(),
});

/** Reads a request's body; what is wrong with it comes back as the refusal to send. */
export const readRequest = (text: string): DemoRequest | Refusal => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refusal(400, 'invalid_json', null, 'The body is no JSON.');
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') || null;
    return refusal(400, 'invalid_request', param, `${param ?? 'body'}: ${issue?.message ?? '?'}`);
  }
  const { model, messages, stream, stream_options: options } = parsed.data;
  if (!isDemoModel(model)) {
    return refusal(
      404,
      'model_not_found',
      'model',
      `There is no model ${JSON.stringify(model)} here; the demo serves ${demoModels.join(' and ')}.`,
    );
  }
  return {
    model,
    messages: messages as readonly JsonObject[],
    stream: stream === true,
    includeUsage: options?.include_usage === true,
    body: json as JsonObject,
  };
};
