/** The length of the longest text that is remembered. Longer ones would use too much memory. */
const maximumLength = 16 * 1024;

/** The length of the longest key, role or name of a model. */
const maximumNameLength = 32;

/** Names are small, so that there is room for more of them. */
const slots = { names: 4096, texts: 512 } as const;

/**
 * Remembers what was found out about texts that recur: keys, roles and names of models constantly, the
 * system prompt of a feature in each of its calls. A text is remembered from its second occurrence on,
 * until another one recurs in its slot. Texts that occur once therefore leave nothing behind.
 */
export class RecurringTexts<Value> {
  /** Null until they are needed, because most commands never read traffic. */
  #names: Slots<Value> | null = null;
  #texts: Slots<Value> | null = null;

  /** What is remembered about a text; undefined if nothing is. */
  get(text: string): Value | undefined {
    return text.length > maximumLength ? undefined : this.#slotsFor(text).get(text);
  }

  /** Remembers what was found out about a text, if it recurs. */
  add(text: string, value: Value): void {
    if (text.length <= maximumLength) this.#slotsFor(text).add(text, value);
  }

  #slotsFor(text: string): Slots<Value> {
    return text.length <= maximumNameLength
      ? (this.#names ??= new Slots(slots.names))
      : (this.#texts ??= new Slots(slots.texts));
  }
}

/** One text a slot. A `Map` would hash every text, which takes longer than to look at a few units of it. */
class Slots<Value> {
  readonly #fingerprints: Int32Array;
  readonly #texts: (string | null)[];
  readonly #values: (Value | undefined)[];

  constructor(count: number) {
    this.#fingerprints = new Int32Array(count);
    this.#texts = Array.from<string | null>({ length: count }).fill(null);
    this.#values = Array.from<Value | undefined>({ length: count });
  }

  get(text: string): Value | undefined {
    const slot = this.#slotOf(fingerprint(text));
    return this.#texts[slot] === text ? this.#values[slot] : undefined;
  }

  add(text: string, value: Value): void {
    const print = fingerprint(text);
    const slot = this.#slotOf(print);
    if (this.#fingerprints[slot] === print) {
      this.#texts[slot] = text;
      this.#values[slot] = value;
    }
    this.#fingerprints[slot] = print;
  }

  #slotOf(print: number): number {
    return print & (this.#texts.length - 1);
  }
}

/** Computes FNV-1a over the length and about sixteen code units spread over the text. */
const fingerprint = (text: string): number => {
  let print = 0x811c9dc5 ^ text.length;
  const step = (text.length >> 4) + 1;
  for (let at = text.length - 1; at >= 0; at -= step) {
    print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
  }
  return print ^ (print >>> 15);
};
