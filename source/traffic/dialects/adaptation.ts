import { canonicalJson, type JsonValue } from '../../text/json.ts';

/**
 * A change to a request that makes another provider, model or dialect accept it. `kept` changes nothing: it
 * warns that a part was sent unchanged although it may not have the same effect there. `dropped` and
 * `approximated` come of the dialects: the one of the model has no place for the part, or only one that means
 * nearly the same, or the part is about production.
 */
export type Adaptation = {
  /** A path: `max_tokens`, `messages[*].name`, `tools[*].function.strict`. */
  readonly parameter: string;
  readonly action:
    'added' | 'removed' | 'changed' | 'renamed' | 'kept' | 'dropped' | 'approximated';
  /** What was asked, where the parts that were changed agree on it; for `renamed`, the old name. */
  readonly from?: JsonValue;
  /** What is sent instead; for `renamed`, the new name. */
  readonly to?: JsonValue;
  /** A clause, not a sentence. */
  readonly reason: string;
  /** The request no longer means the same. */
  readonly lossy?: true;
};

/** Whether a request still means the same after a change. */
export type ChangeEffect = 'lossy' | 'harmless';

/** The changes that a translation makes. Those to several parts of the same kind count as one. */
export class AdaptationLog {
  readonly #adaptations = new Map<string, Adaptation>();

  dropped(parameter: string, from: JsonValue, reason: string, effect: ChangeEffect): void {
    this.#add({ parameter, action: 'dropped', from, reason }, effect);
  }

  approximated(
    parameter: string,
    { from, to }: { readonly from: JsonValue; readonly to: JsonValue },
    reason: string,
    effect: ChangeEffect,
  ): void {
    this.#add({ parameter, action: 'approximated', from, to, reason }, effect);
  }

  /** A value that the program itself needs. */
  set(parameter: string, from: JsonValue | undefined, to: JsonValue, reason: string): void {
    const change = { parameter, to, reason };
    if (from === undefined) this.#add({ ...change, action: 'added' }, 'harmless');
    else this.#add({ ...change, action: 'changed', from }, 'harmless');
  }

  renamed(parameter: string, to: string, reason: string): void {
    if (parameter !== to) {
      this.#add({ parameter, action: 'renamed', from: parameter, to, reason }, 'harmless');
    }
  }

  /** The changes in the order in which they were made. */
  get adaptations(): readonly Adaptation[] {
    return [...this.#adaptations.values()];
  }

  #add(change: Adaptation, effect: ChangeEffect): void {
    const key = `${change.action} ${change.parameter} ${change.reason} ${effect}`;
    const before = this.#adaptations.get(key);
    const marked: Adaptation = effect === 'lossy' ? { ...change, lossy: true } : change;
    this.#adaptations.set(key, before === undefined ? marked : common(before, marked));
  }
}

/** One change for two of the same kind, without the values that differ. */
const common = (before: Adaptation, next: Adaptation): Adaptation => {
  const { from, to, ...rest } = before;
  return {
    ...rest,
    ...(same(from, next.from) && from !== undefined ? { from } : {}),
    ...(same(to, next.to) && to !== undefined ? { to } : {}),
  };
};

const same = (one: JsonValue | undefined, other: JsonValue | undefined): boolean =>
  one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other);
