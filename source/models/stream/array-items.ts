/**
 * Cuts the text of a JSON array, split anywhere, into its items: the form in which Gemini streams if
 * server-sent events were not asked for. Takes linear time.
 */
export class ArrayItems {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** Of the item that has begun; empty between items. */
  #item = '';

  /** Adds text. Returns the JSON texts of the objects and arrays that it completes; other items are ignored. */
  push(text: string): readonly string[] {
    const items: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text[at];
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === '\\') this.#isEscaped = true;
        else if (character === '"') this.#inString = false;
        continue;
      }
      switch (character) {
        case '"':
          this.#inString = true;
          break;
        case '[':
        case '{':
          this.#depth++;
          if (this.#depth === 2) start = at;
          break;
        case ']':
        case '}':
          this.#depth--;
          if (this.#depth === 1) {
            items.push(this.#item + text.slice(start, at + 1));
            this.#item = '';
          }
          break;
      }
    }
    if (this.#depth > 1) this.#item += text.slice(start);
    return items;
  }
}
