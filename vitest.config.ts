import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const FILES = 'test/**/*.test.ts';

/** They replace modules, which files that share a process may have loaded already. */
const alone = globSync(FILES, { cwd: import.meta.dirname }).filter((file) =>
  /\bvi\.(mock|doMock|resetModules)\(/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')),
);

export default defineConfig({
  test: {
    // Most tests wait for servers of their own, so every core may have a file.
    maxWorkers: '100%',
    globalSetup: ['test/compile-cache.ts', 'test/temporary-folder.ts'],
    setupFiles: ['test/random-seed.ts', 'test/leave-as-found.ts'],
    // To end what hangs. How long a test takes says more of the machine, and of what else runs on it, than of the code.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 300_000,
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: [FILES],
          // They need a Trino: npm run test:trino
          exclude: ['test/trino/**', ...alone],
          // A process of its own for each file would load the SDK, and warm up, 180 times.
          isolate: false,
        },
      },
    ],
  },
});
