import * as z from 'zod';
import { objectOrEmpty, objectsIn, parseJson, type JsonObject } from '../text/json.ts';
import { demoModels, type DemoModel } from '../money/simulated-models.ts';

/** The part of a chat-completions request that the endpoint uses. */
export type DemoRequest = {
  readonly model: DemoModel;
  readonly messages: readonly JsonObject[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly body: JsonObject;
};

/** An error response in the format of OpenAI. */
export type DemoRefusal = { readonly status: number; readonly body: JsonObject };

export const refusal = (
  status: number,
  code: string,
  param: string | null,
  message: string,
): DemoRefusal => ({
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

const isDemoModel = (name: string): name is DemoModel =>
  (demoModels as readonly string[]).includes(name);

/** Reads the body of a request. Returns the refusal to send if something is wrong with it. */
export const readDemoRequest = (text: string): DemoRequest | DemoRefusal => {
  const body = parseJson(text);
  if (body === undefined) return refusal(400, 'invalid_json', null, 'The body is not JSON.');
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') || null;
    return refusal(400, 'invalid_request', param, `${param ?? 'body'}: ${issue?.message ?? '?'}`);
  }
  const { model, stream, stream_options: options } = parsed.data;
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
    messages: objectsIn(objectOrEmpty(body)['messages']),
    stream: stream === true,
    includeUsage: options?.include_usage === true,
    body: objectOrEmpty(body),
  };
};
