/** A rule of S3 Replication that is switched on, as far as a rollback depends on it. */
export type ReplicationRule = {
  /** name of the bucket that receives the replicas */
  destination: string;
  /** account of that bucket, where the rule names it */
  account: string | null;
  /** literal prefix that the rule is limited to; empty: every key */
  prefix: string;
  /** whether the rule is limited by tags, which leaves delete markers out */
  byTags: boolean;
  /** whether delete markers that people add are replicated; their removal never is */
  deleteMarkers: boolean;
};
