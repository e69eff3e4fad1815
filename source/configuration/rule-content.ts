/** The differences that a rule can ignore: everything at a path, upper and lower case, or the order of items. */
export const ignorable = ['everything', 'case', 'order'] as const;
export type Ignorable = (typeof ignorable)[number];

/**
 * How far a number may differ from the baseline's: a share of it (0.05 is 5 %) or an amount, greater
 * than 0.
 */
export type Tolerance = { readonly kind: 'share' | 'amount'; readonly most: number };

/**
 * The differences that a rule covers, and where. `endpoint`: null for all endpoints. `path`: as
 * `normalRulePath` returns it.
 */
export type RuleContent = { readonly endpoint: string | null; readonly path: string } & (
  | { readonly ignore: Ignorable; readonly tolerance: null }
  | { readonly ignore: null; readonly tolerance: Tolerance }
);

/** Returns a tolerance as the configuration spells it: `5%`, `0.05`. */
export const toleranceText = ({ kind, most }: Tolerance): string =>
  kind === 'share' ? `${Number((most * 100).toPrecision(12))}%` : String(most);

/** Parses a tolerance: `5%` is a share of the baseline's number, `0.05` an amount. Null if it is invalid. */
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
 * Returns a path in the spelling that rules use: `items[].score` for `$.items[*].score`,
 * `search().date` for an argument of a tool call, `$` for the whole answer. Null if the path is invalid or
 * names a single item.
 */
export const normalRulePath = (text: string): string | null => {
  const path = text.trim().replaceAll('[*]', '[]');
  if (path === wholeAnswer || callPath.test(path)) return path;
  const whole = path.startsWith('$') ? path : path.startsWith('[') ? `$${path}` : `$.${path}`;
  return jsonPath.test(whole) ? whole.replace(/^\$\.?/, '') : null;
};
