import { isDeepStrictEqual } from 'node:util';
import type { ConformanceCase } from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

export type Verdict = {
  readonly name: string;
  /** `fixed`: listed as a deviation, and as S3 does it after all. */
  readonly kind: 'as S3' | 'known deviation' | 'deviates' | 'fixed';
  readonly actual: unknown;
};

/** Tries one case on a server; an exception is an outcome like any other. */
export async function judge(
  server: ServerUnderTest,
  { name, run, expected }: ConformanceCase,
  known: Readonly<Record<string, string>>,
): Promise<Verdict> {
  let actual: unknown;
  try {
    actual = await run(server);
  } catch (error) {
    actual = error instanceof Error ? `${error.name}: ${error.message}` : error;
  }
  const isListed = Object.hasOwn(known, name);
  if (isDeepStrictEqual(actual, expected)) return { name, kind: isListed ? 'fixed' : 'as S3', actual };
  return { name, kind: isListed ? 'known deviation' : 'deviates', actual };
}

/** Whether a verdict is one that the list of deviations foresees. */
export function isForeseen({ kind }: Verdict): boolean {
  return kind === 'as S3' || kind === 'known deviation';
}
