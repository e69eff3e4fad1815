import type { JsonObject } from '../../text/json.ts';

/** Where a record stood: the path of its array within an object, and the object's other members. */
export type Surroundings = { readonly within: string; readonly rest: JsonObject };

/**
 * One record of a file: an object, or what could not be read, with the reason as a short, stable phrase.
 * `line` is the line on which it begins, from 1. `id()` is a hash of its text. `around` is null for a
 * record that stands by itself.
 */
export type SourceRecord = {
  readonly line: number;
  readonly around: Surroundings | null;
  /** The record's share of the file. */
  readonly bytes: number;
  /** False if invalid UTF-8 was replaced. */
  readonly validUtf8: boolean;
  readonly id: () => string;
} & (
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'unreadable'; readonly reason: string }
);
