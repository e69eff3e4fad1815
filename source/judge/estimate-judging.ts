import { countRequest } from '../models/tokens/request-tokens.ts';
import { encodingOf, loadTokenizer } from '../models/tokens/tokenizer.ts';
import type { Price } from '../models/model.ts';
import type { Outlook } from '../money/settle-budget.ts';
import { createEstimateTally, type CallsEstimate } from '../replay/estimate/estimate-tally.ts';
import { outputBound } from '../replay/limits/cost-bound.ts';
import type { LiveModel } from '../replay/replay-options.ts';
import { loadPair } from '../store/comparisons/pairs.ts';
import { countForJudge, listForJudge } from '../store/judge-calls.ts';
import type { Store } from '../store/open.ts';
import { chatForm } from '../traffic/dialects/translate-request.ts';
import { judgeRequest, promptVersion, sentToJudge } from './judge-prompt.ts';

/** What a judge would be sent, and the cost of that in USD. */
export type JudgingEstimate = {
  readonly judge: string;
  /** The pairs that neither the machine nor a rule settled, and those that this judge has judged. */
  readonly pairs: number;
  readonly judged: number;
  /** The pairs whose requests were counted. If others are open, too, these are a sample. */
  readonly counted: number;
  readonly calls: CallsEstimate;
  readonly outlook: Outlook;
};

/** The output tokens of a verdict with its reason that are expected of a judge that does not reason first. */
const expectedOutput = 60;

/** The most pairs that are counted: some seconds of work. The queue order is random. */
const mostCounted = 500;

/** Counts what a judge would be sent about the pairs of a comparison that it has not judged yet. */
export const estimateJudging = async (
  store: Store,
  comparisonId: string,
  { model, price }: { readonly model: LiveModel; readonly price: Price | null },
): Promise<JudgingEstimate> => {
  const key = { judge: model.label, prompt: promptVersion };
  const { judged, missing, pairs } = await countForJudge(store, comparisonId, key);
  const { encoding } = encodingOf(model.name);
  const count = await loadTokenizer(encoding);
  const tally = createEstimateTally(price);
  const open = await listForJudge(store, comparisonId, key, { after: '', limit: mostCounted });
  let bytes = 0;
  for (const { captureId } of open) {
    const { capture, sides } = await loadPair(store, comparisonId, captureId);
    const { baseline, candidate } = sides;
    if (baseline.kind !== 'answered' || candidate.kind !== 'answered') continue;
    const answers = { baseline: baseline.answer, candidate: candidate.answer };
    const request = judgeRequest(capture, answers, 'baseline');
    const { adaptations, body, dialect, path } = sentToJudge(request, model);
    const chatBody = chatForm(dialect, body);
    const { attachments, estimated, tokens } = countRequest(chatBody, encoding, count);
    bytes += 2 * Buffer.byteLength(JSON.stringify(body));
    tally.add(
      {
        input: tokens,
        estimated,
        attachments,
        recordedOutput: expectedOutput,
        mostOutput: outputBound(chatBody),
        ownLimit: true,
        hourInCache: false,
        adaptations,
        path,
      },
      2,
    );
  }
  const share = open.length === 0 ? 0 : missing / (2 * open.length);
  return {
    judge: model.label,
    pairs,
    judged,
    counted: open.length,
    calls: tally.result(missing),
    outlook: { calls: missing, bytes: Math.ceil(bytes * share), hourBytes: 0 },
  };
};
