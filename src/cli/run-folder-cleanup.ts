import { type CleanedFolder, cleanUpFolder } from '../cleanup/local-record.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { copySourceOf, type PlanRecord, readRecord, writtenBucket } from '../execute/record.ts';
import { lockRecord } from '../execute/record-lock.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { EndedFreeze } from '../freeze/end-freeze.ts';
import { isRetentionRecord } from '../retention/retention-record.ts';
import type { CleanupOptions } from './cleanup.ts';
import { cleanedFolderSummary } from './cleanup-summary.ts';
import { openPlanCalls } from './open-calls.ts';
import { openEndFreeze } from './run-freeze.ts';
import { writeJson, writeOut } from './terminal.ts';

/** The `cleanup` command over a record in a folder: a run of this machine has nothing on AWS but unfinished uploads. */
export async function runFolderCleanup(folder: string, options: CleanupOptions): Promise<void> {
  if (await isRetentionRecord(folder)) {
    throw new RunbookError('INVALID_OPTION', `${folder} is the record of extend-retention.`, {
      hint: 'nothing is to be cleaned up: it begins no uploads and makes nothing on AWS',
    });
  }
  const { dryRun, cleaned, freeze } = await cleanFolder(await readRecord(folder), options);
  if (options.json) writeJson({ command: 'cleanup', dryRun, record: folder, ...cleaned, freeze });
  else writeOut(cleanedFolderSummary(folder, cleaned, freeze, dryRun));
}

/** Cleans up after one record in a folder, which is locked meanwhile. */
export async function cleanFolder(
  record: PlanRecord,
  options: CleanupOptions,
): Promise<{ dryRun: boolean; cleaned: CleanedFolder; freeze: EndedFreeze }> {
  const { folder } = record;
  const unlock = await lockRecord(folder);
  try {
    const site = { calls: openPlanCalls(options, copySourceOf(record.plan)), pause: sleep };
    const dryRun = options.dryRun === true;
    const cleaned = await cleanUpFolder(site, record, dryRun);
    return { dryRun, cleaned, freeze: await openEndFreeze(options)(folder, dryRun) };
  } catch (error) {
    throw refusalOf(error, writtenBucket(record.plan));
  } finally {
    await unlock();
  }
}
