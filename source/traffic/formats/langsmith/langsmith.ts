import { isJsonObject, type JsonObject } from '../../../text/json.ts';
import { readRecordId } from '../../record-id.ts';
import { oneByOne, type Format, type FormatRecord } from '../format.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { msBetween, statusInText } from '../parts/moments.ts';
import { failedWith, type RecordedOutcome } from '../parts/recorded-outcome.ts';
import { runCall } from './run-call.ts';

const hasRunType = /^(?:llm|chain|tool|retriever|embedding|prompt|parser)$/;

/**
 * Runs of LangSmith as its API gives them (`list_runs`) and as bulk exports do once they are JSON, with
 * columns of JSON as texts (langchain-ai/langsmith-sdk, python/langsmith/schemas.py). Only runs of type
 * `llm` are calls of a model. Times have no zone and are UTC.
 */
export const langsmith: Format = {
  name: 'LangSmith',
  holdsAnswers: false,
  recognises: (run) => {
    const type = run['run_type'];
    const ids = ['dotted_order', 'trace_id', 'session_id', 'parent_run_id'];
    return (
      typeof type === 'string' &&
      hasRunType.test(type) &&
      (ids.some((key) => run[key] !== undefined) || run['inputs'] !== undefined)
    );
  },
  open: oneByOne(readRun),
};

function readRun(run: JsonObject): FormatRecord {
  const type = run['run_type'];
  if (type !== 'llm') return { kind: 'ignored', what: `a run of type ${String(type)}` };
  const call = runCall(run);
  if (call.request === null) {
    const reason = call.reason ?? 'no messages';
    return { kind: 'rejected', reason, recordId: readRecordId(run['id']) };
  }
  const extra = unwrapJson(run['extra']);
  const about = isJsonObject(extra) ? unwrapJson(extra['metadata']) : null;
  const metadata = isJsonObject(about) ? about : {};
  const start = run['start_time'];
  return captureRecord({
    id: run['id'],
    timestamp: start,
    request: call.request,
    outcome: outcomeOf(run, call.answer),
    totalMs: msBetween(start, run['end_time']),
    timeToFirstTokenMs: msBetween(start, run['first_token_time']),
    endpoints: [metadata['endpoint'], metadata['langgraph_node'], run['session_name']],
    user: metadata['user_id'],
    conversation:
      metadata['session_id'] ??
      metadata['thread_id'] ??
      metadata['conversation_id'] ??
      run['trace_id'],
    partial: call.partial,
  });
}

const outcomeOf = (run: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const { error } = run;
  if (typeof error === 'string' && error !== '') return failedWith(statusInText(error), error);
  if (run['status'] === 'error') return failedWith(null, 'an error');
  return answer === null ? { kind: 'unknown' } : { kind: 'answered', body: answer };
};
