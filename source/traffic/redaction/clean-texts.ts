/** Remembers texts without a finding. */
export type CleanTexts = {
  /** Where the text would be kept; null for one that is not worth it. */
  readonly placeOf: (text: string) => Place | null;
  readonly has: (text: string, place: Place) => boolean;
  readonly add: (text: string, place: Place) => void;
};

/** A text's fingerprint. */
export type Place = number;

/** Longer ones would fill the memory. */
const longest = 16 * 1024;

const slots = 512;

/**
 * Keys, roles and names of models come again and again, and the system prompt of a production feature comes
 * with each of its calls. A text is kept from its second time on, in one place that others of the same
 * fingerprint may take, so that texts which come once leave nothing behind.
 */
export const createCleanTexts = (): CleanTexts => {
  const prints = new Int32Array(slots);
  const texts: (string | null)[] = Array.from({ length: slots }, () => null);
  return {
    placeOf: (text) => (text.length <= longest ? fingerprint(text) : null),
    has: (text, place) => texts[place & (slots - 1)] === text,
    add: (text, place) => {
      const slot = place & (slots - 1);
      texts[slot] = prints[slot] === place ? text : null;
      prints[slot] = place;
    },
  };
};

/** Of the length and of characters from everywhere in the text (FNV-1a). */
const fingerprint = (text: string): number => {
  let print = 0x811c9dc5 ^ text.length;
  const step = (text.length >> 4) + 1;
  for (let at = text.length - 1; at >= 0; at -= step) {
    print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
  }
  return print ^ (print >>> 15);
};
