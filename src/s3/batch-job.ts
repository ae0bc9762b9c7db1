import type { RestoreTier } from './restore.ts';
import type { RetentionMode } from './retention.ts';
import type { Scenario, TaskOperation } from './rollback.ts';

/**
 * Jobs of S3 Batch Operations, in the terms of its API (Amazon S3 Control, API_control_CreateJob and
 * API_control_DescribeJob). "Job" alone always means one of these; tasks are its units of work.
 */

export const BATCH_JOB_STATUSES = [
  'New',
  'Preparing',
  'Suspended',
  'Ready',
  'Active',
  'Pausing',
  'Paused',
  'Completing',
  'Complete',
  'Cancelling',
  'Cancelled',
  'Failing',
  'Failed',
] as const;
export type BatchJobStatus = (typeof BATCH_JOB_STATUSES)[number];

/** A job in one of these has come to its end; it is kept for 90 days. */
export const ENDED_STATUSES: readonly BatchJobStatus[] = ['Complete', 'Cancelled', 'Failed'];

/** What a column of a job's manifest holds. */
export type ManifestField = 'Bucket' | 'Key' | 'VersionId' | 'Ignore';

export type BatchTag = { key: string; value: string };

export type BatchOperation =
  | { kind: 'lambda'; functionArn: string; userArguments: Record<string, string> }
  | {
      kind: 'copy';
      bucket: string;
      /** null: S3's default, STANDARD */
      storageClass: string | null;
      kmsKeyArn: string | null;
    }
  /** never with a bypass of GOVERNANCE, so that S3 refuses whatever would weaken a lock */
  | { kind: 'retention'; mode: RetentionMode; retainUntil: Date }
  /** @param days null for Intelligent-Tiering, which takes none */
  | { kind: 'restore'; tier: BatchRestoreTier; days: number | null };

/** S3 Batch Operations takes no Expedited ("Restore objects with Batch Operations"). */
export const BATCH_RESTORE_TIERS = ['Bulk', 'Standard'] as const satisfies readonly RestoreTier[];
export type BatchRestoreTier = (typeof BATCH_RESTORE_TIERS)[number];

/** A job to create. Its manifest and reports are in buckets of one account. */
export type BatchJobRequest = {
  /** at most 64 characters; the same token makes no second job */
  token: string;
  /** at most 256 characters */
  description: string;
  priority: number;
  roleArn: string;
  tags: readonly BatchTag[];
  /** whether the job waits in Suspended until it is confirmed */
  needsConfirmation: boolean;
  manifest: {
    bucket: string;
    key: string;
    versionId: string | null;
    eTag: string;
    fields: readonly ManifestField[];
  };
  report: { bucket: string; prefix: string };
  operation: BatchOperation;
};

/** A job as it is described. Counts are null until its manifest has been read. */
export type BatchJob = {
  id: string;
  status: BatchJobStatus;
  description: string;
  priority: number;
  needsConfirmation: boolean;
  statusReason: string;
  suspendedCause: string;
  failureReasons: readonly { code: string; reason: string }[];
  tasks: { total: number; succeeded: number; failed: number } | null;
  manifest: { arn: string; eTag: string; versionId: string | null; fields: readonly string[] } | null;
  roleArn: string;
  /** null: the job restores nothing; the tier as the API has it, BULK or STANDARD */
  restore: { tier: string; days: number | null } | null;
  /** null: the job sets no retention */
  retention: { mode: string; retainUntil: Date | null; bypassesGovernance: boolean } | null;
  /** null: the job invokes no function */
  lambda: { functionArn: string; userArguments: Readonly<Record<string, string>> } | null;
  /** null: the job does not copy; `others`: settings beside these, by their names in the API */
  copy: {
    bucket: string;
    storageClass: string | null;
    kmsKeyArn: string | null;
    others: readonly string[];
  } | null;
  createdAt: Date | null;
  endedAt: Date | null;
};

/** A line of ListJobs. */
export type ListedBatchJob = Pick<BatchJob, 'id' | 'status' | 'description' | 'priority' | 'tasks'>;

/** The calls to S3 Batch Operations; each sends one request and throws an S3CallError. */
export type BatchJobCalls = {
  /** @returns the job's ID; of the job made before where the token was used before */
  createJob(request: BatchJobRequest): Promise<string>;
  describeJob(id: string): Promise<BatchJob>;
  listJobs(statuses: readonly BatchJobStatus[]): AsyncIterable<ListedBatchJob>;
  confirmJob(id: string, reason: string): Promise<void>;
  cancelJob(id: string, reason: string): Promise<void>;
  setPriority(id: string, priority: number): Promise<void>;
  readTags(id: string): Promise<BatchTag[]>;
  /** Replaces the tags. */
  tagJob(id: string, tags: readonly BatchTag[]): Promise<void>;
};

/** What a Lambda function can answer for a task ("Invoke AWS Lambda function", response and result codes). */
export type TaskResultCode = 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure';

/** What the tasks of one job share; it travels in the job's user arguments. */
export type TaskArguments = {
  /** `s3://bucket/rollback-id/` */
  record: string;
  /** of the plan */
  digest: string;
  scenario: Scenario;
  operation: TaskOperation;
  bucket: string;
  writtenBucket: string;
  storageClass: string;
  kmsKeyArn: string | null;
  manifest: PinnedManifest;
  /** 1 for the first job of a scenario; later ones try failed rows again */
  attempt: number;
};

/** A manifest of the record, pinned to one version, with what its splits are computed from. */
export type PinnedManifest = { path: string; versionId: string; bytes: number; rows: number };
