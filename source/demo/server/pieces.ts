/** Two Han characters, up to eight letters, up to three signs, each with a space before; or spaces. */
const piece =
  /\s?(?:\p{Script=Han}{1,2}|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}]){1,8}|[^\s\p{L}\p{M}\p{N}]{1,3})|\s+/gu;

/** A text in token-like pieces; joined they give the text back. No surrogate pair is split. */
export const pieces = (text: string): readonly string[] => text.match(piece) ?? [];

/**
 * An estimate of how many tokens a text is: one for every four bytes of UTF-8, rounded up, which is
 * OpenAI's rule of thumb for English. No tokenizer is at hand; for Chinese and code it is rougher.
 */
export const estimatedTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);
