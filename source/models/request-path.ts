/** How much of what a request asks reaches a model: all of it, or not all. */
export const requestPaths = ['native', 'bridged', 'lossy'] as const;

/**
 * How a request reaches a model. `native`: the model speaks its dialect; `bridged`: it was translated, and means
 * the same; `lossy`: a part of what was asked was lost on the way.
 */
export type RequestPath = (typeof requestPaths)[number];
