import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { Answer } from '../answer.ts';
import { answerOfCompletion } from './accumulator.ts';
import type { ThinkTags } from './think-tags.ts';

export const readRecordedAnswer = (
  _dialect: Dialect,
  body: JsonObject,
  thinkTags?: ThinkTags,
): Answer | null => answerOfCompletion(body, thinkTags);
