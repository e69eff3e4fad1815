/** A vocabulary of OpenAI. */
export type Encoding = 'o200k_base' | 'cl100k_base';

/** The tokens of a text. */
export type CountTokens = (text: string) => number;

/** A text may say what would be a sign of control elsewhere; here it is text. */
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/**
 * Loads a tokenizer (2 MB of vocabulary; only what estimates costs needs it). It takes time in
 * proportion to the text's length: a run of letters, of spaces or of signs is counted in pieces of
 * `longestRun`, which adds at most a token for each, since merging a run takes the square of its length.
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

/** The text, cut within its long runs only. */
const pieces = (text: string): readonly string[] => {
  if (text.length <= longestRun) return [text];
  const found: string[] = [];
  let from = 0;
  for (const run of text.matchAll(longRun)) {
    const end = run.index + run[0].length;
    for (let cut = run.index + longestRun; cut < end; cut += longestRun) {
      // Not between the halves of a character.
      const at = /[\uDC00-\uDFFF]/.test(text[cut] ?? '') ? cut + 1 : cut;
      found.push(text.slice(from, at));
      from = at;
    }
  }
  found.push(text.slice(from));
  return found;
};
