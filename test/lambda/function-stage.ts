import { type FunctionParts, handleBatchEvent } from '../../lambda/handle-batch-event.ts';
import { openLog } from '../../lambda/log.ts';
import { formatTaskArguments } from '../../src/execute/batch/task-arguments.ts';
import { formatTaskKey } from '../../src/execute/batch/task-key.ts';
import { splitsOf } from '../../src/execute/split.ts';
import type { TaskArguments } from '../../src/s3/batch-job.ts';
import { fixedManifests, type JobStage } from '../batch/job-stage.ts';

/** The parts of the function over a stage, and the lines that it logs. */
export function functionParts(
  stage: JobStage,
  task: TaskArguments,
): { parts: FunctionParts; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const { record, digest, bucket, writtenBucket } = task;
  return {
    lines,
    parts: {
      calls: stage.calls,
      objects: stage.objects,
      scope: { record, digest, bucket, writtenBucket, manifests: fixedManifests(task) },
      log: openLog(undefined, (text) => lines.push(JSON.parse(text))),
      refusedConditions: { onDelete: false, onCopy: false },
    },
  };
}

export function contextOf(remaining: () => number = () => 900_000) {
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: remaining };
}

/** An event for every split of a manifest, in one call. */
export function eventOf(task: TaskArguments) {
  return {
    invocationSchemaVersion: '2.0',
    invocationId: 'invocation-1',
    job: { id: 'job-1', userArguments: formatTaskArguments(task) as unknown },
    tasks: [...splitsOf(task.manifest)].map((split) => ({
      taskId: `task-${split.number}`,
      s3Key: formatTaskKey(split) as unknown,
      s3VersionId: null,
      s3Bucket: task.bucket as unknown,
    })),
  };
}

export async function invoke(parts: FunctionParts, event: unknown, remaining?: () => number) {
  const { results } = await handleBatchEvent(parts, event, contextOf(remaining));
  return results;
}
