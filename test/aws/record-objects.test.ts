import { createHash } from 'node:crypto';
import { GetObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openRecordObjects } from '../../src/aws/record-objects.ts';
import { planAssembly } from '../../src/plan/list-parts.ts';
import { clientOf } from '../sandbox/client.ts';

/** A large list is put together by S3 from the files of its parts. */

const MIB = 1024 * 1024;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.createBucket('record', { versioning: 'Enabled' });
});
afterAll(() => sandbox.stop());

/** Writes files of the given sizes. @returns them, with the text of all */
async function writeFiles(folder: string, sizes: readonly number[]) {
  const objects = openRecordObjects(clientOf(sandbox));
  const texts = sizes.map((bytes, index) => Buffer.alloc(bytes, `${folder} ${index} `));
  const files = sizes.map((bytes, index) => ({
    url: `s3://record/work/${folder}/part=${index}/a b+c`,
    bytes,
  }));
  for (const [index, file] of files.entries()) {
    await objects.write(file.url, texts[index] ?? Buffer.alloc(0), { once: true });
  }
  return { objects, files, text: Buffer.concat(texts) };
}

test('parts are copied, small ones together with the next, and the checksum is that of the parts', async () => {
  const { objects, files, text } = await writeFiles('a', [6 * MIB, 1000, 2000, 5 * MIB, 5 * MIB, 10]);
  const url = 's3://record/id/manifests/scenario1.csv';
  const parts = planAssembly(files, url);
  expect(parts.map(({ bytes }) => bytes)).toEqual([6 * MIB, 3000 + 5 * MIB, 5 * MIB, 10]);
  const before = sandbox.requests.count('GetObject');
  const checksums = await objects.assemble(url, parts);
  // What is large enough never comes here.
  expect(sandbox.requests.count('GetObject') - before).toBe(3);
  const client = clientOf(sandbox);
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: 'record', Key: 'id/manifests/scenario1.csv' }),
  );
  const found = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(found.equals(text)).toBe(true);
  let from = 0;
  for (const [index, { bytes }] of parts.entries()) {
    const own = createHash('sha256')
      .update(found.subarray(from, from + bytes))
      .digest('base64');
    expect(checksums[index]).toBe(own);
    from += bytes;
  }
});

test('an upload that fails is taken back', async () => {
  const { objects, files } = await writeFiles('b', [6 * MIB, 10]);
  const stop = sandbox.faults.add({
    operation: 'UploadPartCopy',
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
  const url = 's3://record/id/manifests/scenario2.csv';
  await expect(objects.assemble(url, planAssembly(files, url))).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
  });
  stop();
  const { Uploads } = await clientOf(sandbox).send(new ListMultipartUploadsCommand({ Bucket: 'record' }));
  expect(Uploads ?? []).toEqual([]);
});

test('throttled copies are sent again', async () => {
  const { objects, files, text } = await writeFiles('c', [6 * MIB, 6 * MIB, 10]);
  sandbox.faults.add({ operation: 'UploadPartCopy', effect: 'slow-down', times: 2 });
  const url = 's3://record/id/manifests/scenario3b.csv';
  await objects.assemble(url, planAssembly(files, url));
  expect(await objects.head(url)).toMatchObject({ bytes: text.length });
});

test('an object that is written once is not written again', async () => {
  const objects = openRecordObjects(clientOf(sandbox));
  expect(await objects.write('s3://record/once', Buffer.from('1'), { once: true })).toBe(true);
  expect(await objects.write('s3://record/once', Buffer.from('2'), { once: true })).toBe(false);
  expect((await objects.read('s3://record/once')).toString()).toBe('1');
  expect(await objects.head('s3://record/nothing')).toBe(null);
});

test('a list that S3 could not hold is refused', () => {
  const files = Array.from({ length: 10_001 }, (_, index) => ({ url: `s3://r/${index}`, bytes: 5 * MIB }));
  expect(() => planAssembly(files, 's3://r/list')).toThrow('10001 parts');
});

test('a list is written once: the same again is ours, another one is refused, and no upload is left', async () => {
  const { objects, files } = await writeFiles('once', [6 * MIB, 10]);
  const url = 's3://record/id/manifests/scenario3c.csv';
  const parts = planAssembly(files, url);
  const first = await objects.assemble(url, parts);
  expect(await objects.assemble(url, parts)).toEqual(first);
  const other = await writeFiles('other', [6 * MIB, 11]);
  await expect(objects.assemble(url, planAssembly(other.files, url))).rejects.toMatchObject({
    code: 'RECORD_EXISTS',
  });
  const { Uploads } = await clientOf(sandbox).send(new ListMultipartUploadsCommand({ Bucket: 'record' }));
  expect(Uploads ?? []).toEqual([]);
});
