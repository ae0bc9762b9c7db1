import { createHash } from 'node:crypto';
import type { BatchJobRequest, BatchTag, TaskArguments } from '../../s3/batch-job.ts';
import { COPY_RESTORED, SCENARIO_ACTIONS, type Scenario } from '../../s3/rollback.ts';
import { SPLIT_LIST_FIELDS } from './split-list.ts';
import { formatTaskArguments } from './task-arguments.ts';

/** API_control_CreateJob and API_control_S3Tag. */
const MAX_DESCRIPTION_CHARACTERS = 256;
const MAX_TAG_VALUE_CHARACTERS = 256;
/** Characters that a tag's value may have ("Tag naming limits"); others become an underscore. */
const NOT_IN_TAGS = /[^\p{L}\p{N}\p{Zs}_.:/=+\-@]/gu;

/** What the jobs of one rollback share. */
export type JobSetting = {
  rollbackId: string;
  digest: string;
  roleArn: string;
  priority: number;
  needsConfirmation: boolean;
  /** bucket of the record, and its prefix with a slash at the end */
  record: { bucket: string; prefix: string };
  /** beside those that name the plan: repository, run, who approved */
  tags: readonly BatchTag[];
};

/** The manifest of a job as it was written to the record. */
export type WrittenManifest = { key: string; versionId: string | null; eTag: string };

/**
 * The token that makes creating a job safe to repeat: the same for the same job of the same plan, on any machine.
 * @param part tells the jobs of one scenario and attempt apart, such as the storage class of a native copy
 * @returns 64 hexadecimal characters, the longest that S3 takes
 */
export function jobToken(digest: string, scenario: Scenario, attempt: number, part: string): string {
  return createHash('sha256')
    .update(JSON.stringify([digest, scenario, attempt, part]))
    .digest('hex');
}

/** A job that invokes the task function for splits of a manifest. */
export function lambdaJobRequest(
  setting: JobSetting,
  functionArn: string,
  task: TaskArguments,
  manifest: WrittenManifest,
): BatchJobRequest {
  return {
    ...commonRequest(setting, task.scenario, task.attempt, partOf(task, manifest)),
    manifest: { bucket: setting.record.bucket, ...manifest, fields: SPLIT_LIST_FIELDS },
    operation: { kind: 'lambda', functionArn, userArguments: formatTaskArguments(task) },
  };
}

/** A job over other splits of what was restored is another job, whatever number its attempt has. */
function partOf({ operation }: TaskArguments, { key, versionId }: WrittenManifest): string {
  return operation === COPY_RESTORED ? `${operation} ${key} ${versionId}` : 'lambda';
}

/** What all jobs of a rollback have in common. */
export function commonRequest(
  setting: JobSetting,
  scenario: Scenario,
  attempt: number,
  part: string,
): Omit<BatchJobRequest, 'manifest' | 'operation'> {
  const again = attempt === 1 ? '' : `, attempt ${attempt}`;
  const text = `s3-rewind ${setting.rollbackId}: scenario ${scenario}, ${SCENARIO_ACTIONS[scenario]}${again}`;
  return {
    token: jobToken(setting.digest, scenario, attempt, part),
    description: text.slice(0, MAX_DESCRIPTION_CHARACTERS),
    priority: setting.priority,
    roleArn: setting.roleArn,
    needsConfirmation: setting.needsConfirmation,
    tags: legalTags([
      { key: 's3-rewind:rollback-id', value: setting.rollbackId },
      { key: 's3-rewind:digest', value: setting.digest },
      { key: 's3-rewind:scenario', value: scenario },
      { key: 's3-rewind:attempt', value: String(attempt) },
      ...setting.tags,
    ]),
    report: { bucket: setting.record.bucket, prefix: `${setting.record.prefix}reports` },
  };
}

/** Tags as S3 takes them. */
export function legalTags(tags: readonly BatchTag[]): BatchTag[] {
  return tags.map(({ key, value }) => ({
    key,
    value: value.replace(NOT_IN_TAGS, '_').slice(0, MAX_TAG_VALUE_CHARACTERS),
  }));
}
