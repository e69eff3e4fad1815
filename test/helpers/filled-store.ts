import { compareAnswers, comparisonRules } from '../../source/comparison/compare-answers.ts';
import type { Answer } from '../../source/models/answer.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { openStore } from '../../source/store/open.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { saveResponse } from '../../source/store/responses.ts';
import type { Capture } from '../../source/traffic/capture.ts';

const at = '2026-11-24T00:00:00.000Z';

export const answerOf = (text: string): Answer => ({
  text,
  refusal: '',
  id: null,
  reasoning: '',
  otherChoices: [],
  logprobs: null,
  cost: null,
  toolCalls: [],
  finishReason: 'stop',
  usage: {
    input: 100,
    output: Math.ceil(text.length / 4),
    cachedInput: null,
    reasoning: null,
  },
  model: null,
});

/**
 * A store with one comparison whose pairs are answered with the given texts; what a replay would
 * have left, without the replay. Called again with another candidate, it compares that one on the same
 * captures. Returns the comparison's id.
 */
export const fillStore = async (
  file: string,
  pairs: Iterable<{ readonly id: string; readonly baseline: string; readonly candidate: string }>,
  candidate = 'recorded:second',
): Promise<string> => {
  const store = await openStore(file);
  const comparison = await openComparison(store, {
    name: null,
    baseline: 'recorded:first',
    candidate,
    at,
  });
  for (const pair of pairs) {
    const capture: Capture = {
      id: pair.id,
      endpoint: 'answer_question',
      timestamp: null,
      dialect: 'chat',
      model: null,
      request: { messages: [{ role: 'user', content: `Question ${pair.id}` }] },
      recorded: [],
      metadata: null,
      partial: [],
    };
    await addRecords(store, [{ kind: 'capture', capture }], {
      source: 'test',
      comparisonId: comparison.id,
      at,
    });
    const answers = { baseline: answerOf(pair.baseline), candidate: answerOf(pair.candidate) };
    for (const side of ['baseline', 'candidate'] as const) {
      await saveResponse(store, {
        comparisonId: comparison.id,
        captureId: pair.id,
        side,
        answer: answers[side],
        timings: { queueMs: 0, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
        adaptations: [],
        recorded: true,
        providerRequestId: null,
        at,
      });
    }
    await saveOutcome(store, {
      comparisonId: comparison.id,
      captureId: pair.id,
      rules: comparisonRules,
      comparison: compareAnswers(capture.request, answers.baseline, answers.candidate),
    });
  }
  await store.close();
  return comparison.id;
};
