import { parentPort, Worker } from 'node:worker_threads';
import { UserError } from '../text/user-error.ts';

/**
 * A message from a thread: the answer to its oldest open question, an error instead, or a notice.
 */
type ThreadMessage =
  | { readonly kind: 'answer'; readonly answer: unknown }
  | {
      readonly kind: 'failure';
      readonly isUserError: boolean;
      readonly message: string;
      readonly stack: string | undefined;
    }
  | { readonly kind: 'notice'; readonly notice: unknown };

export type ThreadOptions<Notice> = {
  /** The thread's script, which calls `answerQuestions`. */
  readonly workerUrl: URL;
  /** The purpose of the thread, for messages: `The thread that writes the store`. */
  readonly name: string;
  /** The `workerData` of the script. */
  readonly data?: unknown;
  /** Receives unsolicited messages from the thread (`sendNotice`). */
  readonly onNotice?: (notice: Notice) => void;
  /** Called once if the thread ends without being closed. */
  readonly onLost?: (error: Error) => void;
};

type OpenQuestion = {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

/**
 * A thread that answers questions in the order in which they were asked. It keeps the process alive
 * only while a question is open.
 */
export class Thread<Question, Answer, Notice = never> {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #open: OpenQuestion[] = [];
  /** The error that ended the thread; null while it is running. */
  #end: Error | null = null;

  constructor({ workerUrl, name, data, onNotice, onLost }: ThreadOptions<Notice>) {
    this.#name = name;
    const lose = (error: Error): void => {
      if (this.#stop(error)) onLost?.(error);
    };
    this.#worker = new Worker(workerUrl, { workerData: data });
    this.#worker.unref();
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'notice') onNotice?.(message.notice as Notice);
      else this.#settle(message);
    });
    this.#worker.on('messageerror', lose);
    this.#worker.on('error', (error: Error) => lose(threadError(error, name)));
    this.#worker.on('exit', (code) => lose(new Error(`${name} ended with exit code ${code}.`)));
  }

  /**
   * Asks a question and resolves to its answer. The buffers in `transferred` are moved without a
   * copy. Rejects with the thread's error (a UserError as such, any other with the thread's stack),
   * or if the thread ends or is closed before it answers.
   */
  ask(question: Question, transferred: readonly ArrayBuffer[] = []): Promise<Answer> {
    // Not an async function, which would keep the question in memory until it is answered.
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      this.#worker.postMessage(question, [...transferred]);
      if (this.#open.length === 0) this.#worker.ref();
      this.#open.push({ resolve: (answer) => resolve(answer as Answer), reject });
    });
  }

  /**
   * Ends the thread immediately. Open questions are rejected. Resolves when the thread has ended.
   */
  async close(): Promise<void> {
    this.#stop(new Error(`${this.#name} was closed.`));
    // An unreferenced thread would let the process end before the thread does.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #settle(message: Exclude<ThreadMessage, { readonly kind: 'notice' }>): void {
    // An answer that is on its way while the thread is closed must not let the process end before it.
    if (this.#end !== null) return;
    const question = this.#open.shift();
    if (this.#open.length === 0) this.#worker.unref();
    if (message.kind === 'answer') question?.resolve(message.answer);
    else question?.reject(failureError(message));
  }

  /** Rejects all open and future questions. Returns false if they already were rejected. */
  #stop(error: Error): boolean {
    if (this.#end !== null) return false;
    this.#end = error;
    for (const { reject } of this.#open.splice(0)) reject(error);
    return true;
  }
}

const failureError = (failure: Extract<ThreadMessage, { readonly kind: 'failure' }>): Error => {
  if (failure.isUserError) return new UserError(failure.message);
  const error = new Error(failure.message);
  if (failure.stack !== undefined) error.stack = failure.stack;
  return error;
};

/** Creates the error for an uncaught exception, which ended the thread. */
const threadError = (error: Error, name: string): Error => {
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new UserError(
      `${name} ran out of memory. Give it more, for example with NODE_OPTIONS=--max-old-space-size=8192, and run the command again.`,
    );
  }
  // Node.js clones the error, and with it loses its class.
  return error.name === 'UserError' ? new UserError(error.message) : error;
};

/** An answer and the buffers that are transferred with it. */
export type ThreadAnswer<Answer> = {
  readonly answer: Answer;
  readonly transferred?: readonly ArrayBuffer[];
};

/**
 * Answers the questions of a `Thread`; call it in the thread. `respond` is called as soon as a
 * question arrives, even while earlier ones are open. Answers are sent in the order of the
 * questions.
 */
export const answerQuestions = <Question, Answer>(
  respond: (question: Question) => Promise<ThreadAnswer<Answer>>,
): void => {
  let previous = Promise.resolve();
  parentPort?.on('message', (question: Question) => {
    const response = outcomeOf(respond, question);
    previous = sendAfter(previous, response);
  });
};

/** Sends an unsolicited message to `onNotice`; call it in the thread. */
export const sendNotice = (notice: unknown): void => send({ kind: 'notice', notice });

type Outcome = {
  readonly message: ThreadMessage;
  readonly transferred: readonly ArrayBuffer[];
};

const outcomeOf = async <Question, Answer>(
  respond: (question: Question) => Promise<ThreadAnswer<Answer>>,
  question: Question,
): Promise<Outcome> => {
  try {
    const { answer, transferred = [] } = await respond(question);
    return { message: { kind: 'answer', answer }, transferred };
  } catch (error) {
    const isUserError = error instanceof UserError;
    const message = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? error.stack : undefined;
    return { message: { kind: 'failure', isUserError, message, stack }, transferred: [] };
  }
};

const sendAfter = async (previous: Promise<void>, response: Promise<Outcome>): Promise<void> => {
  await previous;
  const { message, transferred } = await response;
  send(message, transferred);
};

const send = (message: ThreadMessage, transferred: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, [...transferred]);
