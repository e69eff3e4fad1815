/** One figure by another; null where one is not known or it would divide by nothing. */
export const ratio = (above: number | null, below: number | null): number | null =>
  above === null || below === null || below === 0 ? null : above / below;
