import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { recogniseAnswerBody } from '../../traffic/dialects/recognise-answer.ts';
import type { Answer } from '../answer.ts';
import { readRecordedAnswer } from './answer-dialects.ts';
import type { ThinkTags } from './think-tags.ts';

/**
 * Reads the recorded answer to a request, which is usually in the dialect of the request; a gateway may have
 * answered in another. Null if the body holds no whole answer.
 */
export const answerOfRecording = (
  request: Dialect,
  body: JsonObject,
  thinkTags?: ThinkTags,
): Answer | null => readRecordedAnswer(recogniseAnswerBody(body) ?? request, body, thinkTags);
