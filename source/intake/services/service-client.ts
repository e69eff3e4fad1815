import { setTimeout as delay } from 'node:timers/promises';
import { withoutKey } from '../../models/echoed-key.ts';
import { errorText, parseErrorBody, shortened } from '../../models/call/error-message.ts';
import { connectionFailure } from '../../models/call/failures.ts';
import { HttpTransport } from '../../models/call/http-transport.ts';
import { requestedWaitMs } from '../../models/call/requested-wait.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../text/json.ts';
import { Interrupted } from '../../text/interrupted.ts';
import { duration } from '../../text/numbers.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import type { ServiceAccess } from './service-access.ts';

export type ServiceClientOptions = {
  /** Ends a call or a wait with Interrupted. */
  readonly signal: AbortSignal | undefined;
  /** Receives a sentence before each wait of more than a second. */
  readonly onWait: (sentence: string) => void;
  /** How long an answer may take, to its last byte. Default: 2 minutes. */
  readonly deadlineMs?: number;
  /** The wait after the first failure, if the server asks for none; doubled each time. Default: 1 second. */
  readonly backOffMs?: number;
  /** The limit for the bytes of an answer, after decompression. Default: 256 MB. */
  readonly maximumBytes?: number;
};

/** What to do about a call: take its answer, call again after a time, or take note that there is no such call. */
type Step =
  | { readonly kind: 'taken'; readonly answer: JsonValue }
  | { readonly kind: 'absent' }
  | { readonly kind: 'again'; readonly problem: string; readonly waitMs: number | null };

/** The most tries of one call, and the longest wait that a server may ask for. */
const mostTries = 5;
const longestWaitMs = 15 * 60_000;

/** A page of calls is far smaller, also where they hold images. */
const maximumPageBytes = 256_000_000;

/** A wait of less is not worth a word. */
const silentMs = 1000;

/** Statuses of an API that a server does not have, or has no more. */
const absentStatuses: ReadonlySet<number> = new Set([404, 405, 410, 501]);

/**
 * Reads JSON from the API of a service, at one host only: redirects are not followed. Waits as long as a rate
 * limit asks for, and repeats a call that failed for a reason that may pass, up to five tries.
 */
export class ServiceClient {
  readonly #title: string;
  readonly #access: ServiceAccess;
  readonly #options: ServiceClientOptions;

  constructor(title: string, access: ServiceAccess, options: ServiceClientOptions) {
    this.#title = title;
    this.#access = access;
    this.#options = options;
  }

  /**
   * Returns the answer to a GET of this path, or to a POST of `body`. Throws UserError for a key that is
   * refused, a host without this API, and failures that do not pass; Interrupted if the signal is aborted.
   */
  async read(path: string, body: JsonObject | null = null): Promise<JsonValue> {
    const found = await this.readIfPresent(path, body);
    if (found !== null) return found;
    const { baseUrl, urlVariable } = this.#access;
    const { host, pathname } = new URL(baseUrl + path);
    throw new UserError(
      `${host} has no API of ${this.#title} at ${pathname}. Check ${urlVariable}, which is ${baseUrl}.`,
    );
  }

  /** Does the work of `read`, but returns null if the server does not have this part of the API. */
  async readIfPresent(path: string, body: JsonObject | null = null): Promise<JsonValue | null> {
    const { backOffMs = 1000, onWait, signal } = this.#options;
    const host = new URL(this.#access.baseUrl).host;
    for (let tries = 1; ; tries++) {
      const step = await this.#try(path, body);
      if (step.kind === 'absent') return null;
      if (step.kind === 'taken') return step.answer;
      const waitMs = step.waitMs ?? backOffMs * 2 ** (tries - 1);
      if (waitMs > longestWaitMs) {
        throw new UserError(
          `${host} asks for a wait of ${duration(waitMs)}: ${step.problem} Run the same command again then.`,
        );
      }
      if (tries === mostTries) throw new UserError(`${step.problem} It was tried ${tries} times.`);
      if (waitMs >= silentMs) onWait(`${step.problem} The import waits ${duration(waitMs)}.`);
      await delay(waitMs, null, { signal }).catch((error: unknown) => {
        if (signal?.aborted !== true) throw error;
      });
      if (signal?.aborted === true) throw new Interrupted('Stopped.');
    }
  }

  async #try(path: string, body: JsonObject | null): Promise<Step> {
    const { deadlineMs = 120_000, signal } = this.#options;
    const { baseUrl, headers } = this.#access;
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const transport = new HttpTransport(either);
    const again = (problem: string): Step => ({ kind: 'again', problem, waitMs: null });
    try {
      const response = await transport.send({
        url: baseUrl + path,
        method: body === null ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === null ? null : JSON.stringify(body),
        signal: either,
      });
      const text = await this.#text(response);
      if (!response.ok) return this.#refused(response, text);
      const answer = parseJson(text);
      return answer === undefined
        ? again(`${new URL(baseUrl).host} answered with something that is not JSON.`)
        : { kind: 'taken', answer };
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (signal?.aborted === true) throw new Interrupted('Stopped.');
      return again(
        deadline.aborted
          ? `${new URL(baseUrl).host} did not answer within ${duration(deadlineMs)}.`
          : connectionFailure(error, baseUrl).message,
      );
    }
  }

  /** Reads a body. Throws UserError where it is longer than any page. */
  async #text({ body }: Response): Promise<string> {
    const { maximumBytes = maximumPageBytes } = this.#options;
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    for await (const piece of body ?? []) {
      bytes += piece.length;
      if (bytes > maximumBytes) {
        const { host } = new URL(this.#access.baseUrl);
        throw new UserError(
          `${host} answered with more than ${Math.floor(maximumBytes / 1e6)} MB, which is more than a page of ${this.#title} can have. Check ${this.#access.urlVariable}.`,
        );
      }
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }

  /** Reads an answer whose status is not 2xx. Throws UserError if calling again would not help. */
  #refused({ headers, status }: Response, text: string): Step {
    const { baseUrl, keyVariables, secrets, urlVariable } = this.#access;
    const { host } = new URL(baseUrl);
    if (absentStatuses.has(status)) return { kind: 'absent' };
    if (status === 401 || status === 403) {
      const keys = keyVariables.join(' and ');
      throw new UserError(
        `${host} refused the key (${status}). Check ${keys}, and that ${urlVariable} is the host that ${keyVariables.length === 1 ? 'it belongs' : 'they belong'} to.`,
      );
    }
    if (status >= 300 && status < 400) {
      throw new UserError(
        `${host} redirects to another address (${status}), and the key is sent to no other. Set ${urlVariable} to the address that answers itself.`,
      );
    }
    const body = secrets.reduce(withoutKey<JsonValue>, parseErrorBody(text));
    const said = printableLine(shortened(errorText(body) ?? '')).slice(0, 300);
    const problem = `${host} answered ${status}${said === '' ? '' : `: ${said.replace(/[.\s]+$/, '')}`}.`;
    if (status !== 408 && status !== 429 && status < 500) throw new UserError(problem);
    const waitMs = requestedWaitMs({ status, headers, body });
    return {
      kind: 'again',
      problem: status === 429 ? `${host} limits the rate of calls (429).` : problem,
      waitMs,
    };
  }
}
