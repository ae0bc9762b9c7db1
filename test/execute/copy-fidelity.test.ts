import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectAttributes, ObjectVersion } from '../../sandbox/entries.ts';
import { partsOf } from '../../src/execute/multipart.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

const GIBIBYTE = 1024 ** 3;
const KMS_KEY = 'arn:aws:kms:us-east-1:123456789012:key/abc';
const ATTRIBUTES: Partial<ObjectAttributes> = {
  headers: {
    'content-type': 'text/csv; charset=utf-8',
    'content-encoding': 'gzip',
    'content-language': 'de',
    'content-disposition': 'attachment; filename="x y.csv"',
    'cache-control': 'max-age=60',
    expires: 'Thu, 01 Dec 2044 16:00:00 GMT',
  },
  metadata: { owner: 'ops', 'with-dash': 'a, b' },
  tags: new Map([
    ['project', 'a b+c'],
    ['stage', 'x=y=z'],
  ]),
  storageClass: 'STANDARD_IA',
  websiteRedirect: '/elsewhere.html',
};

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

function setUp(size: number): { source: ObjectVersion; current: ObjectVersion } {
  stage.sandbox.clock.set(BEFORE_P);
  const source = stage.bucket.put('k', { size, attributes: ATTRIBUTES });
  stage.sandbox.clock.set(AFTER_P);
  const current = stage.bucket.put('k', { body: 'overwritten' });
  stage.sandbox.clock.set(RUN_TIME);
  return { source, current };
}

const plannedOf = ({ source, current }: ReturnType<typeof setUp>) =>
  row('k', { versionId: source.versionId, currentVersionId: current.versionId, size: source.content.size });

describe.each([
  ['3b', 1000],
  ['3c', 6 * GIBIBYTE],
] as const)('scenario %s', (scenario, size) => {
  test('keeps everything that a copy keeps', async () => {
    const { source, current } = setUp(size);
    const record = await writeRecord(stage.folder, { [scenario]: [plannedOf({ source, current })] });
    expect((await run(stage, record)).outcomes.done).toBe(1);
    const copy = stage.bucket.current('k') as ObjectVersion;
    expect(copy.versionId).not.toBe(current.versionId);
    expect(copy.content.identity).toBe(source.content.identity);
    for (const name of ['headers', 'metadata', 'tags', 'storageClass', 'websiteRedirect'] as const) {
      expect([name, copy.attributes[name]]).toEqual([name, source.attributes[name]]);
    }
    expect(copy.attributes.checksum?.algorithm ?? 'CRC64NVME').toBe(
      source.attributes.checksum?.algorithm ?? 'CRC64NVME',
    );
    const options = { record, calls: stage.calls, progress: () => {}, pause: async () => {} };
    expect(await verifyRun(options)).toMatchObject({ live: { compared: 1, agrees: true } });

    copy.attributes = { ...copy.attributes, tags: new Map() };
    expect(await verifyRun(options)).toMatchObject({ live: { differences: 1, agrees: false } });
  });

  test('takes the storage class and the key that were asked for', async () => {
    const planned = plannedOf(setUp(size));
    const inputs = { storageClass: 'GLACIER_IR', kmsKeyArn: KMS_KEY };
    const record = await writeRecord(stage.folder, { [scenario]: [planned] }, { inputs });
    await run(stage, record);
    expect((stage.bucket.current('k') as ObjectVersion).attributes).toMatchObject({
      storageClass: 'GLACIER_IR',
      encryption: { algorithm: 'aws:kms', kmsKeyId: KMS_KEY },
    });
  });
});

test('parts cover an object without gap, 10,000 at most', () => {
  for (const bytes of [5 * GIBIBYTE + 1, 6 * GIBIBYTE, 50e12]) {
    const parts = partsOf(bytes);
    expect(parts.length).toBeLessThanOrEqual(10_000);
    let next = 0;
    for (const [index, { partNumber, first, last }] of parts.entries()) {
      expect([partNumber, first]).toEqual([index + 1, next]);
      expect(last - first + 1).toBeLessThanOrEqual(5 * GIBIBYTE);
      next = last + 1;
    }
    expect(next).toBe(bytes);
  }
});

test('a copy by parts goes on with the upload that an interrupted run left', async () => {
  const versions = setUp(20 * GIBIBYTE);
  const record = await writeRecord(stage.folder, { '3c': [plannedOf(versions)] });
  // The endpoint goes away after some parts.
  const off = stage.sandbox.faults.add({ operation: 'UploadPartCopy', after: 10, effect: 'reset' });
  await expect(run(stage, record)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  off();
  expect(stage.bucket.uploads.size).toBe(1);
  expect(stage.bucket.current('k')?.versionId).toBe(versions.current.versionId);
  stage.sandbox.requests.reset();
  expect((await run(stage, record)).outcomes.done).toBe(1);
  expect(stage.sandbox.requests.count('CreateMultipartUpload')).toBe(0);
  expect(stage.sandbox.requests.count('UploadPartCopy')).toBe(30);
  expect(stage.bucket.uploads.size).toBe(0);
});

test('a key that is written while its parts are copied stays as it is, and the upload is given up', async () => {
  const record = await writeRecord(stage.folder, { '3c': [plannedOf(setUp(6 * GIBIBYTE))] });
  const off = stage.sandbox.on('before', (operation) => {
    if (operation !== 'UploadPartCopy') return;
    off();
    stage.sandbox.clock.advance(5);
    stage.bucket.put('k', { body: 'later' });
  });
  expect((await run(stage, record)).outcomes.drifted).toBe(1);
  expect(stage.bucket.stack('k')).toHaveLength(3);
  expect(stage.bucket.uploads.size).toBe(0);
});

test('the answer to the completion of an upload may be lost', async () => {
  const versions = setUp(6 * GIBIBYTE);
  const record = await writeRecord(stage.folder, { '3c': [plannedOf(versions)] });
  stage.sandbox.faults.add({ operation: 'CompleteMultipartUpload', times: 1, effect: 'reset-after' });
  expect((await run(stage, record)).outcomes.done).toBe(1);
  expect(stage.bucket.stack('k')).toHaveLength(3);
});
