/** What a run of text means; the theme decides how that looks. */
export type Style =
  'plain' | 'dim' | 'bold' | 'accent' | 'removed' | 'added' | 'good' | 'warning' | 'error';

/** A run of harmless text of one style. */
export type Run = { readonly text: string; readonly style: Style };

export const plain = (text: string): Run => ({ text, style: 'plain' });
export const dim = (text: string): Run => ({ text, style: 'dim' });
