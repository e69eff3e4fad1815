import { numberPaths } from '../summary/decision-gate.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { summaryJson } from '../summary/summary-json.ts';
import { csvRow } from '../text/csv.ts';
import { objectsIn, parseJsonObject, valueAtKeys, type JsonObject } from '../text/json.ts';

/**
 * Formats the figures of a summary as CSV: a row for the total, whose `endpoint` is empty, and one for each
 * endpoint. The columns are the paths of numbers in the JSON document, such as `agreement.lower`. The cell
 * of an unknown figure is empty.
 */
export const csvReport = (summary: Summary): string => {
  const { byEndpoint, ...whole } = parseJsonObject(summaryJson(summary));
  const endpoints = objectsIn(byEndpoint);
  // Only the figures that endpoints have, too.
  const [first = whole] = endpoints;
  const paths = numberPaths(whole).filter(
    (path) => valueAtKeys(first, path.split('.')) !== undefined,
  );
  const row = (endpoint: string, figures: JsonObject): string =>
    csvRow([
      endpoint,
      ...paths.map((path) => {
        const value = valueAtKeys(figures, path.split('.'));
        return typeof value === 'number' ? value : null;
      }),
    ]);
  return [
    csvRow(['endpoint', ...paths]),
    row('', whole),
    ...endpoints.map((one) => row(String(one['endpoint']), one)),
  ].join('');
};
