import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { RecordedResponse } from '../capture.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionOfMessages } from './parts/chat-completion.ts';

/**
 * Questions of LMArena's Arena-Hard and the answers of models to them (lmarena/arenaHard-hard-auto at 196f6b8,
 * data/arenaHard-hard-v0.1/question.jsonl and model_answer), joined by `uid` over any number of files. Every
 * model is one of several, and none of them is production. Finish reasons, tokens and times are not known.
 */
export const arenaHard: Format = {
  name: 'Arena-Hard',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['uid'] === 'string' &&
    (isQuestion(record) || (typeof record['ans_id'] === 'string' && turnsOf(record) !== null)),
  open: oneByOne((record) => read(record)),
};

const isQuestion = ({ category, cluster, prompt }: JsonObject): boolean =>
  typeof prompt === 'string' && (typeof cluster === 'string' || typeof category === 'string');

const read = (record: JsonObject): FormatRecord => {
  const { cluster, prompt } = record;
  const turns = isQuestion(record) ? [{ role: 'user', content: prompt ?? '' }] : turnsOf(record);
  const last = turns?.at(-1);
  const isAnswered = last?.['role'] === 'assistant';
  const capture = captureRecord({
    id: record['uid'],
    timestamp: undefined,
    request: { messages: turns === null ? [] : isAnswered ? turns.slice(0, -1) : turns },
    outcome: { kind: 'unknown' },
    totalMs: null,
    timeToFirstTokenMs: null,
    endpoints: ['arena-hard'],
    metadata: typeof cluster === 'string' ? { cluster } : null,
    partial: ['parameters'],
  });
  if (capture.kind !== 'capture' || last === undefined || !isAnswered) return capture;
  return { ...capture, capture: { ...capture.capture, recorded: [answerIn(record, last)] } };
};

const answerIn = (record: JsonObject, message: JsonObject): RecordedResponse => {
  const { ans_id: id } = record;
  const model = typeof record['model'] === 'string' ? record['model'] : 'unknown';
  const body = completionOfMessages([message], {
    id: typeof id === 'string' ? id : null,
    model,
    finishReasons: [],
    usage: null,
    choices: 1,
  });
  return { model, production: false, body, timeToFirstTokenMs: null, totalMs: null };
};

/** The messages, of which those of a model are objects `{answer}`; null where they are others. */
const turnsOf = ({ messages }: JsonObject): readonly JsonObject[] | null => {
  if (!Array.isArray(messages)) return null;
  const turns = (messages as readonly JsonValue[]).map((message) => {
    if (!isJsonObject(message)) return null;
    const { content, role } = message;
    const text = role === 'assistant' && isJsonObject(content) ? content['answer'] : content;
    return typeof role === 'string' && typeof text === 'string' ? { role, content: text } : null;
  });
  return turns.every((turn) => turn !== null) ? turns : null;
};
