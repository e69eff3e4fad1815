import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    reporters: ['default', new URL('plain-reporter.ts', import.meta.url).pathname],
    maxWorkers: 2,
    // The programs of the end-to-end tests are many and the cores few: a test that waits for one of
    // six waits for all of them.
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    env: { NODE_ENV: 'production', CI: 'false', TZ: 'UTC' },
  },
});
