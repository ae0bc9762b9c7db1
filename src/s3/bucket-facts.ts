/**
 * What a bucket's configuration says, as far as a rollback depends on it. A configuration that may not be read, or
 * that a store does not know, is a fact too: it must not stop a listing.
 */
export type Fact<Value> = { readable: true; value: Value } | { readable: false; reason: string };

export type LifecycleRule = {
  id: string;
  enabled: boolean;
  /** literal prefix that the rule is limited to; empty: every key. Tag and size filters are not looked at. */
  prefix: string;
  /** NoncurrentVersionExpiration.NoncurrentDays */
  noncurrentDays: number | null;
  /** NoncurrentVersionExpiration.NewerNoncurrentVersions: so many are kept whatever their age */
  newerNoncurrentVersions: number | null;
  /** Expiration.Days or Date: adds delete markers on current versions */
  expiresCurrent: boolean;
  /** Expiration.ExpiredObjectDeleteMarker: removes delete markers that are alone in their stack */
  removesExpiredMarkers: boolean;
};

export type BucketFacts = {
  bucket: string;
  /** `never`: versioning was never set (API_GetBucketVersioning answers without a status) */
  versioning: Fact<'Enabled' | 'Suspended' | 'never'>;
  mfaDelete: Fact<boolean>;
  /** a rule that is suspended now may have expired versions until a moment ago */
  lifecycle: Fact<LifecycleRule[]>;
  /** the enabled rules' destination buckets */
  replication: Fact<{ destinations: string[]; deleteMarkers: boolean }>;
  /** ARNs of topics, queues and functions; `EventBridge` */
  notifications: Fact<string[]>;
  objectLock: Fact<{ enabled: boolean; defaultRetention: string | null }>;
  /** the default of new objects, copies included; `mayHoldSseC`: objects encrypted with customers' keys are not blocked from this bucket */
  encryption: Fact<{ algorithm: string | null; kmsKey: string | null; mayHoldSseC: boolean }>;
  requesterPays: Fact<boolean>;
};
