import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCompletionReport } from '../../src/execute/batch/completion-report.ts';
import {
  type CopyRoute,
  copyRoute,
  countCopyGroups,
  nativeCopyJobRequest,
} from '../../src/execute/batch/native-copy.ts';
import { formatManifestLine, type PlannedRow } from '../../src/s3/manifest.ts';
import type { StorageClassChoice } from '../../src/s3/storage-class.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row } from '../execute/written-record.ts';
import { collect, type JobStage, noPause, openJobStage, RECORD_BUCKET } from './job-stage.ts';

const GIB = 1024 ** 3;
const source = (fields: Partial<PlannedRow>) =>
  row('k', { versionId: 'v', size: 1, storageClass: 'STANDARD', ...fields });

const routes: [name: string, row: PlannedRow, choice: StorageClassChoice, route: CopyRoute][] = [
  ['plain', source({}), 'STANDARD', { to: 'native', storageClass: 'STANDARD' }],
  [
    'keeps its class',
    source({ storageClass: 'STANDARD_IA' }),
    'as-source',
    { to: 'native', storageClass: 'STANDARD_IA' },
  ],
  [
    'takes another',
    source({ storageClass: 'STANDARD_IA' }),
    'GLACIER_IR',
    { to: 'native', storageClass: 'GLACIER_IR' },
  ],
  ['no class', source({ storageClass: null }), 'as-source', { to: 'native', storageClass: 'STANDARD' }],
  ['5 GiB', source({ size: 5 * GIB }), 'STANDARD', { to: 'native', storageClass: 'STANDARD' }],
  ['more', source({ size: 5 * GIB + 1 }), 'STANDARD', { to: 'lambda', why: 'too-large' }],
  ['size unknown', source({ size: null }), 'STANDARD', { to: 'lambda', why: 'too-large' }],
  ['archived', source({ storageClass: 'DEEP_ARCHIVE' }), 'STANDARD', { to: 'lambda', why: 'archived' }],
  ['no version', source({ versionId: null }), 'STANDARD', { to: 'lambda', why: 'no-version' }],
];

test.each(routes)('%s', (_name, planned, choice, route) => {
  expect(copyRoute(planned, choice)).toEqual(route);
});

test('a small group is left to the function, the only one is not', async () => {
  async function* rows(classes: string[]) {
    for (const storageClass of classes) yield source({ storageClass });
  }
  const many = await countCopyGroups(
    rows(['STANDARD', 'STANDARD', 'STANDARD_IA', 'GLACIER']),
    'as-source',
    2,
  );
  expect(many).toEqual({ native: new Map([['STANDARD', 2]]), lambda: 2 });
  const one = await countCopyGroups(rows(['STANDARD']), 'as-source', 2);
  expect(one).toEqual({ native: new Map([['STANDARD', 1]]), lambda: 0 });
});

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
