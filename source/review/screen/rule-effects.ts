import { setTimeout } from 'node:timers/promises';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { PairView } from '../pair-view.ts';
import { rulesChangedText, type RuleChange } from '../session/rule-commands.ts';
import { ruleOptions } from '../session/rule-options.ts';
import { reviewTally } from '../session/agreement-so-far.ts';
import type { Session } from '../session/session.ts';
import type { Action, Effect } from '../session/step.ts';
import type { RuleServices } from './services.ts';

/** The effects that are about rules. */
export type RuleEffect = Extract<
  Effect,
  { kind: 'offer_rules' | 'make_rule' | 'take_back_rule' | 'list_rules' }
>;

/** The parts of a review that rules need. */
type RuleScreen = {
  readonly rules: RuleServices;
  readonly session: () => Session;
  readonly view: () => PairView | null;
  readonly act: (action: Action) => void;
  /** Asks a question whose answer is dropped if a later one is asked, or the review has ended. */
  readonly ask: (question: () => Promise<Action>) => Promise<void>;
  /** Reads the outcomes of all pairs; false if that is not possible now. */
  readonly refresh: () => Promise<boolean>;
  readonly isClosed: () => boolean;
  readonly fail: (error: unknown) => void;
};

/** How long to wait for a verdict that is being saved. */
const savingMs = 50;

/** Finds, makes and takes back the rules of a review. */
export class RuleEffects {
  readonly #screen: RuleScreen;

  constructor(screen: RuleScreen) {
    this.#screen = screen;
  }

  perform(effect: RuleEffect): void {
    switch (effect.kind) {
      case 'offer_rules':
        void this.#offer(effect.place, effect.endpoints);
        return;
      case 'make_rule':
        void this.#change(effect, (rules) => rules.make(effect.rule));
        return;
      case 'take_back_rule':
        void this.#change(effect, (rules) => rules.takeBack(effect.rule));
        return;
      case 'list_rules':
        void this.#list();
    }
  }

  /** Shows the rules about a difference of the pair, then how many pairs each would settle. */
  async #offer(place: string | null, endpoints: readonly (string | null)[]): Promise<void> {
    const { act, ask, rules, view } = this.#screen;
    const pair = view();
    const offered = pair === null ? [] : ruleOptions(pair, place, endpoints);
    act({ kind: 'rules_offered', rules: offered });
    if (offered.length === 0) return;
    await ask(async () => ({
      kind: 'rules_counted',
      settled: await rules.settledByAdding(offered),
    }));
  }

  async #list(): Promise<void> {
    const { ask, rules } = this.#screen;
    await ask(async () => ({ kind: 'rules_listed', rules: await rules.list() }));
  }

  /** Changes the rules, reads the outcomes that follow, and says how many changed. */
  async #change(
    { kind, rule }: Pick<RuleChange, 'kind'> & { readonly rule: RuleContent },
    change: (rules: RuleServices) => Promise<void>,
  ): Promise<void> {
    const { act, fail, isClosed, refresh, rules, session } = this.#screen;
    const ruled = (): number => reviewTally(session()).byRule;
    try {
      const before = ruled();
      await change(rules);
      while (!isClosed() && !(await refresh())) await setTimeout(savingMs);
      if (isClosed()) return;
      const text = rulesChangedText(session().keymap, { kind, rule, more: ruled() - before });
      act({ kind: 'notice', notice: { text, tone: 'plain' } });
      if (session().mode.kind === 'rules') await this.#list();
    } catch (error) {
      fail(error);
    }
  }
}
