import type { SpendingLimit } from '../../money/spending-limit.ts';

/** What a user can do when the month's budget is reached, without a full stop. */
export const monthGoesOn = ({ others }: SpendingLimit): string =>
  others === undefined
    ? 'Raise budget.perMonth in understudy.config.json, or run the same command again next month'
    : 'Other runs may spend the rest: raise budget.perMonth in understudy.config.json, or run the same command again when they have ended';
