import type { TestProject } from 'vitest/node';
import { startTrino } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    trinoUrl: string;
    trinoRoot: string;
  }
}

/** One Trino for all test files: `inject('trinoUrl')`, `inject('trinoRoot')`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const trino = await startTrino();
  project.provide('trinoUrl', trino.url);
  project.provide('trinoRoot', trino.root);
  return () => trino.stop();
}
