import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a Trino: npm run test:trino
    exclude: ['test/trino/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
