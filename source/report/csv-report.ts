import { numberPaths } from '../summary/decision-gate.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { summaryJson } from '../summary/summary-json.ts';
import { csvRow } from '../text/csv.ts';
import {
  isJsonObject,
  objectsIn,
  parseJsonObject,
  valueAtKeys,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';

/**
 * Formats the figures of a summary as CSV: a row for the total, whose `endpoint` is empty, one for each endpoint
 * and, if the baseline answered twice, one for each field, which has the columns of `noise` alone. The columns
 * are the paths of numbers in the JSON document, such as `agreement.lower`. The cell of an unknown figure is empty.
 */
export const csvReport = (summary: Summary): string => {
  const { byEndpoint, ...whole } = parseJsonObject(summaryJson(summary));
  const endpoints = objectsIn(byEndpoint);
  // Only the figures that endpoints have, too.
  const [first = whole] = endpoints;
  const noise = noiseFigures(whole['noise']);
  const paths = [
    ...numberPaths(whole).filter((path) => valueAtKeys(first, path.split('.')) !== undefined),
    ...numberPaths(noise[0]?.figures ?? {}, 'noise.'),
  ];
  const row = (endpoint: string, field: string, figures: JsonObject): string => {
    const against = noise.find((one) => one.endpoint === endpoint && one.field === field);
    const all = { ...figures, noise: against?.figures ?? null };
    return csvRow([
      endpoint,
      field,
      ...paths.map((path) => {
        const value = valueAtKeys(all, path.split('.'));
        return typeof value === 'number' ? value : null;
      }),
    ]);
  };
  return [
    csvRow(['endpoint', 'field', ...paths]),
    row('', '', whole),
    ...endpoints.map((one) => row(String(one['endpoint']), '', one)),
    ...noise.filter(({ field }) => field !== '').map((one) => row(one.endpoint, one.field, {})),
  ].join('');
};

type NoiseFigures = {
  readonly endpoint: string;
  readonly field: string;
  readonly figures: JsonObject;
};

/** The figures against the noise: of the total, which has an empty endpoint, of the endpoints and of the fields. */
const noiseFigures = (noise: JsonValue | undefined): readonly NoiseFigures[] => {
  if (!isJsonObject(noise)) return [];
  const figuresOf = ({ differing, excess, onlyBaseline, onlyCandidate, pValue }: JsonObject) => ({
    differing: differing ?? null,
    excess: excess ?? null,
    onlyBaseline: onlyBaseline ?? null,
    onlyCandidate: onlyCandidate ?? null,
    pValue: pValue ?? null,
  });
  const rows = [...objectsIn(noise['byEndpoint']), ...objectsIn(noise['byField'])];
  return [
    { endpoint: '', field: '', figures: figuresOf(noise) },
    ...rows.map((one) => ({
      endpoint: String(one['endpoint']),
      field: one['field'] === null ? '' : String(one['field']),
      figures: figuresOf(one),
    })),
  ];
};
