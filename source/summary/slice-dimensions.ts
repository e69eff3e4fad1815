/**
 * The properties by which pairs are told apart. `field`: a path at which the answers differ. `language`: the script of
 * the question. `length`: the tokens of the input. `model`: the one that production asked. `month`: that of
 * the capture. `path`: how its requests reached the models.
 */
export const sliceDimensions = [
  'endpoint',
  'field',
  'tag',
  'reviewer',
  'model',
  'language',
  'length',
  'month',
  'conversation',
  'path',
] as const;

export type SliceDimension = (typeof sliceDimensions)[number];
