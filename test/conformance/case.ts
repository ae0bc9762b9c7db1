import type { ServerUnderTest } from './server-under-test.ts';

/**
 * A page of the Amazon S3 API Reference (`API_…`) or of the user guide, under https://docs.aws.amazon.com/AmazonS3/latest/
 * as `API/….html` or `….html`; or, where AWS has none, what the case rests on.
 */
export type DocumentationPage = `API_${string}` | `userguide/${string}` | `undocumented: ${string}`;

/** One thing that S3 documents, tried on a server. */
export type ConformanceCase = {
  /** Says what S3 does; deviations are listed by it. */
  readonly name: string;
  /** Where AWS says so. */
  readonly page: DocumentationPage;
  readonly run: (server: ServerUnderTest) => Promise<unknown>;
  /** What `run` answers on S3, as documented: plain data. */
  readonly expected: unknown;
};
