import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObjectAttributes } from '../../sandbox/entries.ts';
import { readCompletionReport } from '../../src/execute/batch/completion-report.ts';
import { nativeRestoreJobRequest } from '../../src/execute/batch/native-restore.ts';
import { formatManifestLine } from '../../src/s3/manifest.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row } from '../execute/written-record.ts';
import { collect, type JobStage, noPause, openJobStage, RECORD_BUCKET } from './job-stage.ts';

let stage: JobStage;
beforeEach(async () => {
  stage = await openJobStage();
});
afterEach(() => stage.end());

const SETTING = {
  rollbackId: 'rb',
  digest: 'sha256:0',
  roleArn: 'arn:aws:iam::123456789012:role/batch',
  priority: 1,
  needsConfirmation: false,
  record: { bucket: RECORD_BUCKET, prefix: 'rb/' },
  tags: [],
};

const FLEXIBLE = { storageClass: 'GLACIER' } as const;
const TIERED = { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' } as const;

/** Overwrites a version of an archive with a plain one. @returns the row that restores it */
function overwrite(key: string, attributes: Partial<ObjectAttributes>) {
  const { versionId } = stage.bucket.put(key, { body: 'old', lastModified: BEFORE_P, attributes });
  const { versionId: currentVersionId } = stage.bucket.put(key, { body: 'new' });
  return row(key, { versionId, currentVersionId, size: 3, storageClass: attributes.storageClass ?? null });
}

async function restore(
  rows: readonly ReturnType<typeof row>[],
  order: { storageClass: string; tier: 'Bulk' | 'Standard'; days: number | null },
) {
  const key = `rb/jobs/restore-${order.storageClass}-1.csv`;
  const body = rows.map((planned) => `${formatManifestLine(planned)}\n`).join('');
  const { versionId, eTag } = stage.recordBucket.put(key, { body });
  const request = nativeRestoreJobRequest(SETTING, '3a', 1, order, { key, versionId, eTag });
  const id = await stage.jobs.createJob(request);
  await stage.batch.settle();
  const report = { bucket: RECORD_BUCKET, prefix: 'rb/reports', jobId: id };
  const reported = await collect(readCompletionReport(stage.objects, report, noPause));
  return { job: await stage.jobs.describeJob(id), reported };
}

function restoredOf(key: string) {
  const [, version] = stage.bucket.stack(key);
  if (version?.isDeleteMarker !== false) throw new Error(`no version of ${key}`);
  return version.attributes.restored;
}

test.each(['Bulk', 'Standard'] as const)('a job asks for each version of its class, %s', async (tier) => {
  const keys = ['plain', 'a b', 'plus+sign', 'ü,"quoted"', '100%'];
  const rows = keys.map((key) => overwrite(key, FLEXIBLE));
  const { job, reported } = await restore(rows, { storageClass: 'GLACIER', tier, days: 7 });
  expect(job).toMatchObject({
    status: 'Complete',
    tasks: { total: 5, succeeded: 5 },
    restore: { tier: tier.toUpperCase(), days: 7 },
    copy: null,
  });
  expect(reported.every(({ succeeded }) => succeeded)).toBe(true);
  for (const key of keys) expect(restoredOf(key), key).toBeDefined();
});

test('a job for Intelligent-Tiering takes no days; with days every task fails', async () => {
  const rows = [overwrite('tiered', TIERED)];
  const refused = await restore(rows, { storageClass: 'INTELLIGENT_TIERING', tier: 'Bulk', days: 7 });
  expect(refused.reported).toMatchObject([{ succeeded: false }]);
  expect(restoredOf('tiered')).toBeUndefined();
  const taken = await restore(rows, { storageClass: 'INTELLIGENT_TIERING', tier: 'Bulk', days: null });
  expect(taken.job.restore).toEqual({ tier: 'BULK', days: null });
  expect(taken.reported).toMatchObject([{ succeeded: true }]);
  expect(restoredOf('tiered')).toBeDefined();
});

test('a job of GLACIER without days restores nothing; one version asked for twice fails the second time', async () => {
  const rows = [overwrite('flexible', FLEXIBLE)];
  const bare = await restore(rows, { storageClass: 'GLACIER', tier: 'Bulk', days: null });
  expect(bare.reported).toMatchObject([{ succeeded: false }]);
  expect(restoredOf('flexible')).toBeUndefined();
  await restore(rows, { storageClass: 'GLACIER', tier: 'Bulk', days: 7 });
  const again = await restore(rows, { storageClass: 'GLACIER', tier: 'Standard', days: 7 });
  expect(again.reported).toMatchObject([{ succeeded: false, codes: expect.arrayContaining(['409']) }]);
});

test('a role without an approval restores nothing', async () => {
  stage.batch.mayInvoke = () => false;
  const { reported } = await restore([overwrite('flexible', FLEXIBLE)], {
    ...{ storageClass: 'GLACIER', tier: 'Bulk', days: 7 },
  });
  expect(reported).toMatchObject([{ succeeded: false, codes: expect.arrayContaining(['AccessDenied']) }]);
  expect(restoredOf('flexible')).toBeUndefined();
});
