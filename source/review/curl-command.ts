import { routeRequest } from '../models/adaptation/route-request.ts';
import { callUrl, dialectHeaders, dialectRoute } from '../models/dialect-address.ts';
import type { Model } from '../models/model.ts';
import { shellQuoted } from '../text/shell.ts';
import type { PairView } from './pair-view.ts';

/**
 * Returns the captured request as a curl command for a model, in the dialect in which it would be asked. The key
 * is a variable of the shell and never its value. Null for a recorded model, which has no address. The review
 * loads this file when it is asked for: the dialects would delay the first screen.
 */
export const curlCommand = (view: PairView, model: Model): string | null => {
  if (model.kind === 'recorded') return null;
  const { name, provider } = model;
  const { body, dialect } = routeRequest(view.capture, model);
  const { authorization } = dialectRoute(provider, dialect);
  const [variable] = provider.keyVariables;
  const header = (text: string): string => ` \\\n  -H ${text}`;
  const key =
    variable === undefined
      ? ''
      : header(
          authorization === 'bearer'
            ? `"Authorization: Bearer $${variable}"`
            : `"${authorization}: $${variable}"`,
        );
  const others = Object.entries({ ...dialectHeaders(dialect), ...provider.headers })
    .map(([header_, value]) => header(shellQuoted(`${header_}: ${value}`)))
    .join('');
  const url = callUrl(provider, dialect, name);
  const sent = JSON.stringify(dialect === 'chat' ? { ...body, model: name } : body);
  return `curl ${shellQuoted(url)}${key}${others}${header(shellQuoted('content-type: application/json'))} \\\n  --data-raw ${shellQuoted(sent)}\n`;
};
