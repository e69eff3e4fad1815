import { demoModelOf, demoModels, type DemoModel } from '../money/simulated-models.ts';

export const isDemoModel = (name: string): name is DemoModel =>
  (demoModels as readonly string[]).includes(name);

/** What stands beside the models' names while a comparison of the demo is reviewed. */
export const demoRemark = 'simulated timings and prices';

/** The note below the numbers of a comparison of the demo; null for any other. */
export const demoNote = (comparison: { readonly baseline: string }): string | null =>
  demoModelOf(comparison.baseline) === null
    ? null
    : 'This is the demo: its timings, token counts and prices are simulated.';
