import type { Price } from '../models/model.ts';

/** The two models that the demo's endpoint serves: the one of today and the one that may follow. */
export const demoModels = ['incumbent', 'newcomer'] as const;

export type DemoModel = (typeof demoModels)[number];

export const isDemoModel = (name: string): name is DemoModel =>
  (demoModels as readonly string[]).includes(name);

/**
 * What the demo reckons with, in USD per million tokens: the list prices that the two models whose
 * recorded answers are served had in January 2024. Nothing is paid, and token counts are estimates.
 */
export const demoPrices: Readonly<Record<DemoModel, Price>> = {
  incumbent: {
    input: 30,
    output: 60,
    cachedInput: null,
    source: 'simulated (list price of gpt-4-0613)',
    date: '2024-01-25',
  },
  newcomer: {
    input: 0.5,
    output: 1.5,
    cachedInput: null,
    source: 'simulated (list price of gpt-3.5-turbo-0125)',
    date: '2024-01-25',
  },
};

/** The label under which a demo model stands in a comparison: `demo/incumbent`. */
export const demoLabel = (model: DemoModel): string => `demo/${model}`;

/** The demo model of a label; null for any other model. */
export const demoModelOf = (label: string): DemoModel | null =>
  demoModels.find((model) => demoLabel(model) === label) ?? null;

/** What must be seen beside the models' names while a comparison of the demo is reviewed. */
export const demoRemark = 'simulated timings and prices';

/** What must be said below the numbers of a comparison; null when it is none of the demo. */
export const demoNote = (comparison: { readonly baseline: string }): string | null =>
  demoModelOf(comparison.baseline) === null
    ? null
    : 'This is the demo: its timings, token counts and prices are simulated.';
