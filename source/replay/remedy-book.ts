import { rootOf } from '../models/adaptation/path.ts';
import { remedyFor, type Remedy } from '../models/adaptation/remedy.ts';
import type { Failure } from '../models/answer.ts';
import { loadRemedies, saveRemedy } from '../store/comparisons/remedies.ts';
import type { Store } from '../store/open.ts';
import { canonicalJson, type JsonObject } from '../text/json.ts';
import type { Dialect } from '../traffic/dialects/dialect.ts';

/** The policy after a refusal that names a parameter: ask a person, change it, or leave it. */
export type AdaptPolicy = 'ask' | 'auto' | 'never';

/** The most changes to one request after refusals before it counts as failed. */
export const maximumRemedies = 5;

/** Asks a person to approve a change of requests to this model; false also if nobody answers. */
export type AskRemedy = (question: {
  readonly modelLabel: string;
  readonly remedy: Remedy;
}) => Promise<boolean>;

/** The scope of remedies: requests in one dialect to one model, in comparisons that are replayed together. */
export type RemedyScope = {
  readonly comparisonIds: readonly string[];
  readonly modelLabel: string;
  readonly dialect: Dialect;
};

/**
 * The lesson of a refusal: none, a remedy that is not applied (`unused`), or one that is applied,
 * found by this call or by another one (`learnt`).
 */
export type Lesson =
  | { readonly kind: 'none' }
  | { readonly kind: 'unused'; readonly remedy: Remedy }
  | { readonly kind: 'learnt'; readonly remedy: Remedy };

/** The rules for changing requests. */
export type Adapting = {
  /** Parameters to send regardless of the rules. */
  readonly keep: ReadonlySet<string>;
  readonly policy: AdaptPolicy;
  /** Null if nobody can be asked: the policy `ask` then means `never`. */
  readonly ask: AskRemedy | null;
  readonly book: RemedyBook;
};

type Question = {
  readonly modelLabel: string;
  /** The top-level key of the request in question. */
  readonly root: string;
  readonly answer: Promise<boolean>;
  isOpen: boolean;
};

/** The remedies from refusals, in this process and earlier ones, kept in the store. */
export class RemedyBook {
  readonly #store: Store;
  readonly #at: () => string;
  /** By comparison and model. */
  readonly #pages = new Map<string, Promise<Remedy[]>>();
  /** The questions per model and parameter, open or answered. */
  readonly #questions = new Map<string, Question>();
  #lessons = 0;

  constructor(options: { readonly store: Store; readonly at: () => string }) {
    this.#store = options.store;
    this.#at = options.at;
  }

  /** The number of remedies found by this process. A request prepared earlier may lack one. */
  get lessons(): number {
    return this.#lessons;
  }

  /**
   * Returns the remedies for a request to a model. If a person is being asked about a parameter of
   * the request, waits for the answer: a request known to be refused is not sent in the meantime.
   */
  async remedies(scope: RemedyScope, request: JsonObject): Promise<readonly Remedy[]> {
    for (const { answer, isOpen, modelLabel, root } of this.#questions.values()) {
      if (isOpen && modelLabel === scope.modelLabel && Object.hasOwn(request, root)) await answer;
    }
    const all: Remedy[] = [];
    for (const remedy of (await this.#pagesOf(scope)).flat()) {
      if (!all.some((known) => isSameChange(known, remedy))) all.push(remedy);
    }
    return all;
  }

  /** Finds the remedy for a refused body, and stores it if it may be applied. */
  async learn(
    scope: RemedyScope,
    refused: { readonly failure: Failure; readonly body: JsonObject },
    { ask, policy }: Pick<Adapting, 'ask' | 'policy'>,
  ): Promise<Lesson> {
    const remedy = remedyFor(refused.failure, refused.body, scope.dialect);
    if (remedy === null) return { kind: 'none' };
    const learnt: Lesson = { kind: 'learnt', remedy };
    // Another call may have met the same refusal.
    if (await this.#knows(scope, remedy)) return learnt;
    const unused: Lesson = { kind: 'unused', remedy };
    if (policy === 'never' || (policy === 'ask' && ask === null)) return unused;
    if (policy === 'ask' && ask !== null) {
      if (!(await this.#isAgreed(scope.modelLabel, remedy, ask))) return unused;
      if (await this.#knows(scope, remedy)) return learnt;
    }
    const { comparisonIds, dialect, modelLabel } = scope;
    for (const page of await this.#pagesOf(scope)) page.push(remedy);
    this.#lessons++;
    for (const comparisonId of comparisonIds) {
      await saveRemedy(this.#store, {
        comparisonId,
        modelLabel,
        dialect,
        remedy,
        at: this.#at(),
      });
    }
    return learnt;
  }

  #pagesOf({ comparisonIds, dialect, modelLabel }: RemedyScope): Promise<readonly Remedy[][]> {
    return Promise.all(
      comparisonIds.map((comparisonId) => {
        const key = `${comparisonId}\0${modelLabel}\0${dialect}`;
        const known = this.#pages.get(key);
        if (known !== undefined) return known;
        const loaded = loadRemedies(this.#store, comparisonId, { modelLabel, dialect }).then(
          (all) => [...all],
        );
        this.#pages.set(key, loaded);
        return loaded;
      }),
    );
  }

  async #knows(scope: RemedyScope, remedy: Remedy): Promise<boolean> {
    const pages = await this.#pagesOf(scope);
    return pages.some((page) => page.some((known) => isSameChange(known, remedy)));
  }

  #isAgreed(modelLabel: string, remedy: Remedy, ask: AskRemedy): Promise<boolean> {
    const { parameter } = remedy;
    const key = `${modelLabel}\0${parameter}`;
    const known = this.#questions.get(key);
    if (known !== undefined) return known.answer;
    const question: Question = {
      modelLabel,
      root: rootOf(parameter),
      isOpen: true,
      answer: ask({ modelLabel, remedy }).finally(() => {
        question.isOpen = false;
      }),
    };
    this.#questions.set(key, question);
    return question.answer;
  }
}

/** Returns whether two remedies make the same change; their reasons may differ. */
const isSameChange = (one: Remedy, other: Remedy): boolean =>
  withoutReason(one) === withoutReason(other);

const withoutReason = ({ reason: _reason, ...change }: Remedy): string => canonicalJson(change);
