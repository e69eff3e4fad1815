import { demoModelOf } from '../money/simulated-models.ts';

/** Shown next to the models' names while a demo comparison is reviewed. */
export const demoRemark = 'simulated timings and prices';

/** The note below the figures of a demo comparison; null for any other comparison. */
export const demoNote = (comparison: { readonly baseline: string }): string | null =>
  demoModelOf(comparison.baseline) === null
    ? null
    : 'This is the demo: its timings, token counts and prices are simulated.';
