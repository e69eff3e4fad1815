import type { Verdict } from '../comparison/outcome.ts';
import { isJsonArray, parseJson, type JsonObject, type JsonValue } from '../text/json.ts';
import { parseEpoch, readTimestamp } from '../traffic/times.ts';
import { pairSchemaName, pairVerdictsSchema, type VerdictRow } from './verdict-row.ts';

/** A verdict as a file gives it. */
export type FiledVerdict = {
  readonly captureId: string;
  readonly reviewer: string;
  readonly verdict: Verdict;
  readonly tags: readonly string[];
  /** The empty string without one. */
  readonly comment: string;
  /** ISO 8601 in UTC; null if the file does not say. */
  readonly at: string | null;
  /** The id of its event, if it is from an export. */
  readonly id: string | null;
  /** Whether it resolves a conflict. */
  readonly resolves: boolean;
  /** How it was given; of a verdict that is not from an export only that the order did not choose the pair. */
  readonly circumstances: Partial<Pick<VerdictRow, 'ahead' | 'chosen' | 'group' | 'left'>>;
};

/**
 * What a record of a file says: a verdict, that nobody has given one, or why it cannot be used. `reason` is a
 * short, stable phrase, `value` what is wrong, as raw text.
 */
export type ReadVerdict =
  | { readonly kind: 'verdict'; readonly given: FiledVerdict }
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong'; readonly reason: string; readonly value: string | null };

/** The settings for reading a record. */
export type VerdictContext = {
  /** The comparison that was judged. */
  readonly comparison: {
    readonly id: string;
    readonly name: string;
    readonly baseline: string;
    readonly candidate: string;
  };
  /** Whose verdicts those are that name nobody. */
  readonly reviewer: string | null;
  /** Whether all cells are texts, in which `csvRow` may have put an apostrophe before a formula. */
  readonly isTable: boolean;
  readonly nowMs: number;
};

/** How far the clock of another machine may be ahead. */
const clockDifferenceMs = 24 * 60 * 60 * 1000;

/** Reads what a record says: one verdict, or those of an exported pair. */
export const readVerdicts = (
  record: JsonObject,
  context: VerdictContext,
): readonly ReadVerdict[] =>
  record['schema'] === pairSchemaName
    ? ofExportedPair(record, context)
    : [ofFields(context.isTable ? withoutApostrophes(record) : record, context)];

const wrong = (reason: string, value: JsonValue | undefined = null): ReadVerdict => ({
  kind: 'wrong',
  reason,
  value: value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
});

const ofExportedPair = (record: JsonObject, context: VerdictContext): readonly ReadVerdict[] => {
  const parsed = pairVerdictsSchema.safeParse(record);
  if (!parsed.success) return [wrong('not a pair as export writes it')];
  const { capture: captureId, comparison, resolved, verdicts } = parsed.data;
  if (comparison.id !== context.comparison.id) {
    return [wrong('about another comparison', comparison.id)];
  }
  const read = verdicts.map((row) => ofRow(row, { captureId, resolves: false }, context));
  if (resolved !== null) read.push(ofRow(resolved, { captureId, resolves: true }, context));
  return read.length === 0 ? [{ kind: 'none' }] : read;
};

const ofRow = (
  row: VerdictRow,
  of: Pick<FiledVerdict, 'captureId' | 'resolves'>,
  context: VerdictContext,
): ReadVerdict => {
  const { ahead, chosen, comment, group, id, left, reviewer, tags, verdict } = row;
  if (verdict === null) return { kind: 'none' };
  const time = readTime(row.time, context);
  if (typeof time !== 'string' && time !== null) return time;
  return {
    kind: 'verdict',
    given: {
      ...of,
      reviewer,
      verdict,
      tags,
      comment: comment ?? '',
      at: time,
      id: eventId(id),
      circumstances: { ahead, chosen, group, left },
    },
  };
};

const ofFields = (record: JsonObject, context: VerdictContext): ReadVerdict => {
  const field = (...names: readonly string[]): JsonValue | undefined =>
    names.map((name) => record[name]).find((value) => !isMissing(value));
  const about = field('comparison');
  const { comparison } = context;
  if (about !== undefined && about !== comparison.id && about !== comparison.name) {
    return wrong('about another comparison', about);
  }
  const captureId = nameIn(field('capture', 'question_id'));
  if (captureId === null) return wrong('no capture', Object.keys(record).join(', '));
  const said = field('verdict', 'winner');
  if (said === undefined) return { kind: 'none' };
  const verdict = readWord(said, record, comparison);
  if (verdict === null) return wrong('not a verdict', said);
  // White space around a name, as tables have it, makes nobody another reviewer.
  const named = nameIn(field('reviewer', 'judge'))?.trim() ?? '';
  const reviewer = named === '' ? context.reviewer : named;
  if (reviewer === null) return wrong('no reviewer, and no --reviewer');
  const tags = readTags(field('tags'));
  if (tags === null) return wrong('tags that are no list of texts', field('tags'));
  const comment = field('comment') ?? '';
  if (typeof comment !== 'string') return wrong('a comment that is no text', comment);
  const time = readTime(field('time', 'tstamp') ?? null, context);
  if (typeof time !== 'string' && time !== null) return time;
  return {
    kind: 'verdict',
    given: {
      captureId,
      reviewer,
      verdict,
      tags,
      comment,
      at: time,
      id: eventId(nameIn(field('id'))),
      resolves: false,
      circumstances: { ahead: true },
    },
  };
};

const isMissing = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || value === '';

/** An id as reviews give them to events (UUIDs of version 7); null for any other id. */
const eventId = (id: string | null): string | null =>
  id !== null && /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id)
    ? id
    : null;

/** A text, or a number as text, such as the ids of MT-bench's questions. */
const nameIn = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
};

/** Every word for a verdict, in lower case with `_` for spaces and hyphens. */
const words: Readonly<Record<string, Verdict>> = {
  agree: 'agree',
  tie: 'agree',
  same: 'agree',
  worse: 'worse',
  baseline: 'worse',
  better: 'better',
  candidate: 'better',
  both_bad: 'both_bad',
  bothbad: 'both_bad',
  'tie_(bothbad)': 'both_bad',
};

const readWord = (
  value: JsonValue,
  record: JsonObject,
  models: Pick<VerdictContext['comparison'], 'baseline' | 'candidate'>,
): Verdict | null => {
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase().replaceAll(/[\s-]/g, '_');
  if (word !== 'model_a' && word !== 'model_b') {
    return Object.hasOwn(words, word) ? (words[word] ?? null) : null;
  }
  // Only where the record says which model is which.
  const named = new Set([record['model_a'], record['model_b']]);
  const isClear =
    models.baseline !== models.candidate &&
    named.has(models.baseline) &&
    named.has(models.candidate);
  if (!isClear) return null;
  return record[word] === models.baseline ? 'worse' : 'better';
};

const readTags = (value: JsonValue | undefined): readonly string[] | null => {
  if (value === undefined) return [];
  const list = typeof value === 'string' && value.startsWith('[') ? parseJson(value) : value;
  const tags =
    typeof list === 'string' ? list.split(/[;,]/).map((tag) => tag.trim()) : (list ?? null);
  if (!isJsonArray(tags)) return null;
  const texts = tags.filter((tag) => typeof tag === 'string');
  return texts.length === tags.length ? [...new Set(texts.filter((tag) => tag !== ''))] : null;
};

const readTime = (
  value: JsonValue,
  { nowMs }: VerdictContext,
): string | null | Extract<ReadVerdict, { kind: 'wrong' }> => {
  if (value === null) return null;
  const time = readTimestamp(parseEpoch(value));
  if (time === null) return { kind: 'wrong', reason: 'not a time', value: String(value) };
  return Date.parse(time) > nowMs + clockDifferenceMs
    ? { kind: 'wrong', reason: 'a time in the future', value: String(value) }
    : time;
};

/** Takes away what `csvRow` puts before cells that a spreadsheet would run as formulas. */
const withoutApostrophes = (record: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(record).map(([name, cell]) => [
      name,
      typeof cell === 'string' && /^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell,
    ]),
  );
