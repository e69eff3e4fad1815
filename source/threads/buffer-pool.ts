/**
 * Buffers for parcels that are transferred to a thread and come back: new memory is paid for page by page.
 */
export class BufferPool {
  readonly #bytes: number;
  readonly #maximumSpares: number;
  readonly #spares: ArrayBuffer[] = [];

  /** `bytes`: the usual size of a buffer. `maximumSpares`: how many are kept. */
  constructor(bytes: number, maximumSpares: number) {
    this.#bytes = bytes;
    this.#maximumSpares = maximumSpares;
  }

  /** Returns a buffer of the usual size, or of `bytes` if they are more. Its content is undefined. */
  take(bytes: number): ArrayBuffer {
    if (bytes > this.#bytes) return new ArrayBuffer(bytes);
    return this.#spares.pop() ?? new ArrayBuffer(this.#bytes);
  }

  /** Takes back a buffer that is not used any more. */
  give(buffer: ArrayBuffer): void {
    const isUsual = buffer.byteLength === this.#bytes;
    if (isUsual && this.#spares.length < this.#maximumSpares) this.#spares.push(buffer);
  }
}
