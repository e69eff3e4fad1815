import { isJsonArray, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog, ChangeEffect } from './adaptation.ts';
import { type Dialect, dialectTitles } from './dialect.ts';
import type { UnreadField } from './turn.ts';

type UnreadRule = {
  /** Matches the path of the field. */
  readonly paths: RegExp;
  readonly reason: string;
  readonly effect: ChangeEffect;
  /** Only these values are meant; any value if it is missing. */
  readonly values?: readonly JsonValue[];
};

const rules: readonly UnreadRule[] = [
  {
    paths:
      /^(?:store|metadata|user|safety_identifier|user_profile_id|workspace_id|diagnostics|labels|background|moderation|access_programs)$/,
    reason: 'it is about production, not about the question',
    effect: 'harmless',
  },
  {
    paths: /^(?:stream|stream_options|streamOptions)$/,
    reason: 'every answer is streamed',
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
      /^(?:service_tier|serviceTier|inference_geo|speed|prediction|anthropic_version|anthropic_beta|provider|models|route|transforms|usage)$/,
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
      /^(?:messages|input|contents)\[\*\].*\.(?:annotations|citations|logprobs|phase|caller|status|id|partMetadata)$/,
    reason: 'it is about an earlier answer',
    effect: 'harmless',
  },
  {
    paths: /(?:^|\.)(?:defer_loading|prefix)$/,
    reason: 'it is the default',
    effect: 'harmless',
    values: [false],
  },
  {
    paths: /^(?:truncation|responseModalities|generationConfig\.responseModalities|modalities)$/,
    reason: 'it is the default',
    effect: 'harmless',
    values: ['disabled', ['TEXT'], ['text']],
  },
];

/** Logs the fields that the reader of a dialect had no place for, as dropped. */
export const logUnread = (
  unread: readonly UnreadField[],
  to: Dialect,
  log: AdaptationLog,
): void => {
  for (const { path, value } of unread) {
    const rule = rules.find(({ paths, values }) => paths.test(path) && isAmong(value, values));
    const reason = rule?.reason ?? `${dialectTitles[to]} has no such setting`;
    const isEmpty = isJsonArray(value) && value.length === 0;
    log.dropped(path, value, reason, isEmpty ? 'harmless' : (rule?.effect ?? 'lossy'));
  }
};

const isAmong = (value: JsonValue, values: readonly JsonValue[] | undefined): boolean =>
  values === undefined || values.some((one) => JSON.stringify(one) === JSON.stringify(value));
