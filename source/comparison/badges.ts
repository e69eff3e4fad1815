import type { Answer } from '../models/answer.ts';
import { isJsonText } from './json/json-answer.ts';
import type { Badge } from './outcome.ts';

/**
 * What stands out in one answer. `jsonAsked`: whether the request asked for JSON; then a text that
 * does not parse just as it is counts as invalid, one in a code fence too, since the program that
 * asked would fail on it.
 */
export const badgesOf = (answer: Answer, jsonAsked: boolean): readonly Badge[] => {
  const finish = answer.finishReason?.toLowerCase() ?? null;
  const refused = answer.refusal !== '' || finish === 'refusal';
  const hasText = answer.text.trim() !== '';
  const badges: Badge[] = [];
  if (jsonAsked && hasText && !isJsonText(answer.text)) badges.push('json_invalid');
  if (finish === 'length') badges.push('truncated');
  if (refused) badges.push('refusal');
  if (!hasText && answer.toolCalls.length === 0 && !refused) badges.push('empty');
  if (finish === 'content_filter') badges.push('content_filter');
  return badges;
};
