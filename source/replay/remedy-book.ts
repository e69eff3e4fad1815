import { remedyFor, type Remedy } from '../models/adaptation/remedy.ts';
import type { Failure } from '../models/answer.ts';
import { loadRemedies, saveRemedy } from '../store/comparisons/remedies.ts';
import type { Store } from '../store/open.ts';
import { canonicalJson, type JsonObject } from '../text/json.ts';

/** What is done after a refusal that names a parameter: a person is asked, or the change is made, or not. */
export const adaptPolicies = ['ask', 'auto', 'never'] as const;
export type AdaptPolicy = (typeof adaptPolicies)[number];

/** Asks a person whether requests to this model are to be changed so; false also where nobody answers. */
export type AskRemedy = (question: {
  readonly modelLabel: string;
  readonly remedy: Remedy;
}) => Promise<boolean>;

/** Whose remedies: of one model within comparisons that are replayed together. */
export type RemedyScope = {
  readonly comparisonIds: readonly string[];
  readonly modelLabel: string;
};

/** What refusals have taught, of this process and of those before it. */
export type RemedyBook = {
  /**
   * What is to be changed of a request to a model. While a person is asked about a parameter of it,
   * this waits for the answer: what is known to be refused is not sent meanwhile.
   */
  readonly remedies: (scope: RemedyScope, request: JsonObject) => Promise<readonly Remedy[]>;
  /** What is to be done after a body was refused; what has been learnt is remembered. */
  readonly learn: (
    scope: RemedyScope,
    refused: { readonly failure: Failure; readonly body: JsonObject },
    policy: AdaptPolicy,
  ) => Promise<Lesson>;
};

/**
 * What a refusal comes to: nothing, a remedy that is not made (`unused`), or one that is, now or since
 * another call has met the same (`learnt`).
 */
export type Lesson =
  | { readonly kind: 'none' }
  | { readonly kind: 'unused'; readonly remedy: Remedy }
  | { readonly kind: 'learnt' };

const learnt: Lesson = { kind: 'learnt' };

/** What may be changed of requests. */
export type Adapting = {
  /** Parameters that are sent on whatever the rules say. */
  readonly keep: ReadonlySet<string>;
  readonly policy: AdaptPolicy;
  readonly book: RemedyBook;
};

/** A book over a store. `ask` is null where nobody can be asked: `ask` then means `never`. */
export const createRemedyBook = (options: {
  readonly store: Store;
  readonly at: () => string;
  readonly ask: AskRemedy | null;
}): RemedyBook => {
  const { ask, at, store } = options;
  const pages = new Map<string, Promise<Remedy[]>>();
  /** One question for each model and parameter, whatever comes of it. */
  const questions = new Map<string, Promise<boolean>>();
  const open = new Map<string, ReadonlySet<string>>();

  const pageOf = ({ comparisonIds, modelLabel }: RemedyScope): Promise<Remedy[]> => {
    const key = [modelLabel, ...comparisonIds].join('\0');
    const known = pages.get(key);
    if (known !== undefined) return known;
    const loaded = load(store, comparisonIds, modelLabel);
    pages.set(key, loaded);
    return loaded;
  };

  const asked = async (modelLabel: string, remedy: Remedy): Promise<boolean> => {
    if (ask === null) return false;
    const key = `${modelLabel}\0${remedy.parameter}`;
    const before = questions.get(key);
    if (before !== undefined) return before;
    const waiting = new Set([...(open.get(modelLabel) ?? []), remedy.parameter]);
    open.set(modelLabel, waiting);
    const answer = ask({ modelLabel, remedy }).finally(() => {
      const left = new Set(open.get(modelLabel));
      left.delete(remedy.parameter);
      open.set(modelLabel, left);
    });
    questions.set(key, answer);
    return answer;
  };

  return {
    async remedies(scope, request) {
      for (const parameter of open.get(scope.modelLabel) ?? []) {
        if (!Object.hasOwn(request, rootKey(parameter))) continue;
        await questions.get(`${scope.modelLabel}\0${parameter}`);
      }
      return pageOf(scope);
    },
    async learn(scope, { failure, body }, policy) {
      const remedy = remedyFor(failure, body);
      if (remedy === null) return { kind: 'none' };
      const unused: Lesson = { kind: 'unused', remedy };
      const page = await pageOf(scope);
      // Another call has met the same refusal meanwhile.
      if (page.some((known) => isSameChange(known, remedy))) return learnt;
      if (policy === 'never') return unused;
      if (policy === 'ask' && !(await asked(scope.modelLabel, remedy))) return unused;
      if (page.some((known) => isSameChange(known, remedy))) return learnt;
      page.push(remedy);
      const { comparisonIds, modelLabel } = scope;
      for (const comparisonId of comparisonIds) {
        await saveRemedy(store, { comparisonId, modelLabel, remedy, at: at() });
      }
      return learnt;
    },
  };
};

const load = async (
  store: Store,
  comparisonIds: readonly string[],
  modelLabel: string,
): Promise<Remedy[]> => {
  const remedies: Remedy[] = [];
  for (const comparisonId of comparisonIds) {
    for (const remedy of await loadRemedies(store, comparisonId, modelLabel)) {
      if (!remedies.some((known) => isSameChange(known, remedy))) remedies.push(remedy);
    }
  }
  return remedies;
};

/** Whether two remedies make the same change, whatever they say of it. */
const isSameChange = (one: Remedy, other: Remedy): boolean => changeOf(one) === changeOf(other);

const changeOf = ({ reason: _reason, ...change }: Remedy): string => canonicalJson(change);

const rootKey = (parameter: string): string => /^\w+/.exec(parameter)?.[0] ?? parameter;
