/** One call that the endpoint got, for tests to prove that nothing was asked for twice. */
export type DemoCall = {
  /** The how-manieth call; 1 is the first. */
  readonly number: number;
  /** As the body names it; null when the body could not be read. */
  readonly model: string | null;
  /** SHA-256 of the body's bytes in hex; two calls with the same hash asked for the same thing. */
  readonly bodyHash: string;
  /** The how-manieth call with this body; 1 is the first. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Null while the call is in flight. */
  readonly endedAt: number | null;
  /** The HTTP status that was sent; null when none was. */
  readonly status: number | null;
  /**
   * `answered`: the whole answer was sent. `refused`: an error status, the request's own fault.
   * `faulted`: it ended as the fault said. `aborted`: the client hung up first.
   */
  readonly end: 'open' | 'answered' | 'refused' | 'faulted' | 'aborted';
};

export type CallBook = {
  /** Notes a call whose body has come. */
  readonly open: (model: string | null, bodyHash: string) => DemoCall;
  /** Notes how it ended; only the first note counts. */
  readonly close: (number: number, end: DemoCall['end'], status: number | null) => void;
  readonly calls: () => readonly DemoCall[];
};

/** The list of calls. `now` gives milliseconds since the Unix epoch. */
export const createCallBook = (now: () => number): CallBook => {
  const calls: DemoCall[] = [];
  const attempts = new Map<string, number>();
  return {
    open: (model, bodyHash) => {
      const attempt = (attempts.get(bodyHash) ?? 0) + 1;
      attempts.set(bodyHash, attempt);
      const call: DemoCall = {
        number: calls.length + 1,
        model,
        bodyHash,
        attempt,
        startedAt: now(),
        endedAt: null,
        status: null,
        end: 'open',
      };
      calls.push(call);
      return call;
    },
    close: (number, end, status) => {
      const call = calls[number - 1];
      if (call?.end === 'open') calls[number - 1] = { ...call, end, status, endedAt: now() };
    },
    calls: () => [...calls],
  };
};
