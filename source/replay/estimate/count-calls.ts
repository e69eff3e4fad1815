import { sides, type Side } from '../../comparison/outcome.ts';
import {
  adaptRoutedRequest,
  routeProblem,
  routeRequest,
} from '../../models/adaptation/route-request.ts';
import type { Model, Price } from '../../models/model.ts';
import { answerOfRecording } from '../../models/stream/recorded-answer.ts';
import { countRequest } from '../../models/tokens/request-tokens.ts';
import {
  encodingOf,
  loadTokenizer,
  type CountTokens,
  type Encoding,
} from '../../models/tokens/tokenizer.ts';
import { outputBound, outputLimit } from '../limits/cost-bound.ts';
import { wantedSamples } from '../run-model.ts';
import { percentiles } from '../../statistics/percentile.ts';
import { countMissing } from '../../store/comparisons/answer-counts.ts';
import { pendingPairs } from '../../store/comparisons/pending-pairs.ts';
import type { Store } from '../../store/open.ts';
import type { Capture } from '../../traffic/capture.ts';
import { chatForm } from '../../traffic/dialects/translate-request.ts';
import { asksForHour } from '../../traffic/hour-in-cache.ts';
import { otherSideUnasked } from '../known-answers.ts';
import {
  createEstimateTally,
  type CallEstimate,
  type CallsEstimate,
  type EstimateTally,
} from './estimate-tally.ts';

/** The calls that a replay of one comparison would make. */
export type DryRunCount = {
  /** The number of captures in the comparison. */
  readonly captures: number;
  /**
   * The number of captures whose requests were counted. If others also lack an answer, these are a
   * sample.
   */
  readonly counted: number;
  /** Whether every capture that lacks an answer was counted. */
  readonly countedAll: boolean;
  readonly sides: Readonly<Record<Side, CallsEstimate>>;
  /**
   * Median of the recorded latencies of the counted captures, in milliseconds; null if none is
   * recorded.
   */
  readonly latencyMs: number | null;
};

/** Limits on what is counted: minutes of work, and far more than a precise estimate needs. */
export const most = { captures: 20_000, characters: 100 * 1024 * 1024 } as const;

const pageSize = 64;

/**
 * Counts what a replay of the comparison would send. If there is too much to count, extrapolates
 * from the first captures in queue order, which is random.
 */
export const countDryRun = async (
  store: Store,
  comparisonId: string,
  options: {
    readonly models: Readonly<Record<Side, Model>>;
    readonly prices: Readonly<Record<Side, Price | null>>;
    /** The number of answers of each live model to each capture. */
    readonly samples: number;
    /** Parameters to send unchanged, see `adaptRoutedRequest`. */
    readonly keep: ReadonlySet<string>;
    /** Why a request is not sent to a model; by default, because it cannot be asked of it. */
    readonly problem?: typeof routeProblem;
    readonly limit?: { readonly captures: number; readonly characters: number };
  },
): Promise<DryRunCount> => {
  const { models, prices, keep, limit = most, problem = routeProblem } = options;
  const samples = wantedSamples(models, options.samples);
  const missing = await countMissing(store, comparisonId, samples);
  const tokenizers = await loadTokenizers(sides.map((side) => models[side]));
  const newTallies = (): Readonly<Record<Side, EstimateTally>> => ({
    baseline: createEstimateTally(prices.baseline),
    candidate: createEstimateTally(prices.candidate),
  });
  const exact = newTallies();
  // One call per capture and side, missing or not: the calls that happen to be missing first would be a
  // biased sample.
  const average = newTallies();
  const times: number[] = [];
  let counted = 0;
  let characters = 0;
  let countedAll = false;
  for (let afterPosition: string | null = null; ;) {
    const isOver = counted >= limit.captures || characters >= limit.characters;
    const page = await pendingPairs(store, comparisonId, {
      afterPosition,
      limit: isOver ? 1 : Math.min(pageSize, limit.captures - counted),
      samples,
    });
    countedAll = page.length === 0;
    if (isOver || countedAll) break;
    for (const { capture, missing: lacks, position } of page) {
      if (characters >= limit.characters) break;
      afterPosition = position;
      counted += 1;
      characters += JSON.stringify(capture.request).length;
      const time = timeOf(capture);
      if (time !== null) times.push(time);
      const problemOf = (side: Side): string | null => {
        const model = models[side];
        return model.kind === 'live' ? problem(capture, model) : null;
      };
      const problems = { baseline: problemOf('baseline'), candidate: problemOf('candidate') };
      for (const side of sides) {
        const model = models[side];
        if (model.kind !== 'live') continue;
        const lacking = lacks.filter((one) => one.side === side).length;
        const isOtherUnasked = problems.baseline !== null || problems.candidate !== null;
        const reason = problems[side] ?? (isOtherUnasked ? otherSideUnasked : null);
        if (reason === null) {
          const call = callOf(capture, model, { tokenizers, keep });
          exact[side].add(call, lacking);
          average[side].add(call, 1);
        } else {
          exact[side].addUnsent(reason, lacking);
          average[side].addUnsent(reason, 1);
        }
      }
    }
  }
  const resultOf = (side: Side): CallsEstimate => {
    const calls = models[side].kind === 'live' ? missing[side] : 0;
    return (countedAll ? exact : average)[side].result(calls);
  };
  return {
    captures: missing.captures,
    counted,
    countedAll,
    sides: { baseline: resultOf('baseline'), candidate: resultOf('candidate') },
    latencyMs: percentiles(times).p50,
  };
};

type Tokenizers = ReadonlyMap<Encoding, CountTokens>;

const loadTokenizers = async (models: readonly Model[]): Promise<Tokenizers> => {
  const encodings = new Set<Encoding>(['o200k_base']);
  for (const model of models) {
    if (model.kind === 'live') encodings.add(encodingOf(model.name).encoding);
  }
  const loaded = new Map<Encoding, CountTokens>();
  for (const encoding of encodings) loaded.set(encoding, await loadTokenizer(encoding));
  return loaded;
};

const callOf = (
  capture: Capture,
  model: Extract<Model, { kind: 'live' }>,
  { tokenizers, keep }: { readonly tokenizers: Tokenizers; readonly keep: ReadonlySet<string> },
): CallEstimate => {
  const { encoding } = encodingOf(model.name);
  const count = tokenizers.get(encoding);
  if (count === undefined) throw new Error(`The tokenizer ${encoding} is not loaded.`);
  const routed = routeRequest(capture, model, keep);
  const { adaptations, body: sent, dialect, path } = adaptRoutedRequest(routed, model, { keep });
  const body = chatForm(dialect, sent);
  const { tokens, estimated, attachments } = countRequest(body, encoding, count);
  return {
    input: tokens,
    estimated,
    attachments,
    recordedOutput: recordedOutput(capture, model.name, count),
    mostOutput: outputBound(body),
    ownLimit: outputLimit(body) !== null,
    hourInCache: asksForHour(JSON.stringify(sent)),
    path,
    adaptations,
  };
};

/**
 * Returns the token count of the recorded answer of this model, otherwise of production's,
 * otherwise of any.
 */
const recordedOutput = (
  { dialect, recorded }: Capture,
  name: string,
  count: CountTokens,
): number | null => {
  const best =
    recorded.find(({ model }) => model === name) ??
    recorded.find(({ production }) => production) ??
    recorded[0];
  const answer = best === undefined ? null : answerOfRecording(dialect, best.body);
  if (answer === null) return null;
  if (answer.usage !== null && answer.usage.output !== null) return answer.usage.output;
  const { text, refusal, reasoning, toolCalls } = answer;
  const calls = toolCalls.map((call) => call.name + call.arguments);
  return [text, refusal, reasoning, ...calls].reduce((sum, part) => sum + count(part), 0);
};

const timeOf = ({ recorded }: Capture): number | null =>
  (
    recorded.find(({ production, totalMs }) => production && totalMs !== null) ??
    recorded.find(({ totalMs }) => totalMs !== null)
  )?.totalMs ?? null;
