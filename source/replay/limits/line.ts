/** First come, first served, at the same cost however long the line is. */
export type Line<Item> = {
  readonly push: (item: Item) => void;
  readonly first: () => Item | undefined;
  readonly shift: () => Item | undefined;
  /** Empties the line and gives back who stood in it. */
  readonly clear: () => readonly Item[];
  readonly length: number;
};

export const createLine = <Item>(): Line<Item> => {
  let items: Item[] = [];
  let at = 0;
  return {
    push: (item) => void items.push(item),
    first: () => items[at],
    shift() {
      const item = items[at];
      if (item === undefined) return undefined;
      at++;
      if (at > 100 && at * 2 > items.length) {
        items = items.slice(at);
        at = 0;
      }
      return item;
    },
    clear() {
      const rest = items.slice(at);
      items = [];
      at = 0;
      return rest;
    },
    get length() {
      return items.length - at;
    },
  };
};
