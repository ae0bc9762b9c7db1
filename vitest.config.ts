import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a Trino: npm run test:trino
    exclude: ['test/trino/**'],
    // Most tests wait for servers of their own, so every core may have a file.
    maxWorkers: '100%',
    setupFiles: ['test/random-seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
