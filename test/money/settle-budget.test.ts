import { describe, expect, it } from 'vitest';
import type { PricedModel } from '../../source/money/prices-to-pay.ts';
import { askBudget, checkBudget, type AskLine } from '../../source/money/settle-budget.ts';
import type { Price } from '../../source/models/model.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

const price: Price = { input: 1, output: 2, cachedInput: null, source: 's', date: 'd' };
const paid = { model: resolveModel('openai/gpt-4o'), price };
const local = { model: resolveModel('http://127.0.0.1:1/v1#m'), price: null };
const unknown = { model: resolveModel('https://h.invalid/v1#m'), price: null };
const recorded = { model: resolveModel('recorded'), price };

const pending = (one: PricedModel, calls = 3, hourBytes = 0) => ({
  ...one,
  side: 'baseline' as const,
  outlook: { calls, bytes: 1000 * calls, hourBytes },
});

/** Gives answers from a list and records the questions. */
const answering = (...answers: string[]): { readonly ask: AskLine; readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    ask: (question) => {
      asked.push(question);
      const answer = answers.shift();
      return answer === undefined
        ? Promise.reject(new Error('asked too often'))
        : Promise.resolve(answer);
    },
  };
};

describe('a missing budget', () => {
  it('is an error only if money would be spent and nobody can be asked', () => {
    expect(() => checkBudget(null, [paid, local], false)).toThrow(
      'Calls to openai/gpt-4o cost money',
    );
    expect(() => checkBudget(null, [paid, unknown], false)).toThrow('h.invalid/v1#m is not known');
    expect(() => checkBudget(5, [paid, unknown], true)).toThrow('--budget cannot be enforced');
    for (const [given, models, canAsk] of [
      [null, [local, recorded], false],
      [null, [paid, unknown], true],
      ['none', [paid, unknown], false],
      [5, [paid, local], false],
    ] as const) {
      expect(() => checkBudget(given, models, canAsk)).not.toThrow();
    }
  });

  it('is asked for until the answer is valid', async () => {
    const { ask, asked } = answering('', 'much', '-1', '$2.50');
    expect(await askBudget(null, [pending(paid), pending(local)], ask)).toBe(2.5);
    expect(asked).toHaveLength(4);
    expect(asked[0]).toBe(
      'openai/gpt-4o: 3 calls; input at most about $0.003, output $2.00 per million tokens\nHow much may this run spend? USD, or none: ',
    );
  });

  it('is asked for with the price of what requests may write to a cache for an hour', async () => {
    const { ask, asked } = answering('1');
    const model = { ...paid, price: { ...price, hourCacheWrite: 2 } };
    await askBudget(null, [pending(model, 3, 2000)], ask);
    expect(asked[0]).toContain('openai/gpt-4o: 3 calls; input at most about $0.005,');
  });

  it('is not asked for when given, when nothing costs money or when nothing is left to do', async () => {
    const { ask, asked } = answering();
    expect(await askBudget(7, [pending(paid)], ask)).toBe(7);
    expect(await askBudget('none', [pending(unknown)], ask)).toBe('none');
    expect(await askBudget(null, [pending(local)], ask)).toBeNull();
    expect(await askBudget(null, [pending(paid, 0), pending(unknown, 0)], ask)).toBeNull();
    expect(await askBudget(null, [pending(paid)], null)).toBeNull();
    expect(asked).toEqual([]);
  });

  it('becomes a yes-or-no question for a model without a price', async () => {
    const yes = answering('well', 'Yes');
    expect(await askBudget(null, [pending(paid), pending(unknown)], yes.ask)).toBe('none');
    expect(yes.asked).toHaveLength(2);
    await expect(askBudget(null, [pending(unknown)], answering('no').ask)).rejects.toThrow(
      'Nothing was sent; the imported captures are kept.',
    );
  });
});
