import type { Price } from '../models/model.ts';

/** The two models of the demo's endpoint: the current one and its possible replacement. */
export const demoModels = ['incumbent', 'newcomer'] as const;

export type DemoModel = (typeof demoModels)[number];

/**
 * The prices of the demo in USD per million tokens: the list prices of January 2024 of the two
 * models with recorded answers. Nothing is paid, and token counts are estimates.
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

/** Returns the label of a demo model in a comparison: `demo/incumbent`. */
export const demoLabel = (model: DemoModel): string => `demo/${model}`;

/** Returns the demo model with this label; null for any other model. */
export const demoModelOf = (label: string): DemoModel | null =>
  demoModels.find((model) => demoLabel(model) === label) ?? null;
