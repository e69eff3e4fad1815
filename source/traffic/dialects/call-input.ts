import { isJsonObject, type JsonObject, parseJson } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import { requestPath } from './request-paths.ts';
import type { NeutralRequest } from './turn.ts';

/** The arguments of a call as an object. Text that is no object is said, and sent as the only member of one. */
export const callInput = (
  given: string,
  takes: 'json' | 'text',
  dialect: NeutralRequest['dialect'],
  log: AdaptationLog,
): JsonObject => {
  if (takes === 'text') return { input: given };
  if (given.trim() === '') return {};
  const parsed = parseJson(given);
  if (isJsonObject(parsed)) return parsed;
  const reason = 'arguments are an object there, and these are not the text of one';
  log.approximated(
    requestPath(dialect, 'arguments'),
    { from: given, to: { input: given } },
    reason,
    'lossy',
  );
  return { input: given };
};
