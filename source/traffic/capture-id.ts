import { z } from 'zod';
import { canonicalJson } from '../text/json.ts';
import type { Capture } from './capture.ts';
import { sha256 } from './hash.ts';

/**
 * The id of a capture that was recorded without one: the hash of its request and of whatever tells it
 * from another call with the same request, when it was and what the server named its answer.
 */
export const derivedId = (
  capture: Pick<Capture, 'request' | 'timestamp'> & Partial<Pick<Capture, 'recorded'>>,
): string => {
  const answer = capture.recorded?.find(({ production }) => production)?.body['id'];
  const marks = [capture.timestamp, typeof answer === 'string' ? answer : null].filter(Boolean);
  return sha256([canonicalJson(capture.request), ...marks].join('\n')).slice(0, 16);
};

/** Whether an id may be a derived one; false is certain. */
export const isDerivedId = (id: string): boolean => /^[0-9a-f]{16}$/.test(id);

/** An id as files spell it. Longer than this it is no id but a mistake. */
export const recordId = z.union([z.string().min(1).max(256), z.number()]);

/** The record's id as text; null where it has none that can be used. */
export const readRecordId = (value: unknown): string | null => {
  const read = recordId.safeParse(value);
  return read.success ? String(read.data) : null;
};
