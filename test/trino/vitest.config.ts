import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests on a real Trino, apart from the others because of its 821 MB and the Java it needs. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/trino/**/*.test.ts'],
    setupFiles: ['test/random-seed.ts'],
    globalSetup: ['test/trino/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
