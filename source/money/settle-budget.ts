import { costAtMost } from '../models/prices.ts';
import { printableLine } from '../text/printable.ts';
import { count, dollars } from '../text/numbers.ts';
import { UserError } from '../text/user-error.ts';
import { Interrupted } from '../text/interrupted.ts';
import { payable, type PricedModel } from './prices-to-pay.ts';

/** Asks the user a question and returns the typed line. Throws Interrupted for Ctrl-C and Ctrl-D. */
export type AskLine = (question: string) => Promise<string>;

/** The budget of a run: USD above 0, or no limit. */
export type RunBudget = number | 'none';

/** Parses a budget: `5`, `$0.50` or `none`; null for anything else. */
export const readBudget = (word: string): RunBudget | null => {
  const trimmed = word.trim();
  if (trimmed.toLowerCase() === 'none') return 'none';
  const amount = Number(trimmed.replace(/^\$/, ''));
  return trimmed === '' || !Number.isFinite(amount) || amount <= 0 ? null : amount;
};

/** An upper bound of what a model will be sent. */
export type Outlook = {
  readonly calls: number;
  /** The bytes of all requests. No tokenizer produces more tokens than bytes. */
  readonly bytes: number;
  /** The part of them in requests that ask for an hour in a cache; 0 if that costs the model nothing more. */
  readonly hourBytes: number;
};

/**
 * Refuses a run without a settled budget, before anything is opened or imported. Throws UserError
 * for a budget that cannot be kept because a model has no price, and for a missing budget if nobody
 * can be asked (`canAsk`).
 */
export const checkBudget = (
  given: RunBudget | null,
  models: readonly PricedModel[],
  canAsk: boolean,
): void => {
  const unpriced = models.find((one) => payable(one) === 'unpriced');
  if (typeof given === 'number' && unpriced !== undefined) {
    throw new UserError(
      `The price of ${label(unpriced)} is not known, so --budget cannot be enforced. Add its price to understudy.config.json, or use --budget none and limit the spending at the provider.`,
    );
  }
  if (given !== null || canAsk) return;
  if (unpriced !== undefined) {
    throw new UserError(
      `The price of ${label(unpriced)} is not known, so no budget can be enforced. Use --budget none to send its calls anyway, or add its price to understudy.config.json.`,
    );
  }
  const priced = models.find((one) => payable(one) === 'priced');
  if (priced === undefined) return;
  throw new UserError(
    `Calls to ${label(priced)} cost money, and there is no terminal to ask for a budget. Pass --budget USD, or --budget none for no limit.`,
  );
};

/**
 * Refuses a run that goes on for days without a settled budget for each: nobody is asked, because nobody can
 * say what it will cost. Throws UserError like `checkBudget`.
 */
export const checkDailyBudget = (given: RunBudget | null, models: readonly PricedModel[]): void => {
  if (given === 'none') return;
  const unpriced = models.find((one) => payable(one) === 'unpriced');
  if (unpriced !== undefined) {
    throw new UserError(
      `The price of ${label(unpriced)} is not known, so no budget can be enforced. Add its price to understudy.config.json, or use --budget none and limit the spending at the provider.`,
    );
  }
  const priced = models.find((one) => payable(one) === 'priced');
  if (given !== null || priced === undefined) return;
  throw new UserError(
    `Calls to ${label(priced)} cost money, and a run with --follow does not end by itself. Pass --budget-per-day USD, or --budget none for no limit.`,
  );
};

/**
 * Returns the budget of a run: the given one or, if there are calls to pay for, the user's answer;
 * null if there are none. Throws Interrupted if the user declines.
 */
export const askBudget = async (
  given: RunBudget | null,
  models: readonly (PricedModel & { readonly outlook: Outlook })[],
  ask: AskLine | null,
): Promise<RunBudget | null> => {
  if (given !== null || ask === null) return given;
  const toPay = models.filter(({ outlook }) => outlook.calls > 0);
  const unpriced = toPay.filter((one) => payable(one) === 'unpriced');
  if (unpriced.length > 0) {
    const names = unpriced.map(label).join(' and ');
    await confirm(
      ask,
      `The price of ${names} is not known, so no budget can be enforced. Send the calls anyway? yes or no:  `,
    );
    return 'none';
  }
  const priced = toPay.filter((one) => payable(one) === 'priced');
  if (priced.length === 0) return null;
  let question = `${priced.map(outlookLine).join('\n')}\nHow much may this run spend? USD, or none: `;
  for (;;) {
    const budget = readBudget(await ask(question));
    if (budget !== null) return budget;
    question = 'An amount in USD above 0, such as 5 or 0.50, or none for no limit: ';
  }
};

const confirm = async (ask: AskLine, first: string): Promise<void> => {
  let question = first;
  for (;;) {
    const answer = (await ask(question)).trim().toLowerCase();
    if (answer === 'yes' || answer === 'y') return;
    if (answer === 'no' || answer === 'n') {
      throw new Interrupted('Nothing was sent; the imported captures are kept.');
    }
    question = 'yes or no: ';
  }
};

/** Formats `openai/gpt-4o: 412 calls; input at most $0.31, output $10.00 per million tokens`. */
const outlookLine = ({
  model,
  price,
  outlook,
}: PricedModel & { readonly outlook: Outlook }): string => {
  const { calls, bytes, hourBytes } = outlook;
  const use = {
    input: bytes,
    output: 0,
    cachedInput: null,
    reasoning: null,
    hourCacheWrite: hourBytes,
  };
  const input = dollars(costAtMost(use, price, calls === 0 ? 0 : bytes / calls));
  return `${printableLine(model.label)}: ${count(calls)} ${calls === 1 ? 'call' : 'calls'}; input at most about ${input}, output ${dollars(price?.output ?? null)} per million tokens`;
};

const label = ({ model }: PricedModel): string => printableLine(model.label);
