import manifest from '../../package.json' with { type: 'json' };

/** The version of this program, as its package.json says it. */
export const { version } = manifest;
