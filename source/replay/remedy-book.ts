import { rootOf } from '../models/adaptation/path.ts';
import { remedyFor, type Remedy } from '../models/adaptation/remedy.ts';
import type { Failure } from '../models/answer.ts';
import { loadRemedies, saveRemedy } from '../store/comparisons/remedies.ts';
import type { Store } from '../store/open.ts';
import { canonicalJson, type JsonObject } from '../text/json.ts';

/** What happens after a refusal that names a parameter: ask a person, change it, or leave it. */
export type AdaptPolicy = 'ask' | 'auto' | 'never';

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
  /** How many remedies this process has learnt: a request that was prepared before may lack one. */
  readonly lessons: number;
  /**
   * What is to be changed of a request to a model. While a person is asked about a parameter of it,
   * this waits for the answer: what is known to be refused is not sent meanwhile.
   */
  readonly remedies: (scope: RemedyScope, request: JsonObject) => Promise<readonly Remedy[]>;
  /** What is to be done after a body was refused; what has been learnt is remembered. */
  readonly learn: (
    scope: RemedyScope,
    refused: { readonly failure: Failure; readonly body: JsonObject },
    how: Pick<Adapting, 'ask' | 'policy'>,
  ) => Promise<Lesson>;
};

/**
 * What a refusal comes to: nothing, a remedy that is not made (`unused`), or one that is, now or since
 * another call has met the same (`learnt`).
 */
export type Lesson =
  | { readonly kind: 'none' }
  | { readonly kind: 'unused'; readonly remedy: Remedy }
  | { readonly kind: 'learnt'; readonly remedy: Remedy };

/** What may be changed of requests. */
export type Adapting = {
  /** Parameters that are sent on whatever the rules say. */
  readonly keep: ReadonlySet<string>;
  readonly policy: AdaptPolicy;
  /** Null where nobody can be asked: `ask` then is as `never`. */
  readonly ask: AskRemedy | null;
  readonly book: RemedyBook;
};

/** A book over a store. */
export const createRemedyBook = (options: {
  readonly store: Store;
  readonly at: () => string;
}): RemedyBook => {
  const { at, store } = options;
  /** By comparison and model. */
  const pages = new Map<string, Promise<Remedy[]>>();
  /** One question for each model and parameter, whatever comes of it. */
  const questions = new Map<string, Question>();
  let lessons = 0;

  const pagesOf = ({ comparisonIds, modelLabel }: RemedyScope): Promise<readonly Remedy[][]> =>
    Promise.all(
      comparisonIds.map((comparisonId) => {
        const key = `${comparisonId}\0${modelLabel}`;
        const known = pages.get(key);
        if (known !== undefined) return known;
        const loaded = loadRemedies(store, comparisonId, modelLabel).then((all) => [...all]);
        pages.set(key, loaded);
        return loaded;
      }),
    );

  const knows = async (scope: RemedyScope, remedy: Remedy): Promise<boolean> =>
    (await pagesOf(scope)).some((page) => page.some((known) => isSameChange(known, remedy)));

  const agreed = (modelLabel: string, remedy: Remedy, ask: AskRemedy): Promise<boolean> => {
    const { parameter } = remedy;
    const key = `${modelLabel}\0${parameter}`;
    const known = questions.get(key);
    if (known !== undefined) return known.answer;
    const question: Question = {
      modelLabel,
      root: rootOf(parameter),
      isOpen: true,
      answer: ask({ modelLabel, remedy }).finally(() => {
        question.isOpen = false;
      }),
    };
    questions.set(key, question);
    return question.answer;
  };

  return {
    get lessons() {
      return lessons;
    },
    async remedies(scope, request) {
      for (const { answer, isOpen, modelLabel, root } of questions.values()) {
        if (isOpen && modelLabel === scope.modelLabel && Object.hasOwn(request, root)) await answer;
      }
      const all: Remedy[] = [];
      for (const remedy of (await pagesOf(scope)).flat()) {
        if (!all.some((known) => isSameChange(known, remedy))) all.push(remedy);
      }
      return all;
    },
    async learn(scope, { failure, body }, { ask, policy }) {
      const remedy = remedyFor(failure, body);
      if (remedy === null) return { kind: 'none' };
      const learnt: Lesson = { kind: 'learnt', remedy };
      // Another call has met the same refusal meanwhile.
      if (await knows(scope, remedy)) return learnt;
      const unused: Lesson = { kind: 'unused', remedy };
      if (policy === 'never' || (policy === 'ask' && ask === null)) return unused;
      if (policy === 'ask' && ask !== null) {
        if (!(await agreed(scope.modelLabel, remedy, ask))) return unused;
        if (await knows(scope, remedy)) return learnt;
      }
      const { comparisonIds, modelLabel } = scope;
      for (const page of await pagesOf(scope)) page.push(remedy);
      lessons++;
      for (const comparisonId of comparisonIds) {
        await saveRemedy(store, { comparisonId, modelLabel, remedy, at: at() });
      }
      return learnt;
    },
  };
};

type Question = {
  readonly modelLabel: string;
  /** The key at the top of the request that it is about. */
  readonly root: string;
  readonly answer: Promise<boolean>;
  isOpen: boolean;
};

/** Whether two remedies make the same change, whatever they say of it. */
const isSameChange = (one: Remedy, other: Remedy): boolean => changeOf(one) === changeOf(other);

const changeOf = ({ reason: _reason, ...change }: Remedy): string => canonicalJson(change);
