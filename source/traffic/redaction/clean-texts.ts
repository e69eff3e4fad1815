/** Remembers texts without a finding. */
export type CleanTexts = {
  readonly has: (text: string) => boolean;
  readonly add: (text: string) => void;
};

/** Shorter ones are looked at as fast as they are looked up, longer ones would fill the memory. */
const lengths = { from: 100, to: 32 * 1024 } as const;

const slots = 256;

/**
 * The system prompt of a production feature comes with each of its calls. A text is kept from its second
 * time on, in one place that others of the same fingerprint may take, so that texts which come once leave
 * nothing behind.
 */
export const createCleanTexts = (): CleanTexts => {
  const prints = new Int32Array(slots);
  const texts: (string | null)[] = Array.from({ length: slots }, () => null);
  const isKept = ({ length }: string): boolean => length >= lengths.from && length <= lengths.to;
  return {
    has: (text) => isKept(text) && texts[fingerprint(text) & (slots - 1)] === text,
    add: (text) => {
      if (!isKept(text)) return;
      const print = fingerprint(text);
      const slot = print & (slots - 1);
      texts[slot] = prints[slot] === print ? text : null;
      prints[slot] = print;
    },
  };
};

/** Of the length and of characters from everywhere in the text (FNV-1a). */
const fingerprint = (text: string): number => {
  let print = 0x811c9dc5 ^ text.length;
  const step = text.length >> 4;
  for (let at = 0; at < text.length; at += step) {
    print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
  }
  return print ^ (print >>> 15);
};
