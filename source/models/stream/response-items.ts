import {
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
  stringOrEmpty,
} from '../../text/json.ts';

/**
 * Assembles the output items of a Responses stream from their deltas, for a stream that ends before the
 * event with the whole response.
 */
export class ResponseItems {
  readonly #items = new Map<number, OpenItem>();

  /** Whether an item has begun. */
  get begun(): boolean {
    return this.#items.size > 0;
  }

  /** Takes an event; one that belongs to no item is ignored. */
  push(event: JsonObject): void {
    const { content_index: at, delta, item, output_index: index, part, type } = event;
    if (typeof index !== 'number' || typeof type !== 'string') return;
    if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      this.#items.set(index, new OpenItem(objectOrEmpty(item)));
      return;
    }
    const open = this.#items.get(index);
    if (open === undefined) return;
    const place = typeof at === 'number' ? at : 0;
    switch (type) {
      case 'response.content_part.added':
      case 'response.content_part.done':
        open.content.set(place, { members: objectOrEmpty(part), text: '' });
        break;
      case 'response.output_text.delta':
        open.part(open.content, place, 'output_text').text += stringOrEmpty(delta);
        break;
      case 'response.refusal.delta':
        open.part(open.content, place, 'refusal').text += stringOrEmpty(delta);
        break;
      case 'response.reasoning_text.delta':
        open.part(open.content, place, 'reasoning_text').text += stringOrEmpty(delta);
        break;
      case 'response.reasoning_summary_text.delta':
        open.part(open.summary, numberOrZero(event['summary_index']), 'summary_text').text +=
          stringOrEmpty(delta);
        break;
      case 'response.function_call_arguments.delta':
      case 'response.mcp_call_arguments.delta':
        open.grow('arguments', stringOrEmpty(delta));
        break;
      case 'response.custom_tool_call_input.delta':
        open.grow('input', stringOrEmpty(delta));
        break;
      case 'response.code_interpreter_call_code.delta':
        open.grow('code', stringOrEmpty(delta));
        break;
    }
  }

  /** The items so far, in order. */
  output(): readonly JsonObject[] {
    return [...this.#items]
      .toSorted(([one], [other]) => one - other)
      .map(([, item]) => item.whole());
  }
}

type OpenPart = { readonly members: JsonObject; text: string };

class OpenItem {
  readonly #item: JsonObject;
  readonly content: Map<number, OpenPart>;
  readonly summary: Map<number, OpenPart>;
  readonly #grown = new Map<string, string>();

  constructor(item: JsonObject) {
    this.#item = item;
    this.content = openParts(item['content']);
    this.summary = openParts(item['summary']);
  }

  part(parts: Map<number, OpenPart>, place: number, type: string): OpenPart {
    let part = parts.get(place);
    if (part === undefined) {
      part = { members: { type }, text: '' };
      parts.set(place, part);
    }
    return part;
  }

  /** Adds to a member that is a string. */
  grow(key: string, piece: string): void {
    this.#grown.set(key, (this.#grown.get(key) ?? '') + piece);
  }

  whole(): JsonObject {
    const item = this.#item;
    const grown = [...this.#grown].map(([key, text]) => [key, stringOrEmpty(item[key]) + text]);
    return {
      ...item,
      ...Object.fromEntries(grown),
      ...(this.content.size === 0 ? {} : { content: wholeParts(this.content) }),
      ...(this.summary.size === 0 ? {} : { summary: wholeParts(this.summary) }),
    };
  }
}

const openParts = (parts: JsonValue | undefined): Map<number, OpenPart> =>
  new Map(objectsIn(parts).map((members, place) => [place, { members, text: '' }]));

const wholeParts = (parts: ReadonlyMap<number, OpenPart>): readonly JsonObject[] =>
  [...parts]
    .toSorted(([one], [other]) => one - other)
    .map(([, { members, text }]) => {
      const key = members['type'] === 'refusal' ? 'refusal' : 'text';
      return text === '' ? members : { ...members, [key]: stringOrEmpty(members[key]) + text };
    });

const numberOrZero = (value: JsonValue | undefined): number =>
  typeof value === 'number' ? value : 0;
