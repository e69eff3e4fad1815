import type { SpelledJson, SpelledMember } from './lossless-json.ts';

/** A JSON value on one line, numbers as they were spelled. */
export const compactJson = (value: SpelledJson): string => {
  switch (value.kind) {
    case 'object':
      return `{${value.members
        .map(({ key, value: member }) => `${JSON.stringify(key)}:${compactJson(member)}`)
        .join()}}`;
    case 'array':
      return `[${value.items.map(compactJson).join()}]`;
    case 'string':
      return JSON.stringify(value.value);
    case 'number':
      return value.spelling;
    case 'literal':
      return String(value.value);
  }
};

/**
 * A JSON value over several lines, two spaces a level, numbers as they were spelled. With `like`,
 * the keys of its objects come in the order of that value's, then its own others, so that two
 * answers can be read line by line. Null when the text would pass `maximumCharacters`: deep nesting
 * makes white space grow far beyond the value.
 */
export const prettyJson = (
  value: SpelledJson,
  like: SpelledJson | null,
  maximumCharacters: number,
): string | null => {
  const parts: string[] = [];
  let left = maximumCharacters;
  const write = (text: string): void => {
    left -= text.length;
    if (left >= 0) parts.push(text);
  };
  const visit = (node: SpelledJson, model: SpelledJson | null, indent: string): void => {
    if (left < 0) return;
    const inner = `${indent}  `;
    if (node.kind === 'object' && node.members.length > 0) {
      const models = new Map(
        model?.kind === 'object' ? model.members.map(({ key, value: m }) => [key, m] as const) : [],
      );
      let separator = '{\n';
      for (const member of orderLike(node.members, models)) {
        write(`${separator}${inner}${JSON.stringify(member.key)}: `);
        visit(member.value, models.get(member.key) ?? null, inner);
        separator = ',\n';
      }
      write(`\n${indent}}`);
    } else if (node.kind === 'array' && node.items.length > 0) {
      let separator = '[\n';
      for (const [index, item] of node.items.entries()) {
        write(separator + inner);
        visit(item, model?.kind === 'array' ? (model.items[index] ?? null) : null, inner);
        separator = ',\n';
      }
      write(`\n${indent}]`);
    } else write(compactJson(node));
  };
  visit(value, like, '');
  return left < 0 ? null : parts.join('');
};

const orderLike = (
  members: readonly SpelledMember[],
  models: ReadonlyMap<string, SpelledJson>,
): readonly SpelledMember[] => {
  if (models.size === 0) return members;
  const rank = new Map([...models.keys()].map((key, index) => [key, index] as const));
  const rankOf = ({ key }: SpelledMember): number => rank.get(key) ?? models.size;
  return members.toSorted((a, b) => rankOf(a) - rankOf(b));
};
