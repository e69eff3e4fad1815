/** The built program, or another build of it that UNDERSTUDY_PROGRAM names. */
export const program =
  process.env['UNDERSTUDY_PROGRAM'] ??
  new URL('../../dist/understudy.js', import.meta.url).pathname;

/** The Node that runs it: this one, or another that UNDERSTUDY_NODE names. */
export const node = process.env['UNDERSTUDY_NODE'] ?? process.execPath;
