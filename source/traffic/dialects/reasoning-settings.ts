import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { requestPath } from './request-paths.ts';
import { dialectTitles } from './dialect.ts';
import type { NeutralRequest } from './turn.ts';

const effortReason = 'each provider means its own amount of thinking by such a word';
const budgetReason = 'a limit of tokens for thinking has no exact word for an effort';

/** Budgets up to so many tokens are taken for an effort, as gateways take them. */
const effortOfBudget = (budget: number): string =>
  budget <= 1024 ? 'low' : budget <= 8192 ? 'medium' : 'high';

/** Where and as what a request asks for thinking, for the log. */
const asked = ({ dialect, reasoning }: NeutralRequest): { path: string; value: JsonValue } => {
  const { effort, budget, mode } = reasoning ?? { effort: null, budget: null, mode: null };
  if (effort !== null) return { path: requestPath(dialect, 'effort'), value: effort };
  return { path: requestPath(dialect, 'budget'), value: mode ?? budget };
};

/** The effort of a request for one of OpenAI's dialects; null where nothing is asked. */
export const writeEffort = (
  request: NeutralRequest,
  dialect: 'chat' | 'responses',
  log: AdaptationLog,
): string | null => {
  const { reasoning } = request;
  if (reasoning === null) return null;
  const { effort, budget, mode } = reasoning;
  const path = requestPath(dialect, 'effort');
  const before = asked(request);
  if (request.dialect === 'chat' || request.dialect === 'responses') {
    if (effort !== null) log.renamed(before.path, path, `its name in ${dialectTitles[dialect]}`);
    return effort;
  }
  if (budget === 0) {
    log.renamed(before.path, `${path}: none`, `no thinking, as ${dialectTitles[dialect]} says it`);
    return 'none';
  }
  const written = effort ?? effortOfThinking(budget, mode);
  if (written === null) {
    log.dropped(
      before.path,
      before.value,
      'it leaves the amount of thinking to the model',
      'harmless',
    );
    return null;
  }
  const reason = effort === null ? budgetReason : effortReason;
  log.approximated(before.path, { from: before.value, to: written }, reason, 'lossy');
  return written;
};

const effortOfThinking = (budget: number | null, mode: string | null): string | null => {
  if (budget !== null && budget > 0) return effortOfBudget(budget);
  return mode === 'between_tools' ? 'low' : null;
};

/** Gemini's `thinkingConfig`; null where nothing is asked. */
export const writeThinkingConfig = (
  request: NeutralRequest,
  log: AdaptationLog,
): JsonObject | null => {
  const { dialect, reasoning } = request;
  if (reasoning === null) return null;
  const { effort, budget, mode } = reasoning;
  if (dialect === 'gemini') {
    return {
      ...(effort === null ? {} : { thinkingLevel: effort.toUpperCase() }),
      ...(budget === null ? {} : { thinkingBudget: budget }),
    };
  }
  const before = asked(request);
  const budgetPath = requestPath('gemini', 'budget');
  if (effort === 'none' || budget === 0) {
    log.renamed(before.path, `${budgetPath}: 0`, 'no thinking, as Gemini says it');
    return { thinkingBudget: 0 };
  }
  if (budget !== null && budget > 0) {
    log.renamed(before.path, budgetPath, 'its name in Gemini');
    return { thinkingBudget: budget };
  }
  const level = effort ?? (mode === 'between_tools' ? 'low' : null);
  if (level === null) {
    log.renamed(before.path, `${budgetPath}: -1`, 'as much thinking as the model wants');
    return { thinkingBudget: -1 };
  }
  const thinkingLevel = level === 'max' ? 'XHIGH' : level.toUpperCase();
  log.approximated(before.path, { from: before.value, to: thinkingLevel }, effortReason, 'lossy');
  return { thinkingLevel };
};

/** The least budget that Anthropic accepts. */
const leastBudget = 1024;

/** Anthropic's `thinking` and `output_config.effort`. Members that nothing asks for are missing. */
export const writeThinking = (
  request: NeutralRequest,
  outputLimit: number,
  log: AdaptationLog,
): { readonly thinking?: JsonObject; readonly effort?: string } => {
  const { dialect, reasoning } = request;
  if (reasoning === null) return {};
  const { effort, budget, mode } = reasoning;
  if (dialect === 'messages') {
    return { ...ownThinking(budget, mode), ...(effort === null ? {} : { effort }) };
  }
  const before = asked(request);
  if (effort === 'none' || budget === 0) {
    log.renamed(before.path, 'thinking: disabled', 'no thinking, as Anthropic Messages says it');
    return { thinking: { type: 'disabled' } };
  }
  if (effort !== null) {
    const written = effort === 'minimal' ? 'low' : effort;
    const change = { from: before.value, to: `adaptive thinking, effort ${written}` };
    log.approximated(before.path, change, effortReason, 'lossy');
    return { thinking: { type: 'adaptive' }, effort: written };
  }
  if (budget === null || budget < 0) {
    log.renamed(before.path, 'thinking: adaptive', 'as much thinking as the model wants');
    return { thinking: { type: 'adaptive' } };
  }
  const allowed = Math.max(leastBudget, Math.min(budget, outputLimit - 1));
  if (allowed >= outputLimit) {
    log.dropped(
      before.path,
      budget,
      `a budget is at least ${leastBudget} tokens and below max_tokens there`,
      'lossy',
    );
    return {};
  }
  if (allowed === budget)
    log.renamed(before.path, 'thinking.budget_tokens', 'its name in Anthropic Messages');
  else {
    const reason = `a budget is at least ${leastBudget} tokens and below max_tokens there`;
    log.approximated(before.path, { from: budget, to: allowed }, reason, 'lossy');
  }
  return { thinking: { type: 'enabled', budget_tokens: allowed } };
};

const ownThinking = (budget: number | null, mode: string | null): { thinking?: JsonObject } => {
  if (mode !== null) return { thinking: { type: mode } };
  if (budget === null) return {};
  return {
    thinking: budget === 0 ? { type: 'disabled' } : { type: 'enabled', budget_tokens: budget },
  };
};
