import { readdir } from 'node:fs/promises';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { foldJournal } from '../execute/journal.ts';
import { journalFile } from '../execute/journal-file.ts';
import { journalBase } from '../execute/outcome-file.ts';
import { openManifest, type PlanRecord, writtenBucket } from '../execute/record.ts';
import type { S3Calls, UploadAddress } from '../execute/s3-calls.ts';
import { readSplit, splitsOf } from '../execute/split.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import { S3CallError } from '../s3/call-error.ts';

export type FolderSite = { calls: Pick<S3Calls, 'listParts' | 'abortUpload'>; pause: Sleep };

/** What was given up, or would be, and what is left. */
export type CleanedFolder = {
  rollbackId: string;
  /** unfinished multipart uploads of this rollback */
  uploads: { bucket: string; key: string; uploadId: string }[];
  /** files in the folder, which all stay */
  files: number;
};

/**
 * Aborts the multipart uploads that a run from a folder began and did not finish; S3 bills their parts until then. Only
 * uploads that the journals of this rollback name are touched. The folder stays as it is, so that the run can be
 * verified and undone, and gone on with: a copy whose upload is gone begins anew. The caller holds the record's lock.
 * @param isTrial only tells what would be aborted
 * @throws RunbookError RECORD_CHANGED, OUTCOMES_DAMAGED; S3CallError
 */
export async function cleanUpFolder(
  site: FolderSite,
  record: PlanRecord,
  isTrial: boolean,
): Promise<CleanedFolder> {
  const uploads: UploadAddress[] = [];
  for (const manifest of record.plan.manifests) {
    for await (const upload of unfinishedUploads(record, manifest)) {
      if (!(await isOpen(site, upload))) continue;
      uploads.push(upload);
      if (!isTrial) await abort(site, upload);
    }
  }
  const entries = await readdir(record.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).length;
  return { rollbackId: record.plan.rollbackId, uploads, files };
}

/** The uploads that the journals of a scenario name, but for those that became an object. */
async function* unfinishedUploads(record: PlanRecord, manifest: PlanManifest): AsyncGenerator<UploadAddress> {
  const bytes = await openManifest(record, manifest);
  try {
    for (const split of splitsOf(manifest)) {
      const name = journalBase(record, manifest.scenario, split);
      const histories = foldJournal(name, await journalFile(name).read());
      const isBegun = [...histories.values()].some(({ upload }) => upload !== null);
      if (!isBegun) continue;
      for (const row of await readSplit(bytes, split)) {
        const { upload = null, outcome = null } = histories.get(row.index) ?? {};
        if (upload === null || outcome?.outcome === 'done') continue;
        yield { bucket: writtenBucket(record.plan), key: row.key, uploadId: upload.id };
      }
    }
  } finally {
    await bytes.close();
  }
}

/** An upload that is gone, by whoever's hand, is no leftover. */
async function isOpen({ calls, pause }: FolderSite, upload: UploadAddress): Promise<boolean> {
  return (await unlessMissing(() => readPatiently(() => calls.listParts(upload), pause))) !== null;
}

async function abort({ calls, pause }: FolderSite, upload: UploadAddress): Promise<void> {
  await unlessMissing(() => readPatiently(() => calls.abortUpload(upload), pause));
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}
