import type { JsonObject, JsonValue } from '../../../text/json.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from '../format.ts';
import { messagesOf, plainCapture } from '../plain.ts';

const answerNames = ['completion', 'response', 'output', 'answer'] as const;

/**
 * A `prompt` as a text or a list of messages, with the answer in `completion`, `response`, `output` or
 * `answer`. It becomes the message of a user, after `system` if there is one; parameters are not known.
 */
export const promptCompletion: Format = {
  name: 'prompts and completions',
  holdsAnswers: false,
  recognises: (record) =>
    isPrompt(record['prompt']) && answerNames.some((name) => record[name] !== undefined),
  open: oneByOne((record, _, tools) => readPair(record, tools)),
};

const isPrompt = (prompt: JsonValue | undefined): boolean =>
  (typeof prompt === 'string' && prompt !== '') || messagesOf(prompt) !== null;

const readPair = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const { prompt, system, model } = record;
  if (!isPrompt(prompt)) return { kind: 'rejected', reason: 'no prompt', recordId: null };
  const before =
    typeof system === 'string' && system !== '' ? [{ role: 'system', content: system }] : [];
  const messages = messagesOf(prompt) ?? [{ role: 'user', content: prompt ?? '' }];
  const request: JsonObject = {
    ...(typeof model === 'string' ? { model } : {}),
    messages: [...before, ...messages],
  };
  const response = answerNames.map((name) => record[name]).find((value) => value !== undefined);
  return plainCapture(record, { request, response, partial: ['parameters'] }, tools);
};
