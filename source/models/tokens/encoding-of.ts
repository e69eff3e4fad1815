import type { Encoding } from './tokenizer.ts';

/** How a model's tokens are counted. */
export type ModelEncoding = {
  readonly encoding: Encoding;
  /** It is the model's own; otherwise a stand-in, and no factor to its own is known. */
  readonly own: boolean;
};

/** By the beginning of a name, as OpenAI's library tiktoken has it; the first that fits. */
const families: readonly (readonly [RegExp, ModelEncoding])[] = [
  // The text is counted exactly, but its messages are wrapped in a way of their own.
  [/^gpt-oss/, { encoding: 'o200k_base', own: false }],
  [/^(?:chat)?gpt-4o|^gpt-4\.\d|^gpt-5|^o\d|^codex-/, { encoding: 'o200k_base', own: true }],
  [/^gpt-4|^gpt-3\.?5/, { encoding: 'cl100k_base', own: true }],
];

/** The encoding of a model by its name, also behind a maker's name or as a fine-tuned one. */
export const encodingOf = (name: string): ModelEncoding => {
  const bare = name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/^ft:/, '');
  const family = families.find(([beginning]) => beginning.test(bare));
  return family?.[1] ?? { encoding: 'o200k_base', own: false };
};
