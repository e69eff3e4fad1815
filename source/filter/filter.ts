import type { Side } from '../comparison/outcome.ts';

/**
 * A condition on the pairs of a comparison. `all` and `any` have at least two parts; no part of an `all`
 * is an `all`, and no part of an `any` is an `any`.
 */
export type Filter =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  /** The request or an answer contains the text, whatever its case. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'label'; readonly name: LabelName; readonly value: string }
  | {
      readonly kind: 'number';
      readonly name: NumberName;
      readonly side: Side;
      readonly operator: NumberOperator;
      /** In the unit of the name: USD, milliseconds, tokens or characters. Not negative. */
      readonly value: number;
    };

export type NumberOperator = '>' | '>=' | '<' | '<=' | '=';

/**
 * The labels of a pair. `values`: the only ones that are valid, or null if any text is. A pair has a label
 * of closed values if one equals the value, and any other label if one contains it, whatever its case.
 */
export const labels = {
  endpoint: { values: null, help: 'part of the endpoint' },
  outcome: {
    values: ['identical', 'equivalent', 'different', 'failed', 'none'],
    help: "the machine's result",
  },
  settled: {
    values: ['machine', 'rule', 'none'],
    help: 'who settled it, so that it needs no verdict',
  },
  verdict: {
    values: ['agree', 'worse', 'better', 'both_bad', 'skip', 'none'],
    help: "a reviewer's verdict",
  },
  tag: { values: null, help: 'part of a tag' },
  reviewer: { values: null, help: 'who judged it: me, or part of a name' },
  field: { values: null, help: 'part of the path of a field that differs' },
  rule: { values: null, help: 'part of a rule that settles it' },
  reason: { values: null, help: 'part of the reason of the outcome' },
  comment: { values: null, help: 'part of the comment' },
  model: { values: null, help: 'part of the model that answered' },
  id: { values: null, help: 'part of the id' },
  conversation: { values: null, help: 'the beginning of the hash of its conversation' },
} as const satisfies Readonly<
  Record<string, { readonly values: readonly string[] | null; readonly help: string }>
>;

export type LabelName = keyof typeof labels;

export const isLabelName = (name: string): name is LabelName => Object.hasOwn(labels, name);

/** The numbers of a side of a pair: of the candidate, unless the filter says `baseline.`. */
export const numbers = {
  cost: { unit: 'USD', help: 'cost of the answer in USD' },
  ttft: { unit: 'ms', help: 'time to the first token' },
  total: { unit: 'ms', help: 'time of the whole answer' },
  input: { unit: 'tokens', help: 'tokens of the request' },
  output: { unit: 'tokens', help: 'tokens of the answer' },
  length: { unit: 'bytes', help: 'size of the stored answer in bytes' },
} as const satisfies Readonly<
  Record<string, { readonly unit: 'USD' | 'ms' | 'tokens' | 'bytes'; readonly help: string }>
>;

export type NumberName = keyof typeof numbers;

export const isNumberName = (name: string): name is NumberName => Object.hasOwn(numbers, name);

/** The characters that end a bare word. */
export const isDelimiter = (character: string): boolean => /[\s"&|!()<>=:]/.test(character);

/** Prints a filter so that `parseFilter` reads the same filter from it. */
export const printFilter = (filter: Filter): string => {
  switch (filter.kind) {
    case 'all':
      return filter.parts
        .map((part) => (part.kind === 'any' ? `(${printFilter(part)})` : printFilter(part)))
        .join(' ');
    case 'any':
      return filter.parts.map(printFilter).join(' | ');
    case 'not':
      return filter.part.kind === 'all' || filter.part.kind === 'any'
        ? `!(${printFilter(filter.part)})`
        : `!${printFilter(filter.part)}`;
    case 'text':
      return quoted(filter.text);
    case 'label':
      return `${filter.name}:${isBare(filter.value) ? filter.value : quoted(filter.value)}`;
    case 'number': {
      const { name, operator, side, value } = filter;
      const unit = numbers[name].unit === 'ms' ? 'ms' : '';
      return `${side === 'baseline' ? 'baseline.' : ''}${name}${operator}${value}${unit}`;
    }
  }
};

const isBare = (value: string): boolean => value !== '' && !Array.from(value).some(isDelimiter);

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** Whether the filter asks for something that depends on what reviewers did. */
export const asksForVerdicts = (filter: Filter): boolean => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.parts.some(asksForVerdicts);
    case 'not':
      return asksForVerdicts(filter.part);
    case 'label':
      return ['verdict', 'tag', 'reviewer', 'comment'].includes(filter.name);
    case 'text':
    case 'number':
      return false;
  }
};

/** Returns the texts that a filter looks for in requests and answers, each once. */
export const textsOf = (filter: Filter): readonly string[] => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return [...new Set(filter.parts.flatMap(textsOf))];
    case 'not':
      return textsOf(filter.part);
    case 'text':
      return [filter.text];
    case 'label':
    case 'number':
      return [];
  }
};

/** Returns the beginnings of hashes of conversations that a filter asks for, each once. */
export const conversationsOf = (filter: Filter): readonly string[] => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return [...new Set(filter.parts.flatMap(conversationsOf))];
    case 'not':
      return conversationsOf(filter.part);
    case 'label':
      return filter.name === 'conversation' ? [filter.value] : [];
    case 'text':
    case 'number':
      return [];
  }
};

/** Returns one of `conversationsOf` without which the filter holds for no pair; null if there is none. */
export const neededConversation = (filter: Filter): string | null => {
  if (filter.kind === 'all') return filter.parts.map(neededConversation).find(Boolean) ?? null;
  return filter.kind === 'label' && filter.name === 'conversation' ? filter.value : null;
};
