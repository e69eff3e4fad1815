/** How reasoning in the text of an answer is treated: kept apart, or left in place. */
export type ThinkTags = 'apart' | 'text';

/**
 * The tags in which models put their reasoning when the server does not take it out of the text:
 * DeepSeek R1, Qwen3, QwQ, GLM, MiniMax, Granite and Phi (`<think>`), Amazon Nova and Claude
 * (`<thinking>`), EXAONE and Gemma (`<thought>`), Magistral (`[THINK]`).
 */
const openings: ReadonlyMap<string, string> = new Map([
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['[think]', '[/think]'],
]);

const opening = /^\s*(<think>|<thinking>|<thought>|\[think\])/i;
const closingAlone = '</think>';

/** Whether reasoning came within the text of its answer, so that it has the tags. */
export const isTagged = (reasoning: string): boolean =>
  /(?:<\/(?:think|thinking|thought)>|\[\/think\])\s*$/i.test(reasoning) || opening.test(reasoning);

/**
 * How many characters at the beginning of a text are reasoning, its tags and the space after them
 * included. Chat templates of DeepSeek and Qwen put the opening tag into the prompt, so the text may
 * have the closing one alone. Reasoning without an end is reasoning only where the answer was cut
 * (`isWhole` false).
 */
export const reasoningLength = (text: string, isWhole: boolean): number => {
  let end = 0;
  for (;;) {
    const opened = opening.exec(text.slice(end));
    if (opened === null) break;
    const closing = openings.get(opened[1]?.toLowerCase() ?? '') ?? '';
    const at = text.toLowerCase().indexOf(closing, end + opened[0].length);
    if (at === -1) return isWhole ? withSpace(text, end) : text.length;
    end = at + closing.length;
  }
  if (end > 0) return withSpace(text, end);
  const at = text.indexOf(closingAlone);
  return at === -1 || !closesReasoning(text, at) ? 0 : withSpace(text, at + closingAlone.length);
};

const withSpace = (text: string, end: number): number =>
  end === 0 ? 0 : end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0);

/** Whether a closing tag without an opening one ends reasoning, and is not what the text is about. */
const closesReasoning = (text: string, at: number): boolean => {
  const before = text.slice(0, at);
  const after = text.slice(at + closingAlone.length);
  const isQuoted = /[`'"(]$/.test(before) || /^[`'")]/.test(after);
  const isWithinSentence = /[^\S\n]$/.test(before) && /^[^\S\n]/.test(after);
  const isInCode = (before.match(/```/g)?.length ?? 0) % 2 === 1;
  const isOpened = /<think>/i.test(before);
  return after.trim() !== '' && !isQuoted && !isWithinSentence && !isInCode && !isOpened;
};

/** The visible text that a piece of an answer adds. */
export type VisiblePiece = {
  readonly text: string;
  /** The piece belongs to reasoning. */
  readonly reasoning: boolean;
  /** The text so far has turned out to be reasoning. */
  readonly restart: boolean;
};

/** Finds the visible part of a text that arrives in pieces. */
export class ThinkFilter {
  #text = '';
  /** Where the visible part begins; null while that is not known. */
  #from: number | null = null;
  /** The tag that ends the reasoning that has begun; null when none has. */
  #closing: string | null = null;
  /** How much of the text holds no closing tag for certain. */
  #searched = 0;

  push(piece: string): VisiblePiece {
    const before = this.#text.length;
    this.#text += piece;
    if (this.#from === null) return this.#begin(piece !== '');
    const added = { text: this.#text.slice(before), reasoning: false, restart: false };
    const at = this.#text.indexOf(closingAlone, this.#searched);
    if (at === -1) {
      this.#searched = Math.max(this.#searched, this.#text.length - closingAlone.length);
      return added;
    }
    // What follows decides whether the tag ends reasoning, and there may be none of it yet.
    if (this.#text.slice(at + closingAlone.length).trim() === '') return added;
    this.#searched = Number.POSITIVE_INFINITY;
    const length = this.#from > 0 ? 0 : reasoningLength(this.#text, true);
    if (length === 0) return added;
    this.#from = length;
    return { text: this.#text.slice(length), reasoning: true, restart: true };
  }

  /** The rest of the text when no more comes: what began as a tag and was none. */
  end(): string {
    if (this.#from !== null) return '';
    this.#from = reasoningLength(this.#text, true);
    return this.#text.slice(this.#from);
  }

  /** Looks for the beginning of the visible part. */
  #begin(isNew: boolean): VisiblePiece {
    const nothing = { text: '', reasoning: isNew, restart: false };
    if (this.#closing !== null) {
      const unsearched = this.#text.slice(this.#searched).toLowerCase();
      if (!unsearched.includes(this.#closing)) {
        this.#searched = Math.max(0, this.#text.length - this.#closing.length);
        return nothing;
      }
      this.#closing = null;
    }
    const start = this.#text.trimStart().toLowerCase();
    const mayOpen = [...openings.keys()].some((tag) => tag.startsWith(start));
    if (start === '' || mayOpen) return { ...nothing, reasoning: false };
    const length = reasoningLength(this.#text, false);
    const rest = this.#text.slice(length);
    if (length === this.#text.length && length > 0) {
      const last = this.#text.slice(reasoningLength(this.#text, true));
      this.#closing = openings.get(opening.exec(last)?.[1]?.toLowerCase() ?? '') ?? null;
      return nothing;
    }
    const restStart = rest.trimStart().toLowerCase();
    if (length > 0 && [...openings.keys()].some((tag) => tag.startsWith(restStart))) return nothing;
    this.#from = length;
    this.#searched = 0;
    return { text: rest, reasoning: length > 0, restart: false };
  }
}
