/** One of OpenAI's vocabularies. */
export type Encoding = 'o200k_base' | 'cl100k_base';

/** Counts the tokens of a string. */
export type CountTokens = (text: string) => number;

/** Treats strings that look like control tokens as ordinary text. */
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/**
 * Loads a tokenizer (2 MB of vocabulary). Call it only if costs are estimated. It counts in time
 * linear in the length of the string. Merging a long run of letters, spaces or signs takes
 * quadratic time, so longer runs are counted in pieces of `longestRun`; each piece adds at most one
 * token.
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

/** Splits a string, but only within its long runs. */
const pieces = (text: string): readonly string[] => {
  if (text.length <= longestRun) return [text];
  const found: string[] = [];
  let from = 0;
  for (const run of text.matchAll(longRun)) {
    const end = run.index + run[0].length;
    for (let cut = run.index + longestRun; cut < end; cut += longestRun) {
      // Do not split a surrogate pair.
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
  /**
   * Whether the encoding is the model's own; otherwise it is a substitute with an unknown error.
   */
  readonly own: boolean;
};

/** Encodings by name prefix, as in OpenAI's tiktoken library; the first match counts. */
const families: readonly (readonly [RegExp, ModelEncoding])[] = [
  // The text is counted exactly, but the message format differs.
  [/^gpt-oss/, { encoding: 'o200k_base', own: false }],
  [/^(?:chat)?gpt-4o|^gpt-4\.\d|^gpt-5|^o\d|^codex-/, { encoding: 'o200k_base', own: true }],
  [/^gpt-4|^gpt-3\.?5/, { encoding: 'cl100k_base', own: true }],
];

/**
 * Returns the encoding of a model. Its name may have a maker prefix or be that of a fine-tuned
 * model.
 */
export const encodingOf = (name: string): ModelEncoding => {
  const bare = name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/^ft:/, '');
  const family = families.find(([beginning]) => beginning.test(bare));
  return family?.[1] ?? { encoding: 'o200k_base', own: false };
};
