import * as z from 'zod';
import { canonicalJson, firstString } from '../text/json.ts';
import type { Capture, DialectRequest } from './capture.ts';
import { sha256 } from './hash.ts';

/** An id as files write it. Anything longer is a mistake. */
export const recordId = z.union([
  z.string().min(1).max(256),
  z.custom<number>((value) => typeof value === 'number'),
]);

/**
 * The id of a record as text; null if the record has none that can be used. JSON.parse rounds numbers beyond
 * 2^53, so that several ids become the same one: such a number is none.
 */
export const readRecordId = (value: unknown): string | null => {
  const read = recordId.safeParse(value);
  if (!read.success) return null;
  return typeof read.data === 'string' || Number.isSafeInteger(read.data)
    ? String(read.data)
    : null;
};

/**
 * The id of a capture that was recorded without one: a hash of its request and of what tells it from
 * another call with the same request, which is its time and the id of its answer.
 */
export const derivedId = (
  capture: DialectRequest & Pick<Capture, 'timestamp'> & Partial<Pick<Capture, 'recorded'>>,
): string => {
  const { dialect, model, recorded, request, timestamp } = capture;
  const answer = recorded?.find(({ production }) => production)?.body ?? {};
  // The ids of chat completions are older than the other dialects, and stay as they were.
  const marks = [
    dialect === 'chat' ? null : `${dialect} ${model ?? ''}`,
    timestamp,
    firstString(answer['id'], answer['responseId']),
  ].filter(Boolean);
  return sha256([canonicalJson(request), ...marks].join('\n')).slice(0, 16);
};

/** Whether an id may be a derived one; false is certain. */
export const isDerivedId = (id: string): boolean => /^[0-9a-f]{16}$/.test(id);
