import type { JsonObject } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { requestPath } from './request-paths.ts';
import { withToolIds, withToolNames } from './tool-results.ts';
import { type Dialect, dialectTitles } from './dialect.ts';
import type { NeutralRequest, SystemPrompt, TextPart, ToolDefinition, Turn } from './turn.ts';

/** Turns for a dialect that needs at least one, beside a system prompt that stands outside of them. */
export type WrittenTurns = {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
};

/**
 * The system prompts as one, and the turns with the ids and names of their tools. A request of system prompts
 * alone asks by them: they become a turn of the user.
 */
export const turnsBesideSystem = (
  request: NeutralRequest,
  dialect: Dialect,
  log: AdaptationLog,
): WrittenTurns => {
  // Gemini joins results to calls by name and needs no ids.
  const turns = dialect === 'gemini' ? withToolNames(request.turns) : withToolIds(request.turns);
  const prompts = request.system.flatMap(({ parts }: SystemPrompt) => parts);
  const system = prompts.filter(({ text }) => text !== '');
  if (turns.length > 0 || system.length === 0) return { system, turns };
  log.approximated(
    requestPath(request.dialect, 'system'),
    { from: 'system', to: 'user' },
    `${dialectTitles[dialect]} needs a turn of the user`,
    'lossy',
  );
  return { system: [], turns: [{ role: 'user', name: null, parts: system }] };
};

/** Logs what the turns hold that `dialect` has no place for, whatever their parts are. */
export const logTurnLosses = (
  turn: Turn,
  request: NeutralRequest,
  dialect: Dialect,
  log: AdaptationLog,
): void => {
  if (request.dialect === dialect) return;
  const title = dialectTitles[dialect];
  if (turn.name !== null && dialect !== 'chat') {
    const path = requestPath(request.dialect, 'participant');
    log.dropped(path, turn.name, `${title} has no names of participants`, 'lossy');
  }
  for (const part of turn.parts) {
    if (part.kind === 'foreign') {
      const path = requestPath(request.dialect, 'foreign');
      log.dropped(path, part.type, `${title} has no such part`, 'lossy');
    }
    if (part.kind === 'reasoning') {
      const path = requestPath(request.dialect, 'reasoning');
      log.dropped(path, part.text, 'only the model that wrote it can use it', 'harmless');
    }
    if (part.kind === 'call' && part.signature !== null) {
      const path = requestPath(request.dialect, 'signature');
      log.dropped(path, part.signature, 'only the model that wrote it can use it', 'harmless');
    }
  }
};

/** Turns that follow each other in the same role, as one: these dialects expect them to alternate. */
export const joinedByRole = <Part extends JsonObject>(
  turns: readonly { readonly role: string; readonly parts: readonly Part[] }[],
): readonly { readonly role: string; readonly parts: readonly Part[] }[] => {
  const joined: { readonly role: string; readonly parts: readonly Part[] }[] = [];
  for (const turn of turns) {
    if (turn.parts.length === 0) continue;
    const before = joined.at(-1);
    if (before?.role === turn.role) {
      joined[joined.length - 1] = { ...before, parts: [...before.parts, ...turn.parts] };
    } else joined.push(turn);
  }
  return joined;
};

/** The text of a failed call as an object that says so, for dialects that cannot mark a result as an error. */
export const failedCallText = (
  text: string,
  { dialect }: NeutralRequest,
  log: AdaptationLog,
): string => {
  const reason = 'a result cannot be marked as an error there, so that its text says it';
  const change = { from: true, to: '{"error": …}' };
  log.approximated(requestPath(dialect, 'resultError'), change, reason, 'harmless');
  return JSON.stringify({ error: text });
};

/** A tool of the provider itself, which no dialect but its own (`from`) has a place for. */
export const writtenProviderTool = (
  { raw, type }: Extract<ToolDefinition, { kind: 'provider' }>,
  from: Dialect,
  to: Dialect,
  log: AdaptationLog,
): readonly JsonObject[] => {
  if (from === to) return [raw];
  log.dropped(requestPath(from, 'tools'), type, 'a tool of the provider', 'lossy');
  return [];
};

/** A tool that takes text, as a function with that text as its one parameter. */
export const textParameter: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};
