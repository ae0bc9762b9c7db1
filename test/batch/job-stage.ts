import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3ControlClient } from '@aws-sdk/client-s3-control';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { openBatchJobCalls } from '../../src/aws/batch-jobs.ts';
import { openS3ControlClient } from '../../src/aws/control-client.ts';
import { openObjectCalls } from '../../src/aws/objects.ts';
import { lambdaJobRequest } from '../../src/execute/batch/job-request.ts';
import { splitListPath } from '../../src/execute/batch/record-place.ts';
import { splitList } from '../../src/execute/batch/split-list.ts';
import { type PlanRecord, writtenBucket } from '../../src/execute/record.ts';
import type { Split } from '../../src/execute/split.ts';
import type { BatchJobCalls, BatchJobRequest, TaskArguments } from '../../src/s3/batch-job.ts';
import type { ObjectCalls } from '../../src/s3/object-calls.ts';
import type { Scenario } from '../../src/s3/rollback.ts';
import { openStage, type Stage } from '../execute/harness.ts';
import { clientOf } from '../sandbox/client.ts';

export const RECORD_BUCKET = 'record';
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:s3-rewind-task:1';
const ROLE_ARN = 'arn:aws:iam::123456789012:role/s3-rewind/rollback/batch';

export const noPause = async () => {};

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A stage with S3 Batch Operations and a bucket for records. */
export type JobStage = Stage & {
  batch: BatchOperations;
  jobs: BatchJobCalls;
  objects: ObjectCalls;
  recordBucket: Bucket;
};

export async function openJobStage(): Promise<JobStage> {
  const stage = await openStage();
  const batch = new BatchOperations(stage.sandbox);
  const recordBucket = stage.sandbox.createBucket(RECORD_BUCKET, { versioning: 'Enabled' });
  const client = clientOf(stage.sandbox);
  const control = controlClientOf(stage);
  return {
    ...stage,
    batch,
    recordBucket,
    jobs: openBatchJobCalls(control, { accountId: '123456789012', partition: 'aws' }),
    objects: openObjectCalls(client),
    async end() {
      await batch.stop();
      client.destroy();
      control.destroy();
      await stage.end();
    },
  };
}

export function controlClientOf({ sandbox }: Pick<Stage, 'sandbox'>): S3ControlClient {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  return openS3ControlClient({ region: 'us-east-1' }, { AWS_ENDPOINT_URL_S3_CONTROL: sandbox.endpoint });
}

/** Puts the manifest of a scenario into the record bucket and makes the arguments of its tasks. */
export async function publish(
  stage: JobStage,
  { folder, plan }: PlanRecord,
  scenario: Scenario,
  attempt = 1,
): Promise<TaskArguments> {
  const manifest = plan.manifests.find((one) => one.scenario === scenario);
  if (manifest === undefined) throw new Error(`no scenario ${scenario}`);
  const key = `${plan.rollbackId}/${manifest.path}`;
  const known = stage.recordBucket.current(key);
  const version = known ?? stage.recordBucket.put(key, { body: await readFile(join(folder, manifest.path)) });
  return {
    record: `s3://${RECORD_BUCKET}/${plan.rollbackId}/`,
    digest: plan.digest,
    scenario,
    operation: manifest.operation,
    bucket: plan.inputs.bucket,
    writtenBucket: writtenBucket(plan),
    storageClass: plan.inputs.storageClass,
    kmsKeyArn: plan.inputs.kmsKeyArn,
    manifest: {
      path: manifest.path,
      versionId: version.versionId,
      bytes: manifest.bytes,
      rows: manifest.rows,
    },
    attempt,
  };
}

/** Writes the list of splits and makes the request for their job. */
export function jobRequest(stage: JobStage, task: TaskArguments, splits?: readonly Split[]): BatchJobRequest {
  const prefix = task.record.slice(`s3://${RECORD_BUCKET}/`.length);
  const key = `${prefix}${splitListPath(task.scenario, task.attempt)}`;
  const body = [...splitList(task.bucket, task.manifest, splits)].join('');
  const { versionId, eTag } = stage.recordBucket.put(key, { body });
  const setting = {
    rollbackId: prefix.replace('/', ''),
    digest: task.digest,
    roleArn: ROLE_ARN,
    priority: 10,
    needsConfirmation: true,
    record: { bucket: RECORD_BUCKET, prefix },
    tags: [],
  };
  return lambdaJobRequest(setting, FUNCTION_ARN, task, { key, versionId, eTag });
}

/** What the stack fixes of a scenario. */
export function fixedManifests({ scenario, operation, manifest }: TaskArguments) {
  return { [scenario]: { operation, bytes: manifest.bytes, rows: manifest.rows } };
}

/** The environment of the function's processes, as the stack sets it. */
export function functionEnvironment({ sandbox }: Stage, task: TaskArguments): Record<string, string> {
  return {
    RECORD: task.record,
    PLAN_DIGEST: task.digest,
    BUCKET: task.bucket,
    WRITTEN_BUCKET: task.writtenBucket,
    MANIFESTS: JSON.stringify(fixedManifests(task)),
    AWS_ENDPOINT_URL_S3: sandbox.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
}
