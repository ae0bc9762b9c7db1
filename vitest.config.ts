import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a Trino: npm run test:trino
    exclude: ['test/trino/**'],
    // Most tests wait for servers of their own, so every core may have a file.
    maxWorkers: '100%',
    globalSetup: ['test/compile-cache.ts'],
    setupFiles: ['test/random-seed.ts'],
    // To end what hangs. How long a test takes says more of the machine, and of what else runs on it, than of the code.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
