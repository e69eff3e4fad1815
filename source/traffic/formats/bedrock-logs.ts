import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { otherApiReason } from '../dialects/recognise-call.ts';
import { readDuration } from '../times.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { storedObject, storedValue, unwrapObject } from './parts/embedded-json.ts';
import { failedWith, readOutcome, type RecordedOutcome } from './parts/recorded-outcome.ts';

/**
 * Model invocation logs of AWS Bedrock
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html), as objects in S3 or as
 * events of CloudWatch, which hold the log as the text `message`. The bodies of Anthropic's models are those of
 * its own API; other models, and Converse, have bodies of their own.
 */
export const bedrockLogs: Format = {
  name: 'Bedrock invocation logs',
  holdsAnswers: false,
  recognises: (record) => logIn(record)['schemaType'] === 'ModelInvocationLog',
  open: oneByOne((record, _, tools) => readLog(logIn(record), tools)),
};

const logIn = (record: JsonObject): JsonObject =>
  record['schemaType'] === undefined ? unwrapObject(record['message']) : record;

const readLog = (log: JsonObject, tools: FormatTools): FormatRecord => {
  const { modelId, operation, requestId: id } = log;
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  const api = String(operation ?? '');
  if (api.startsWith('Converse')) return reject(otherApiReason('Bedrock Converse'));
  const model = bareModel(modelId);
  if (model === null || !/anthropic|claude/i.test(model)) {
    return reject(otherApiReason('Bedrock InvokeModel'));
  }
  const input = storedObject(log['input']);
  const request = storedValue(input['inputBodyJson']);
  if (request === undefined) {
    return reject(
      input['inputBodyS3Path'] === undefined
        ? 'prompt not stored (Bedrock: log the text of requests and responses)'
        : 'prompt in an object of its own (Bedrock: put the object at inputBodyS3Path into inputBodyJson)',
    );
  }
  const answer = storedValue(storedObject(log['output'])['outputBodyJson']);
  return captureRecord({
    id,
    timestamp: log['timestamp'],
    dialect: 'messages',
    model,
    request,
    outcome: logOutcome(log, answer, tools),
    ...timesOf(answer),
    metadata: isJsonObject(log['requestMetadata']) ? log['requestMetadata'] : null,
    isWire: true,
  });
};

/** The id of a model, which may stand at the end of an ARN. */
const bareModel = (id: JsonValue | undefined): string | null =>
  firstString(id)?.replace(/^arn:.*\//, '') ?? null;

const logOutcome = (
  log: JsonObject,
  answer: JsonValue | undefined,
  tools: FormatTools,
): RecordedOutcome => {
  const code = firstString(log['errorCode']);
  if (code !== null) return failedWith(null, code);
  return readOutcome(answer, { status: null, tools, dialect: 'messages', plainText: 'no answer' });
};

/** The last event of a stream has the times, in milliseconds. */
const timesOf = (
  answer: JsonValue | undefined,
): { readonly totalMs: number | null; readonly timeToFirstTokenMs: number | null } => {
  const last = objectsIn(answer).findLast((event) => isJsonObject(event[metricsName]));
  const metrics = objectOrEmpty(last?.[metricsName]);
  return {
    totalMs: readDuration(metrics['invocationLatency']),
    timeToFirstTokenMs: readDuration(metrics['firstByteLatency']),
  };
};

const metricsName = 'amazon-bedrock-invocationMetrics';
