import { isJsonArray, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog, ChangeEffect } from './adaptation.ts';
import { type Dialect, dialectTitles } from './dialect.ts';
import type { UnreadField } from './turn.ts';

type UnreadRule = {
  /** Matches the path of the field. */
  readonly paths: RegExp;
  readonly reason: string;
  readonly effect: ChangeEffect;
  /** Which values are meant; any if it is missing. */
  readonly when?: (value: JsonValue) => boolean;
};

const rules: readonly UnreadRule[] = [
  {
    paths:
      /^(?:store|metadata|user|safety_identifier|user_profile_id|workspace_id|diagnostics|labels|background|moderation|access_programs)$/,
    reason: 'it is about production, not about the question',
    effect: 'harmless',
  },
  {
    paths:
      /(?:^|\.)(?:cache_control|prompt_cache_key|prompt_cache_options|prompt_cache_retention|prompt_cache_breakpoint)$/,
    reason: 'caches are of the provider; the answer is the same without them',
    effect: 'harmless',
  },
  {
    paths:
      /^(?:service_tier|serviceTier|inference_geo|speed|prediction|anthropic_version|anthropic_beta|provider|models|route|transforms|usage|generationConfig\.(?:routingConfig|modelSelectionConfig))$/,
    reason: 'it says how the provider serves the call, not what is asked',
    effect: 'harmless',
  },
  {
    paths: /^(?:include|max_tool_calls)$/,
    reason: 'it says what the provider returns beside the answer',
    effect: 'harmless',
  },
  {
    paths:
      /(?:^|\.)(?:reasoning\.(?:summary|generate_summary|context)|thinking\.display|thinking_?[cC]onfig\.include_?[tT]houghts|eager_input_streaming|streamFunctionCallArguments)$/,
    reason: 'it says what of the thinking or the call is shown, not what is asked',
    effect: 'harmless',
  },
  {
    paths: /(?:^|\.)(?:thoughtSignature|thought_signature)$/,
    reason: 'only the model that wrote it can use it',
    effect: 'harmless',
  },
  {
    paths:
      /^(?:messages|input|contents)\[\*\].*\.(?:annotations|logprobs|phase|caller|status|id|partMetadata)$/,
    reason: 'it is about an earlier answer',
    effect: 'harmless',
  },
  {
    // Those of a text are an earlier answer's; those of a document are asked for.
    paths: /\.citations$/,
    reason: 'it is about an earlier answer',
    effect: 'harmless',
    when: isJsonArray,
  },
  {
    paths: /(?:^|\.)(?:defer_loading|prefix)$/,
    reason: 'it is the default',
    effect: 'harmless',
    when: (value) => value === false,
  },
  {
    paths: /^(?:truncation|responseModalities|generationConfig\.responseModalities|modalities)$/,
    reason: 'it is the default',
    effect: 'harmless',
    when: (value) => ['"disabled"', '["TEXT"]', '["text"]'].includes(JSON.stringify(value)),
  },
];

/** Whoever sends the request sets these. */
const sentAnyway: ReadonlySet<string> = new Set(['stream', 'stream_options']);

/** Logs the fields that the reader of a dialect had no place for, as dropped. Empty lists ask nothing. */
export const logUnread = (
  unread: readonly UnreadField[],
  to: Dialect,
  log: AdaptationLog,
): void => {
  for (const { path, value } of unread) {
    if (sentAnyway.has(path) || (isJsonArray(value) && value.length === 0)) continue;
    const rule = rules.find(({ paths, when }) => paths.test(path) && (when?.(value) ?? true));
    const reason = rule?.reason ?? `${dialectTitles[to]} has no such setting`;
    log.dropped(path, value, reason, rule?.effect ?? 'lossy');
  }
};
