import type { Choice } from '../answer.ts';
import { reasoningLength, ThinkFilter, type ThinkTags } from './think-tags.ts';

/** Follows what a user of the product sees of an answer that arrives in pieces. */
export class VisibleOutput {
  readonly #filter: ThinkFilter | null;
  #visible = false;
  #beginnings = 0;
  #alive = false;

  /** `thinkTags`: what becomes of reasoning that comes within the text. */
  constructor(thinkTags: ThinkTags) {
    this.#filter = thinkTags === 'apart' ? new ThinkFilter() : null;
  }

  /** How often something visible has begun. */
  get beginnings(): number {
    return this.#beginnings;
  }

  /** Whether the model has produced anything. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Takes a piece of the answer's text. Returns what of it is visible. */
  text(piece: string): string {
    if (piece === '') return '';
    const seen = this.#filter?.push(piece);
    if (seen === undefined) return this.shown(piece);
    if (seen.restart) this.#visible = false;
    this.#alive ||= seen.reasoning;
    return this.shown(seen.text);
  }

  /** Notes output that is visible as it is: a refusal, or the beginning of a tool call. Returns it. */
  shown(piece: string): string {
    if (piece !== '') this.seen();
    return piece;
  }

  /** Notes visible output without text. */
  seen(): void {
    if (!this.#visible) this.#beginnings++;
    this.#visible = true;
    this.#alive = true;
  }

  /** Notes reasoning that the dialect keeps apart from the text. */
  thought(): void {
    this.#alive = true;
  }

  /** Returns the rest of the text when no more comes: what began as a tag and was none. */
  end(): string {
    return this.shown(this.#filter?.end() ?? '');
  }
}

/**
 * Takes the reasoning that came within the text of a choice out of it, if `thinkTags` says so. It is kept
 * with its tags: text and reasoning together are what came.
 */
export const withoutThinkTags = (choice: Choice, thinkTags: ThinkTags): Choice => {
  if (thinkTags === 'text') return choice;
  const { finishReason, reasoning, text } = choice;
  const isCut = finishReason === null || finishReason === 'length';
  const length = reasoningLength(text, !isCut);
  return {
    ...choice,
    text: text.slice(length),
    reasoning: reasoning + text.slice(0, length),
  };
};
