/** An `Intl.Segmenter` that is made when it is first used: the first one of a process takes 15 ms. */
export class LazySegmenter {
  readonly #settings: ConstructorParameters<typeof Intl.Segmenter>;
  #made: Intl.Segmenter | null = null;

  constructor(...settings: ConstructorParameters<typeof Intl.Segmenter>) {
    this.#settings = settings;
  }

  segment(text: string): Intl.Segments {
    this.#made ??= new Intl.Segmenter(...this.#settings);
    return this.#made.segment(text);
  }
}
