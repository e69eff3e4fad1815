import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import type { Format } from '../../traffic/formats/format.ts';
import type { Surroundings } from '../../traffic/reading/source-record.ts';
import type { ServiceAccess } from './service-access.ts';
import type { ServiceClient } from './service-client.ts';

/** A half-open span of time, in ISO 8601: `start` is in it, `end` is not. */
export type TimeRange = { readonly start: string; readonly end: string };

/** One page of the records of a service. */
export type ServicePage = {
  readonly records: readonly JsonObject[];
  readonly around: Surroundings;
  /** What the service asks for to return the next page; null after the last one. */
  readonly next: string | null;
};

/**
 * The cursor of the next page under `key` of an object of an answer; null where there is none. Throws UserError
 * for anything but a text, because the pages after it would be missing without a word.
 */
export const nextCursor = (
  title: string,
  holder: JsonValue | undefined,
  key: string,
): string | null => {
  const cursor = isJsonObject(holder) ? holder[key] : holder;
  if (cursor === undefined || cursor === null || cursor === '') return null;
  if (typeof cursor !== 'string' || !isJsonObject(holder)) throw unreadableNext(title);
  return cursor;
};

/** The error for an answer that does not say in a known way whether another page follows. */
export const unreadableNext = (title: string): UserError =>
  new UserError(
    `${title} does not say in a known form which page comes next, so that the rest cannot be read.`,
  );

/** The project whose calls the key may read. */
export type ServiceProject = {
  readonly id: string;
  readonly name: string;
  /** Returns a page of the calls that started in a range, newest first. `cursor`: `next` of the page before. */
  readonly page: (range: TimeRange, cursor: string | null) => Promise<ServicePage>;
};

/** A service that keeps the calls of a model, and the format that reads its records. */
export type Service = {
  /** Its name for users. */
  readonly title: string;
  /** What it calls its records. */
  readonly noun: string;
  readonly format: Format;
  /** Throws UserError for a variable that is missing or not valid. */
  readonly access: (environment: Readonly<Record<string, string | undefined>>) => ServiceAccess;
  /** Finds the project of the key: the first call. Throws UserError if the key or the host is wrong. */
  readonly open: (
    client: ServiceClient,
    environment: Readonly<Record<string, string | undefined>>,
  ) => Promise<ServiceProject>;
};
