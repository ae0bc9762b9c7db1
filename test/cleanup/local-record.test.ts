import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanUpFolder } from '../../src/cleanup/local-record.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import { AFTER_P, BEFORE_P, BUCKET, openStage, RUN_TIME, run, type Stage } from '../execute/harness.ts';
import { runCommand } from '../execute/run-command.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { clientOf } from '../sandbox/client.ts';

/** What a run from a folder leaves on S3 beside its work: uploads that it did not finish. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

/** A run whose endpoint goes away in the middle of a copy by parts. */
async function interruptedCopy(): Promise<{ record: PlanRecord; foreign: string }> {
  stage.sandbox.clock.set(BEFORE_P);
  const source = stage.bucket.put('big "x"', { size: 20 * 1024 ** 3 });
  stage.sandbox.clock.set(AFTER_P);
  const current = stage.bucket.put('big "x"', { body: 'overwritten' });
  stage.sandbox.clock.set(RUN_TIME);
  const planned = row('big "x"', {
    versionId: source.versionId,
    currentVersionId: current.versionId,
    size: source.content.size,
  });
  const record = await writeRecord(stage.folder, { '3c': [planned] });
  const off = stage.sandbox.faults.add({ operation: 'UploadPartCopy', after: 3, effect: 'reset' });
  await expect(run(stage, record)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  off();
  // Someone else's, of the same key.
  const client = clientOf(stage.sandbox);
  const { UploadId = '' } = await client.send(
    new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'big "x"' }),
  );
  client.destroy();
  return { record, foreign: UploadId };
}

test('aborts the uploads that its own journal names and no others; can be repeated, and the run goes on', async () => {
  const { record, foreign } = await interruptedCopy();
  const site = { calls: stage.calls, pause: async () => {} };
  const own = [...stage.bucket.uploads.keys()].find((id) => id !== foreign);
  const expected = { rollbackId: record.plan.rollbackId, uploads: [{ key: 'big "x"', uploadId: own }] };
  expect(await cleanUpFolder(site, record, true)).toMatchObject(expected);
  expect(stage.bucket.uploads.size).toBe(2);
  expect(await cleanUpFolder(site, record, false)).toMatchObject(expected);
  expect([...stage.bucket.uploads.keys()]).toEqual([foreign]);
  expect(await cleanUpFolder(site, record, false)).toMatchObject({ uploads: [] });

  expect((await run(stage, record)).outcomes.done).toBe(1);
  // An upload that became an object is not asked for again.
  stage.sandbox.requests.reset();
  expect(await cleanUpFolder(site, record, false)).toMatchObject({ uploads: [] });
  expect(stage.sandbox.requests.count('ListParts')).toBe(0);
  expect([...stage.bucket.uploads.keys()]).toEqual([foreign]);
});

test('the command tells what it aborted and what it leaves, and changes no file', async () => {
  const { record } = await interruptedCopy();
  const contentOf = async () => {
    const names = (await readdir(record.folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return Promise.all(names.map(async (name) => [name, await readFile(name, 'utf8')]));
  };
  const before = await contentOf();
  const { status, stdout, stderr } = await runCommand(stage.sandbox, ['cleanup', '--record', record.folder]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /aborted 1 unfinished multipart uploads\n {2}data: big "x"\nLeft: the \d+ files of /,
  );
  expect(stage.bucket.uploads.size).toBe(1);
  expect(await contentOf()).toEqual(before);
});

test('the command ends the freeze that the folder holds, and a second one finds nothing', async () => {
  const { record } = await interruptedCopy();
  const command = (name: string, ...args: string[]) =>
    runCommand(stage.sandbox, [name, '--record', record.folder, ...args]);
  const frozen = await command('freeze', '--bucket', BUCKET, '--account', '123456789012', '--quiet');
  expect(frozen.status, frozen.stderr).toBe(0);
  expect(stage.bucket.configurations.has('policy')).toBe(true);
  expect((await command('cleanup')).stdout).toContain(`\n  thawed ${BUCKET}`);
  expect(stage.bucket.configurations.has('policy')).toBe(false);
  expect((await command('cleanup')).stdout).not.toContain('thaw');
});
