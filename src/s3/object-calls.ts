/**
 * The calls that read and write the files of a record on S3. Each sends one request and throws an S3CallError; none
 * retries.
 */
export type ObjectCalls = {
  /**
   * @param range bytes from `start` up to, not including, `end`
   * @throws S3CallError `not-found` where there is none
   */
  readObject(request: {
    bucket: string;
    key: string;
    versionId?: string;
    range?: { start: number; end: number };
  }): Promise<ReadObject>;
  /** The object as it comes, for files that do not fit into memory. */
  streamObject(request: {
    bucket: string;
    key: string;
    versionId?: string;
  }): Promise<AsyncIterable<Uint8Array>>;
  /** The keys under a prefix, in UTF-8 order. */
  listKeys(bucket: string, prefix: string): AsyncIterable<string>;
  /** The prefixes up to the next slash, each with the slash, that begin with a text. */
  listFolders(bucket: string, prefix: string): Promise<string[]>;
  /** @throws S3CallError `precondition` where the condition does not hold */
  writeObject(request: {
    bucket: string;
    key: string;
    body: string;
    condition: { ifNoneMatch: '*' } | { ifMatch: string } | null;
  }): Promise<{ eTag: string; versionId: string | null }>;
  /** The store's clock, from the last answer. */
  serverTime(): Date;
};

export type ReadObject = {
  bytes: Buffer;
  /** of the whole object, also where a range was read */
  objectBytes: number;
  /** without quotes */
  eTag: string;
  /** null where the bucket keeps no versions */
  versionId: string | null;
};
