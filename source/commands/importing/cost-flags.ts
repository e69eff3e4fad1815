/** The flags that name models for `import --dry-run`, as meow declares them. */
export const costFlags = {
  model: { type: 'string', isMultiple: true },
  baseline: { type: 'string' },
  candidate: { type: 'string', isMultiple: true },
} as const;

/** Their values, as the user wrote them. */
export type CostFlags = {
  readonly model?: readonly string[] | undefined;
  readonly baseline?: string | undefined;
  readonly candidate?: readonly string[] | undefined;
};
