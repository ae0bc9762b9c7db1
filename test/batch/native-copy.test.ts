import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCompletionReport } from '../../src/execute/batch/completion-report.ts';
import { nativeCopyJobRequest } from '../../src/execute/batch/native-copy.ts';
import { formatManifestLine } from '../../src/s3/manifest.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row } from '../execute/written-record.ts';
import { collect, type JobStage, noPause, openJobStage, RECORD_BUCKET } from './job-stage.ts';

let stage: JobStage;
beforeEach(async () => {
  stage = await openJobStage();
});
afterEach(() => stage.end());

test('a manifest of the plan runs as a native job, with every key as it is', async () => {
  const keys = ['plain', 'a b', 'plus+sign', 'ü,"quoted"', '100%'];
  const rows = keys.map((key) => {
    const { versionId } = stage.bucket.put(key, { body: `old ${key}`, lastModified: BEFORE_P });
    const { versionId: currentVersionId } = stage.bucket.put(key, { body: 'new' });
    return row(key, { versionId, currentVersionId, size: 4, storageClass: 'STANDARD' });
  });
  const { versionId, eTag } = stage.recordBucket.put('rb/manifests/scenario3b.csv', {
    body: rows.map((planned) => `${formatManifestLine(planned)}\n`).join(''),
  });
  const request = nativeCopyJobRequest(
    {
      rollbackId: 'rb',
      digest: 'sha256:0',
      roleArn: 'arn:aws:iam::123456789012:role/batch',
      priority: 1,
      needsConfirmation: false,
      record: { bucket: RECORD_BUCKET, prefix: 'rb/' },
      tags: [],
    },
    '3b',
    1,
    { bucket: stage.bucket.name, storageClass: 'STANDARD_IA', kmsKeyArn: null },
    { key: 'rb/manifests/scenario3b.csv', versionId, eTag },
  );
  const id = await stage.jobs.createJob(request);
  await stage.batch.settle();
  expect(await stage.jobs.describeJob(id)).toMatchObject({
    status: 'Complete',
    tasks: { succeeded: keys.length },
  });
  for (const key of keys) {
    const current = stage.bucket.current(key);
    if (current?.isDeleteMarker !== false) throw new Error(`no object ${key}`);
    expect(current.content.bytes?.toString('utf8')).toBe(`old ${key}`);
    expect(current.attributes.storageClass).toBe('STANDARD_IA');
  }
  const report = { bucket: RECORD_BUCKET, prefix: 'rb/reports', jobId: id };
  const reported = await collect(readCompletionReport(stage.objects, report, noPause));
  expect(reported.every(({ succeeded }) => succeeded)).toBe(true);
  expect(new Set(reported.map(({ versionId: one }) => one))).toEqual(
    new Set(rows.map((one) => one.versionId)),
  );
});
