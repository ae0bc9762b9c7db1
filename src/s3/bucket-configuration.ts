/**
 * The two configurations of a bucket that a freeze changes, as they are stored. A lifecycle rule is kept as a whole,
 * whatever it holds, since it has to go back as it was.
 */
export type LifecycleRuleDocument = { ID?: string; Status?: string } & Record<string, unknown>;

export type LifecycleDocument = {
  rules: LifecycleRuleDocument[];
  /** TransitionDefaultMinimumObjectSize: a header beside the document, which a write without it would reset */
  leastTransitionSize: string | null;
};

/** Calls to the configurations of a bucket. Each throws a RunbookError; none of the writes is sent again by itself. */
export type BucketConfigurationCalls = {
  /** @returns the text as S3 keeps it; null: the bucket has no policy */
  readPolicy(bucket: string): Promise<string | null>;
  /** @param policy null removes it */
  writePolicy(bucket: string, policy: string | null): Promise<void>;
  /** @returns null: the bucket has no lifecycle configuration */
  readLifecycle(bucket: string): Promise<LifecycleDocument | null>;
  writeLifecycle(bucket: string, lifecycle: LifecycleDocument): Promise<void>;
};
