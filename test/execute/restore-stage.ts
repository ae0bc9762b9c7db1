import type { ObjectAttributes, ObjectVersion } from '../../sandbox/entries.ts';
import { openRestoreCalls } from '../../src/aws/restore-calls.ts';
import { type RestoreState, readRestoreFile } from '../../src/execute/archived/restore-file.ts';
import { type RestoreEnd, runRestore } from '../../src/execute/archived/run-restore.ts';
import { readEndedRun } from '../../src/execute/outcome-rows.ts';
import { readRecord } from '../../src/execute/record.ts';
import type { RestoreTier } from '../../src/s3/restore.ts';
import { clientOf } from '../sandbox/client.ts';
import { AFTER_P, BEFORE_P, RUN_TIME, type Stage } from './harness.ts';

/** Archives that versions lie in, by the name of a test's key. */
export const ARCHIVES: Record<string, Partial<ObjectAttributes>> = {
  flexible: { storageClass: 'GLACIER' },
  deep: { storageClass: 'DEEP_ARCHIVE' },
  tiered: { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' },
  'tiered-deep': { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'DEEP_ARCHIVE_ACCESS' },
};

/** Overwrites archived versions and one that is not. @returns the archived ones, by key */
export function overwriteArchived(
  stage: Stage,
  archives: Record<string, Partial<ObjectAttributes>> = ARCHIVES,
): Map<string, ObjectVersion> {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  const versions = new Map<string, ObjectVersion>();
  for (const [key, attributes] of Object.entries(archives)) {
    versions.set(key, bucket.put(key, { body: `${key} old`, attributes }));
  }
  bucket.put('warm', { body: 'warm old' });
  sandbox.clock.set(AFTER_P);
  for (const key of [...versions.keys(), 'warm']) bucket.put(key, { body: 'new' });
  sandbox.clock.set(RUN_TIME);
  return versions;
}

export type PassOptions = {
  agreed?: { tier: RestoreTier; days: number } | null;
  once?: boolean;
  isStopped?: () => boolean;
  pause?: (milliseconds: number) => Promise<unknown>;
};

/** Runs `restore-archived` against the stage; waiting costs nothing. */
export async function restoreNow(
  stage: Stage,
  folder: string,
  options: PassOptions = {},
): Promise<{ end: RestoreEnd; state: RestoreState | null }> {
  const record = await readRecord(folder);
  const client = clientOf(stage.sandbox);
  try {
    const end = await runRestore({
      record,
      earlier: await readEndedRun(record),
      state: await readRestoreFile(record),
      agreed: options.agreed == null ? null : { ...options.agreed, approval: null },
      calls: stage.calls,
      restore: openRestoreCalls(client),
      progress: () => {},
      pause: options.pause ?? (async () => {}),
      isStopped: options.isStopped ?? (() => false),
      once: options.once ?? true,
    });
    return { end, state: await readRestoreFile(record) };
  } finally {
    client.destroy();
  }
}
