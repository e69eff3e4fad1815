import { firstString, isJsonArray, isJsonObject, type JsonObject } from '../../text/json.ts';
import type { RecordedResponse } from '../capture.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionOfMessages } from './parts/chat-completion.ts';

/**
 * Questions of LMArena's Arena-Hard and the answers of models to them (lmarena/arena-hard-auto at 196f6b8,
 * data/arena-hard-v0.1/question.jsonl and model_answer), joined by `uid` over any number of files. No
 * model is production. Finish reasons, tokens and times are not known.
 */
export const arenaHard: Format = {
  name: 'Arena-Hard',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['uid'] === 'string' &&
    (isQuestion(record) || (typeof record['ans_id'] === 'string' && readTurns(record) !== null)),
  open: oneByOne((record) => readArenaRecord(record)),
};

const isQuestion = ({ category, cluster, prompt }: JsonObject): boolean =>
  typeof prompt === 'string' && (typeof cluster === 'string' || typeof category === 'string');

const readArenaRecord = (record: JsonObject): FormatRecord => {
  const { cluster, prompt } = record;
  const turns = isQuestion(record)
    ? [{ role: 'user', content: prompt ?? '' }]
    : (readTurns(record) ?? []);
  const last = turns.at(-1);
  const answer = last?.['role'] === 'assistant' ? last : null;
  const read = captureRecord({
    id: record['uid'],
    timestamp: undefined,
    request: { messages: answer === null ? turns : turns.slice(0, -1) },
    outcome: { kind: 'unknown' },
    totalMs: null,
    timeToFirstTokenMs: null,
    endpoints: ['arena-hard'],
    metadata: typeof cluster === 'string' ? { cluster } : null,
    partial: ['parameters'],
  });
  if (read.kind !== 'capture' || answer === null) return read;
  return { ...read, capture: { ...read.capture, recorded: [arenaAnswer(record, answer)] } };
};

const arenaAnswer = (record: JsonObject, message: JsonObject): RecordedResponse => {
  const model = typeof record['model'] === 'string' ? record['model'] : 'unknown';
  const body = completionOfMessages([message], {
    id: firstString(record['ans_id']),
    model,
    finishReasons: [],
    usage: null,
    choices: 1,
  });
  return { model, production: false, body, timeToFirstTokenMs: null, totalMs: null };
};

/** The messages. Those of a model are objects `{answer}`. Null if any is something else. */
const readTurns = ({ messages }: JsonObject): readonly JsonObject[] | null => {
  if (!isJsonArray(messages)) return null;
  const turns = messages.map((message) => {
    if (!isJsonObject(message)) return null;
    const { content, role } = message;
    const text = role === 'assistant' && isJsonObject(content) ? content['answer'] : content;
    return typeof role === 'string' && typeof text === 'string' ? { role, content: text } : null;
  });
  return turns.every((turn) => turn !== null) ? turns : null;
};
