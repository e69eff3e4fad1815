import { wholeAnswer } from '../configuration/rule-content.ts';
import { parseJson } from '../text/json.ts';
import type { JsonDifference } from './json/json-differences.ts';
import { areEqualButForCase } from './json/json-equality.ts';
import type { Divergence } from './outcome.ts';
import { inOneLineEnding, withoutOuterSpace } from './white-space.ts';

/** The most divergences stored for a pair. No rule settles a pair with more. */
export const maximumDivergences = 200;

/**
 * Returns the divergences of JSON values. `prefix`: the place of the JSON, such as `search()`; empty for
 * the text of an answer.
 */
export const fieldDivergences = (
  differences: readonly JsonDifference[],
  prefix = '',
): readonly Divergence[] =>
  united(
    differences.map((difference) => ({
      path: rulePath(joinedPath(prefix, difference.path)),
      ...natureOf(difference),
    })),
  );

/** Returns the full path of a difference: `$.items[3].score`, `search().items[3]`. */
export const joinedPath = (prefix: string, path: string): string =>
  prefix === '' ? path : `${prefix}${path.slice(1)}`;

/** Returns a path as rules spell it, without the positions of items: `items[].score`. */
export const rulePath = (path: string): string =>
  withoutIndexes(path === wholeAnswer ? path : path.replace(/^\$\.?/, ''));

/** A quoted member, which stays, or the position of an item: its index or its name. */
const steps = /\[(?:"(?:[^"\\]|\\.)*"|(\d+|(?:id|key|name)=(?:"(?:[^"\\]|\\.)*"|[^\]"]*)))\]/g;

/** `items[3].score` and `items[name="Red shoe"].score` → `items[].score`. */
export const withoutIndexes = (path: string): string =>
  path.replaceAll(steps, (found, place: string | undefined) =>
    place === undefined ? found : '[]',
  );

/** Returns the divergence of two whole texts that differ only in case or in one number; null for others. */
export const textDivergence = (baseline: string, candidate: string): Divergence | null => {
  const a = withoutOuterSpace(inOneLineEnding(baseline));
  const b = withoutOuterSpace(inOneLineEnding(candidate));
  const apart = numbersApart(parseJson(a), parseJson(b));
  if (apart !== null) return { path: wholeAnswer, kind: 'number', ...apart };
  return areEqualButForCase(a, b) ? { path: wholeAnswer, kind: 'case' } : null;
};

/** Merges the divergences of several parts: each kind at each path once. */
export const united = (divergences: readonly Divergence[]): readonly Divergence[] => {
  const found = new Map<string, Divergence>();
  for (const divergence of divergences) {
    const key = `${divergence.kind} ${divergence.path}`;
    const before = found.get(key);
    found.set(
      key,
      before?.kind === 'number' && divergence.kind === 'number'
        ? {
            ...divergence,
            share:
              before.share === null || divergence.share === null
                ? null
                : Math.max(before.share, divergence.share),
            amount: Math.max(before.amount, divergence.amount),
          }
        : divergence,
    );
  }
  return [...found.values()];
};

type Nature =
  (Apart & { readonly kind: 'number' }) | { readonly kind: Exclude<Divergence['kind'], 'number'> };

/** Returns what kind of divergence a difference is, and of two numbers how far they are apart. */
export const natureOf = ({
  baseline,
  candidate,
  isCaseOnly,
  kind,
}: Omit<JsonDifference, 'path'>): Nature => {
  if (kind === 'order') return { kind: 'order' };
  if (kind !== 'value' || baseline === null || candidate === null) return { kind: 'other' };
  if (isCaseOnly) return { kind: 'case' };
  // Shortened text is not JSON, so its kind is unknown.
  const [a, b] = [parseJson(baseline), parseJson(candidate)];
  const apart = numbersApart(a, b);
  if (apart !== null) return { kind: 'number', ...apart };
  return typeof a === 'string' && typeof b === 'string' && areEqualButForCase(a, b)
    ? { kind: 'case' }
    : { kind: 'other' };
};

type Apart = { readonly share: number | null; readonly amount: number };

/** Returns how far two numbers are apart; null for anything else. */
const numbersApart = (baseline: unknown, candidate: unknown): Apart | null => {
  if (typeof baseline !== 'number' || typeof candidate !== 'number') return null;
  const amount = Math.abs(candidate - baseline);
  if (!Number.isFinite(amount)) return null;
  const share = amount / Math.abs(baseline);
  return { amount, share: Number.isFinite(share) ? share : null };
};
