import { leaseJournal } from '../src/execute/batch/journal-objects.ts';
import { manifestObject } from '../src/execute/batch/manifest-object.ts';
import { journalPrefix, recordPlaceOf } from '../src/execute/batch/record-place.ts';
import type { S3Calls } from '../src/execute/s3-calls.ts';
import type { Split } from '../src/execute/split.ts';
import { runTask, type TaskAnswer, type TaskOptions } from '../src/execute/task.ts';
import type { RefusedConditions } from '../src/execute/task-context.ts';
import { watchVersioning } from '../src/execute/versioning.ts';
import type { TaskArguments } from '../src/s3/batch-job.ts';
import type { ObjectCalls } from '../src/s3/object-calls.ts';
import { noOutcomes, RETRIED_OUTCOMES } from '../src/s3/outcome.ts';
import { COPY_RESTORED } from '../src/s3/rollback.ts';
import type { StorageClassChoice } from '../src/s3/storage-class.ts';
import { type BatchResponse, type BatchTask, parseBatchEvent, SCHEMA_VERSION } from './batch-event.ts';
import { type Deadline, deadlineOf, type LambdaContext } from './deadline.ts';
import type { Log } from './log.ts';
import { refuse, shownCounts, type TaskVerdict, verdictOf, verdictOfError } from './task-result.ts';
import { checkArguments, checkTask, type FunctionScope } from './task-scope.ts';

export type FunctionParts = {
  calls: S3Calls;
  objects: ObjectCalls;
  scope: FunctionScope;
  log: Log;
  /** remembered from one invocation to the next */
  refusedConditions: RefusedConditions;
};

type Work = FunctionParts & { context: LambdaContext; deadline: Deadline; jobId: string };

/**
 * Answers an invocation of S3 Batch Operations: every task by its own result, so that one that fails says nothing of
 * the others. Tasks are taken one after the other; those that no time is left for are left to another invocation.
 * @throws TypeError where the event is none of S3 Batch Operations
 */
export async function handleBatchEvent(
  parts: FunctionParts,
  event: unknown,
  context: LambdaContext,
): Promise<BatchResponse> {
  const { invocationSchemaVersion, invocationId, job, tasks } = parseBatchEvent(event);
  const work: Work = { ...parts, context, deadline: deadlineOf(context), jobId: job.id };
  const task =
    invocationSchemaVersion === SCHEMA_VERSION
      ? checkArguments(parts.scope, job.userArguments)
      : `the job uses invocation schema ${invocationSchemaVersion}; create it with InvocationSchemaVersion ${SCHEMA_VERSION}`;
  const results: BatchResponse['results'] = [];
  for (const one of tasks) {
    const { code, text } = await answerTask(work, task, one);
    results.push({ taskId: one.taskId, resultCode: code, resultString: text });
  }
  return { invocationSchemaVersion, treatMissingKeysAs: 'TemporaryFailure', invocationId, results };
}

/** Never throws. */
async function answerTask(work: Work, job: TaskArguments | string, one: BatchTask): Promise<TaskVerdict> {
  const startedAt = performance.now();
  const split = typeof job === 'string' ? job : checkTask(job, one);
  if (typeof job === 'string' || typeof split === 'string') {
    const verdict = refuse(String(split));
    logTask(work, verdict, startedAt, {});
    return verdict;
  }
  if (work.deadline.isOutOfTime()) {
    const verdict = verdictOf({ rows: 0, counts: noOutcomes(), isComplete: false });
    logTask(work, verdict, startedAt, {});
    return verdict;
  }
  const about = { scenario: job.scenario, attempt: job.attempt, split: split.number };
  try {
    const answer = await runSplit(work, job, split);
    const verdict = verdictOf(answer);
    logTask(work, verdict, startedAt, { ...about, rows: answer.rows, counts: shownCounts(answer.counts) });
    return verdict;
  } catch (error) {
    const verdict = verdictOfError(error);
    logTask(work, verdict, startedAt, about);
    const stack = error instanceof Error ? error.stack : String(error);
    work.log.debug('task error', { ...about, stack });
    return verdict;
  }
}

async function runSplit(work: Work, job: TaskArguments, split: Split): Promise<TaskAnswer> {
  const { calls, objects, context, deadline } = work;
  const { pause } = deadline;
  const place = recordPlaceOf(job.record);
  const prefix = journalPrefix(place, job.scenario, split.number);
  const journal = await leaseJournal(
    objects,
    { bucket: place.bucket, prefix },
    context.getRemainingTimeInMillis(),
    pause,
  );
  try {
    return await runTask({
      calls,
      manifest: manifestObject(objects, place, job.manifest, split, pause),
      split,
      ...workOf(job),
      target: {
        bucket: job.bucket,
        writtenBucket: job.writtenBucket,
        overwrite: work.scope.manifests[job.scenario]?.overwrite === true,
        storageClass: job.storageClass as StorageClassChoice,
        kmsKeyArn: job.kmsKeyArn,
      },
      journal,
      name: prefix,
      assertVersioned: watchVersioning(calls, job.writtenBucket, pause),
      refusedConditions: work.refusedConditions,
      isOutOfTime: deadline.isOutOfTime,
      pause,
    });
  } finally {
    await journal.release();
  }
}

/**
 * What a task works on. Where rows were left as archived, it is those that were restored since: a row that another has
 * carried out, or that no journal knows, as S3's own job copied it, is not its business.
 */
function workOf({ operation, attempt }: TaskArguments): Pick<TaskOptions, 'operation' | 'retries' | 'takes'> {
  if (operation !== COPY_RESTORED) return { operation, retries: attempt > 1 ? RETRIED_OUTCOMES : [] };
  return {
    operation: 'copy',
    retries: ['archived', ...RETRIED_OUTCOMES],
    takes: (_row, history) => history?.outcome != null,
  };
}

function logTask(work: Work, verdict: TaskVerdict, startedAt: number, fields: object): void {
  const { record, digest } = work.scope;
  work.log.info('task', {
    rollbackId: record.split('/')[3],
    digest,
    jobId: work.jobId,
    requestId: work.context.awsRequestId,
    ...fields,
    result: verdict.code,
    ...(verdict.error !== null && { error: verdict.error }),
    durationMs: Math.round(performance.now() - startedAt),
    leftMs: Math.round(work.context.getRemainingTimeInMillis()),
  });
}
