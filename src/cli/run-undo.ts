import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { type PlanRecord, readRecord } from '../execute/record.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import { builtInPrices } from '../plan/prices.ts';
import { bundleTaskCode } from '../render/task-code.ts';
import { writeReview } from '../review/review-files.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { buildUndo } from '../undo/build-undo.ts';
import { openRecord } from './open-record.ts';
import { isSet } from './open-set.ts';
import { planSummary } from './plan-summary.ts';
import { publishRecord } from './publish-record.ts';
import { writeJson, writeOut } from './terminal.ts';
import type { UndoOptions } from './undo.ts';

/** The `undo` command: from the record of a run to the plan that takes it back, in a folder, on S3, or both. */
export async function runUndo(options: UndoOptions): Promise<void> {
  if (await isSet(options.record)) {
    const { runUndoSet } = await import('./run-undo-set.ts');
    return await runUndoSet(options);
  }
  await withUndoFolder(options, async (folder) => {
    const { record, end } = await openRecord(options.record, options);
    try {
      const plan = await writeUndo(folder, record);
      const { recordBucket, publish = true } = options;
      const url =
        recordBucket === undefined || !publish
          ? null
          : formatRecordUrl(await publishRecord(options, await readRecord(folder), recordBucket));
      tell(plan, url ?? (relative(process.cwd(), folder) || '.'), options);
    } finally {
      await end();
    }
  });
}

/**
 * Works with the folder that the undo is to be in. Where only the bucket is asked for, it is a step on the way.
 * @throws RunbookError INVALID_OPTION, INVALID_BUCKET
 */
export async function withUndoFolder(
  { out, recordBucket, publish = true }: UndoOptions,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  if (recordBucket !== undefined) parseBucketName(recordBucket);
  if (out !== undefined) return await work(out);
  if (recordBucket === undefined || !publish) {
    throw new RunbookError('INVALID_OPTION', 'undo needs --out, --record-bucket, or both.', {
      hint: 'name the folder to make with --out FOLDER, or the bucket of records with --record-bucket NAME',
    });
  }
  const scratch = await mkdtemp(join(tmpdir(), 's3-rewind-undo-'));
  try {
    await work(join(scratch, 'plan'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeUndo(out: string, record: PlanRecord): Promise<RollbackPlan> {
  const folder = await stageFolder(out, null);
  try {
    const plan = await buildUndoFolder(folder.path, record);
    await folder.commit();
    return plan;
  } finally {
    await folder.discard();
  }
}

/** Fills an empty folder with the plan that takes a run back. */
export async function buildUndoFolder(folder: string, record: PlanRecord): Promise<RollbackPlan> {
  const plan = await buildUndo(folder, record, {
    prices: builtInPrices(),
    taskCode: await bundleTaskCode(),
    now: new Date(),
  });
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  await writeReview(folder, plan);
  return plan;
}

function tell(plan: RollbackPlan, place: string, options: UndoOptions): void {
  const { rollbackId, digest: planDigest, inputs, classes, manifests, checks } = plan;
  if (options.json) {
    const result = { command: 'undo', record: place, of: options.record, rollbackId, planDigest };
    writeJson({ ...result, inputs, classes, manifests, checks });
  } else {
    writeOut(planSummary(plan, place));
  }
}
