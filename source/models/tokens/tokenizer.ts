/** One of OpenAI's vocabularies. */
export type Encoding = 'o200k_base' | 'cl100k_base';

/** Counts the tokens of a string. */
export type CountTokens = (text: string) => number;

/** Strings that look like control tokens are ordinary text here. */
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/**
 * Loads a tokenizer (2 MB of vocabulary). Only to be used where costs are estimated. Its time is linear
 * in the length of the string: merging a run of letters, spaces or signs takes quadratic time, so that
 * longer runs are counted in pieces of `longestRun`, which adds at most one token for each piece.
 */
export const loadTokenizer = async (encoding: Encoding): Promise<CountTokens> => {
  const { countTokens } =
    encoding === 'o200k_base'
      ? await import('gpt-tokenizer/encoding/o200k_base')
      : await import('gpt-tokenizer/encoding/cl100k_base');
  return (text) => {
    let tokens = 0;
    for (const piece of pieces(text)) tokens += countTokens(piece, asText);
    return tokens;
  };
};

const longestRun = 500;

const longRun =
  /(?<![\p{L}\p{M}])[\p{L}\p{M}]{501,}|(?<!\s)\s{501,}|(?<![^\s\p{L}\p{M}\p{N}])[^\s\p{L}\p{M}\p{N}]{501,}/gu;

/** Cuts a string, but only within its long runs. */
const pieces = (text: string): readonly string[] => {
  if (text.length <= longestRun) return [text];
  const found: string[] = [];
  let from = 0;
  for (const run of text.matchAll(longRun)) {
    const end = run.index + run[0].length;
    for (let cut = run.index + longestRun; cut < end; cut += longestRun) {
      // Never between the halves of a surrogate pair.
      const at = /[\uDC00-\uDFFF]/.test(text[cut] ?? '') ? cut + 1 : cut;
      found.push(text.slice(from, at));
      from = at;
    }
  }
  found.push(text.slice(from));
  return found;
};

/** The encoding that counts a model's tokens. */
export type ModelEncoding = {
  readonly encoding: Encoding;
  /** Whether it is the model's own; otherwise it is a stand-in whose error is not known. */
  readonly own: boolean;
};

/** Encodings by the beginning of a name, as in OpenAI's library tiktoken; the first match counts. */
const families: readonly (readonly [RegExp, ModelEncoding])[] = [
  // The text is counted exactly, but the format around the messages is another one.
  [/^gpt-oss/, { encoding: 'o200k_base', own: false }],
  [/^(?:chat)?gpt-4o|^gpt-4\.\d|^gpt-5|^o\d|^codex-/, { encoding: 'o200k_base', own: true }],
  [/^gpt-4|^gpt-3\.?5/, { encoding: 'cl100k_base', own: true }],
];

/** The encoding of a model, whose name may have a maker in front or be that of a fine-tuned model. */
export const encodingOf = (name: string): ModelEncoding => {
  const bare = name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/^ft:/, '');
  const family = families.find(([beginning]) => beginning.test(bare));
  return family?.[1] ?? { encoding: 'o200k_base', own: false };
};
