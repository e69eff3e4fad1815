/**
 * Reuses buffers for parcels that are transferred to a thread and returned. New memory would cost a
 * page fault for each page.
 */
export class BufferPool {
  readonly #bytes: number;
  readonly #maximumSpares: number;
  readonly #spares: ArrayBuffer[] = [];

  /** `bytes` is the usual size of a buffer, `maximumSpares` the number of spare buffers to keep. */
  constructor(bytes: number, maximumSpares: number) {
    this.#bytes = bytes;
    this.#maximumSpares = maximumSpares;
  }

  /**
   * Returns a buffer of the usual size, or of `bytes` if that is larger. Its content is undefined.
   */
  take(bytes: number): ArrayBuffer {
    if (bytes > this.#bytes) return new ArrayBuffer(bytes);
    return this.#spares.pop() ?? new ArrayBuffer(this.#bytes);
  }

  /** Returns a buffer that is no longer used to the pool. */
  give(buffer: ArrayBuffer): void {
    const isUsual = buffer.byteLength === this.#bytes;
    if (isUsual && this.#spares.length < this.#maximumSpares) this.#spares.push(buffer);
  }
}
