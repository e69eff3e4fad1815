import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { ReadRequest, UnreadField } from './turn.ts';

/** What the fields of one body share: what was not read, and what stands in the way of a replay. */
export class ReadingNotes {
  readonly unread: UnreadField[] = [];
  readonly serverState = new Set<string>();
  readonly hostedTools = new Set<string>();

  result(): Pick<ReadRequest, 'unread' | 'serverState' | 'hostedTools'> {
    return {
      unread: this.unread,
      serverState: [...this.serverState],
      hostedTools: [...this.hostedTools],
    };
  }
}

/** How a dialect may spell the name of a field besides its own way. */
export type Spelling = 'exact' | 'camel or snake';

/**
 * Reads the members of one object and knows which were read. Null means that nothing was asked. A value of
 * the wrong type stays unread, so that it is said and not taken for something else.
 */
export class BodyFields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #notes: ReadingNotes;
  readonly #spelling: Spelling;
  readonly #read = new Set<string>();

  constructor(object: JsonObject, path: string, notes: ReadingNotes, spelling: Spelling = 'exact') {
    this.#object = object;
    this.#path = path;
    this.#notes = notes;
    this.#spelling = spelling;
  }

  /** Any value but null. */
  value(name: string): JsonValue | null {
    return this.read(name, (value) => value);
  }

  string(name: string): string | null {
    return this.read(name, (value) => (typeof value === 'string' ? value : undefined));
  }

  number(name: string): number | null {
    return this.read(name, (value) => (typeof value === 'number' ? value : undefined));
  }

  flag(name: string): boolean | null {
    return this.read(name, (value) => (typeof value === 'boolean' ? value : undefined));
  }

  object(name: string): JsonObject | null {
    return this.read(name, (value) => (isJsonObject(value) ? value : undefined));
  }

  array(name: string): readonly JsonValue[] | null {
    return this.read(name, (value) => (isJsonArray(value) ? value : undefined));
  }

  /** A list of strings, or one string. */
  strings(name: string): readonly string[] | null {
    return this.read(name, (value) => {
      if (typeof value === 'string') return [value];
      if (!isJsonArray(value)) return undefined;
      const texts = value.filter((one) => typeof one === 'string');
      return texts.length === value.length ? texts : undefined;
    });
  }

  /** The fields of an object inside this one; of an empty one if there is none. */
  fields(name: string): BodyFields {
    const spelled = this.#spelled(name);
    const object = this.object(name) ?? {};
    return new BodyFields(object, this.path(spelled), this.#notes, this.#spelling);
  }

  /** An object without counting it as read; an empty one if there is none. */
  peek(name: string): JsonObject {
    const value = this.#object[this.#spelled(name)];
    return isJsonObject(value) ? value : {};
  }

  /** Counts members as read that mean nothing beside the others. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(this.#spelled(name));
  }

  /** Notes the members that nobody has read. */
  leave(): void {
    for (const [name, value] of Object.entries(this.#object)) {
      if (value !== null && !this.#read.has(name)) {
        this.#notes.unread.push({ path: this.path(name), value });
      }
    }
  }

  /** The path of a member in the body, with `[*]` for the elements of lists. */
  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  /** Any value but null that `parse` understands; null for others, which stay unread. */
  read<Value>(name: string, parse: (value: JsonValue) => Value | undefined): Value | null {
    const spelled = this.#spelled(name);
    const value = Object.hasOwn(this.#object, spelled) ? this.#object[spelled] : undefined;
    if (value === undefined || value === null) return null;
    const taken = parse(value);
    if (taken === undefined) return null;
    this.#read.add(spelled);
    return taken;
  }

  #spelled(name: string): string {
    if (this.#spelling === 'exact' || Object.hasOwn(this.#object, name)) return name;
    return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
