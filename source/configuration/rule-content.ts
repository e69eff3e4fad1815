/** What may differ without counting: everything at a path, upper and lower case, the order of items. */
export const ignorable = ['everything', 'case', 'order'] as const;
export type Ignorable = (typeof ignorable)[number];

/**
 * How far a number may be from the baseline's: by a share of it (0.05 is 5 %) or by an amount. Greater
 * than 0.
 */
export type Tolerance = { readonly kind: 'share' | 'amount'; readonly most: number };

/**
 * What a rule says does not count, and where. `endpoint`: null for all of them. `path`: as
 * `normalRulePath` returns it.
 */
export type RuleContent = { readonly endpoint: string | null; readonly path: string } & (
  | { readonly ignore: Ignorable; readonly tolerance: null }
  | { readonly ignore: null; readonly tolerance: Tolerance }
);

/** Returns a tolerance as the configuration spells it: `5%`, `0.05`. */
export const toleranceText = ({ kind, most }: Tolerance): string =>
  kind === 'share' ? `${Number((most * 100).toPrecision(12))}%` : String(most);

/** Reads a tolerance: `5%` is a share of the baseline's number, `0.05` an amount. Null for anything else. */
export const readTolerance = (text: string): Tolerance | null => {
  const match = /^((?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i.exec(text.trim());
  const number = Number(match?.[1]);
  if (match === null || !Number.isFinite(number) || number <= 0) return null;
  return match[2] === '%'
    ? { kind: 'share', most: number / 100 }
    : { kind: 'amount', most: number };
};

/** The path of the whole answer. */
export const wholeAnswer = '$';

const step = String.raw`\.[\p{L}_$][\p{L}\p{N}_$]*|\["(?:[^"\\]|\\.)*"\]|\[\]|\(json\)`;
const jsonPath = new RegExp(String.raw`^\$(?:${step})+$`, 'u');
const callPath = new RegExp(String.raw`^[^\s.()[\]]+\(\)(?:${step})*$`, 'u');

/**
 * Returns a path in the one spelling that rules have: `items[].score` for `$.items[*].score`,
 * `search().date` for an argument of a tool call, `$` for the whole answer. Null if it is no such path;
 * a rule names no single item.
 */
export const normalRulePath = (text: string): string | null => {
  const path = text.trim().replaceAll('[*]', '[]');
  if (path === wholeAnswer || callPath.test(path)) return path;
  const whole = path.startsWith('$') ? path : path.startsWith('[') ? `$${path}` : `$.${path}`;
  return jsonPath.test(whole) ? whole.replace(/^\$\.?/, '') : null;
};
