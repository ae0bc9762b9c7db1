import type { ServerUnderTest } from './server-under-test.ts';

/** One thing that S3 documents, tried on a server. */
export type ConformanceCase = {
  /** Says what S3 does; deviations are listed by it. */
  readonly name: string;
  readonly run: (server: ServerUnderTest) => Promise<unknown>;
  /** What `run` answers on S3, as documented: plain data. */
  readonly expected: unknown;
};
