import { Budget } from './budget.ts';

/** What may be spent on the rest of a day, and what was spent on it before, in USD. */
export type DayLimit = {
  readonly usd: number;
  /** Which limit it is: that of the day, or the rest of the month's. */
  readonly period: 'day' | 'month';
  readonly spentBefore: number;
};

/** A budget that is renewed when a day begins (UTC). */
export class DailyBudget {
  readonly budget: Budget;
  /** USD for each day; null if only the month has a limit. */
  readonly perDay: number | null;
  readonly #settle: (at: string) => Promise<DayLimit>;
  #limit: DayLimit;
  #day: string;

  /** `settle` says what may be spent on the rest of the day of a moment, ISO 8601. */
  constructor(options: {
    readonly perDay: number | null;
    readonly limit: DayLimit;
    readonly at: string;
    readonly settle: (at: string) => Promise<DayLimit>;
  }) {
    const { at, limit, perDay, settle } = options;
    this.perDay = perDay;
    this.#settle = settle;
    this.#limit = limit;
    this.#day = dayOf(at);
    this.budget = new Budget(limit.usd);
  }

  /** Which limit ends the day's calls. */
  get period(): DayLimit['period'] {
    return this.#limit.period;
  }

  /** USD since the day began, in this run and in those before it. */
  get spentToday(): number {
    return this.#limit.spentBefore + this.budget.spent;
  }

  /** Renews the budget if another day has begun; whether it has. */
  async renew(at: string): Promise<boolean> {
    if (dayOf(at) === this.#day) return false;
    const limit = await this.#settle(at);
    this.#day = dayOf(at);
    this.#limit = limit;
    this.budget.renew(limit.usd);
    return true;
  }
}

const dayOf = (at: string): string => at.slice(0, 10);
