import { harmlessLine } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';

/** What a run may spend: USD above 0, or as much as it takes. */
export type RunBudget = number | 'none';

/** A budget as it is written: `5`, `$0.50`, `none`; null when it is none of these. */
export const readBudget = (text: string): RunBudget | null => {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'none') return 'none';
  const amount = Number(trimmed.replace(/^\$/, ''));
  return trimmed === '' || !Number.isFinite(amount) || amount <= 0 ? null : amount;
};

/** `--budget`; null without one. Throws UserError. */
export const budgetOf = (flags: { readonly budget?: string | undefined }): RunBudget | null => {
  if (flags.budget === undefined) return null;
  const budget = readBudget(flags.budget);
  if (budget !== null) return budget;
  throw new UserError(
    `--budget is an amount in USD above 0, such as 5 or 0.50, or none, and ${JSON.stringify(harmlessLine(flags.budget))} is neither.`,
  );
};
