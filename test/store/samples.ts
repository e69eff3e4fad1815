import type { Answer, Timings } from '../../source/models/answer.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import type { Store } from '../../source/store/open.ts';
import type { NewResponse } from '../../source/store/responses.ts';
import type { Side } from '../../source/comparison/outcome.ts';
import type { Capture } from '../../source/traffic/capture.ts';

export const at = '2026-11-20T08:15:00.000Z';

export const unknownTimings: Timings = {
  queueMs: null,
  connectMs: null,
  timeToFirstTokenMs: null,
  totalMs: null,
};

export const sampleCapture = (id: string, change: Partial<Capture> = {}): Capture => ({
  id,
  endpoint: 'classify_ticket',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: { model: 'gpt-4o', messages: [{ role: 'user', content: `question ${id}` }] },
  recorded: [],
  metadata: null,
  partial: [],
  ...change,
});

export const sampleAnswer = (text: string): Answer => ({
  text,
  refusal: '',
  id: null,
  reasoning: '',
  otherChoices: [],
  logprobs: null,
  cost: null,
  toolCalls: [],
  finishReason: 'stop',
  usage: { input: 7, output: 3, cachedInput: null, reasoning: null },
  model: 'gpt-4o',
});

/** A comparison of exactly these captures; gives its id. */
export const sampleComparison = async (
  store: Store,
  captures: readonly Capture[],
  name: string | null = null,
): Promise<string> => {
  const { id } = await openComparison(store, { name, baseline: 'a', candidate: 'b', at });
  await addRecords(
    store,
    captures.map((capture) => ({ kind: 'capture', capture })),
    { source: 'traffic.jsonl', comparisonId: id, at },
  );
  return id;
};

export const sampleResponse = (
  comparisonId: string,
  captureId: string,
  side: Side,
  text = 'yes',
): NewResponse => ({
  comparisonId,
  captureId,
  side,
  answer: sampleAnswer(text),
  timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
  adaptations: [],
  recorded: false,
  providerRequestId: 'req_77',
  at,
});
