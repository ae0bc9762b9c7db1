import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectVersion } from '../../sandbox/entries.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { copyPolicies } from '../../src/execute/copy-policies.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { BEFORE_P, openStage, RUN_TIME, type Stage } from './harness.ts';
import { runCommand } from './run-command.ts';
import { row, writeRecord } from './written-record.ts';

let stage: Stage;
let other: Sandbox;
beforeEach(async () => {
  stage = await openStage();
  other = await startSandbox({ seed: 9 });
  other.clock.set(RUN_TIME);
});
afterEach(async () => {
  expect([stage.sandbox.permanentDeletions, other.permanentDeletions]).toEqual([0, 0]);
  await other.stop();
  await stage.end();
});

const ATTRIBUTES = {
  headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache', expires: 'never' },
  metadata: { owner: 'ops' },
  tags: new Map([['a b', 'c=d+e']]),
  websiteRedirect: '/there',
};

async function copyRecord(
  more: { overwrite?: boolean } = {},
): Promise<{ record: PlanRecord; source: ObjectVersion }> {
  stage.sandbox.clock.set(BEFORE_P);
  const source = stage.bucket.put('dir/k ü', { body: 'the data', attributes: ATTRIBUTES });
  const { versionId } = source;
  stage.bucket.addDeleteMarker('dir/k ü');
  stage.sandbox.clock.set(RUN_TIME);
  const inputs = { mode: 'copy-to-bucket', destinationBucket: 'copy', ...more };
  const planned = row('dir/k ü', { versionId, currentVersionId: versionId, size: 8 });
  return { record: await writeRecord(stage.folder, { '5b': [planned] }, { inputs }), source };
}

const start = (record: PlanRecord, more: string[]) =>
  runCommand(stage.sandbox, ['start-jobs', '--record', record.folder, '--yes', '--quiet', '--json', ...more]);

test('another store: the data goes through this machine, with all that a copy keeps', async () => {
  const copy = other.createBucket('copy', { versioning: 'Enabled' });
  const { record, source } = await copyRecord();
  const to = ['--destination-endpoint-url', other.endpoint];
  const { status, stderr } = await start(record, to);
  expect([status, stderr]).toEqual([0, '']);
  const { content, attributes } = copy.current('dir/k ü') as ObjectVersion;
  expect(content.bytes?.toString()).toBe('the data');
  for (const name of ['headers', 'metadata', 'tags', 'websiteRedirect', 'storageClass'] as const) {
    expect([name, attributes[name]]).toEqual([name, source.attributes[name]]);
  }
  expect(stage.sandbox.requests.count('CopyObject') + other.requests.count('CopyObject')).toBe(0);
  const verified = await runCommand(stage.sandbox, ['verify', '--record', record.folder, '--quiet', ...to]);
  expect([verified.status, verified.stderr]).toEqual([0, '']);
});

test('another store, over an object that it has; undone there', async () => {
  const copy = other.createBucket('copy', { versioning: 'Enabled' });
  const there = copy.put('dir/k ü', { body: 'of the destination' });
  other.clock.advance(60);
  const { record } = await copyRecord({ overwrite: true });
  const { status, stderr } = await start(record, ['--destination-endpoint-url', other.endpoint]);
  expect([status, stderr]).toEqual([0, '']);
  expect(copy.stack('dir/k ü').map(({ versionId }) => versionId)).toEqual([
    expect.any(String),
    there.versionId,
  ]);
  const undo = await undoRecord(stage.folder, record);
  const undone = await runCommand(other, ['start-jobs', '--record', undo.folder, '--yes', '--quiet']);
  expect([undone.status, undone.stderr]).toEqual([0, '']);
  expect((copy.current('dir/k ü') as ObjectVersion).content.bytes?.toString()).toBe('of the destination');
});

test('an object that the destination has already is left alone, and the summary says that it is that', async () => {
  const copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
  const there = copy.put('dir/k ü', { body: 'of the destination' });
  const { record } = await copyRecord();
  const { status, stdout } = await runCommand(stage.sandbox, [
    'start-jobs',
    '--record',
    record.folder,
    '--yes',
    '--quiet',
  ]);
  expect(status).toBe(3);
  expect(stdout).toContain('1 drifted: the destination has an object of that key already');
  expect(copy.current('dir/k ü')).toBe(there);
});

test('another Region of the same store: the store copies', async () => {
  const copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled', region: 'eu-west-1' });
  const { record } = await copyRecord();
  const { status, stderr } = await start(record, ['--destination-region', 'eu-west-1']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stage.sandbox.requests.count('CopyObject')).toBe(1);
  expect(copy.current('dir/k ü')).toMatchObject({ isDeleteMarker: false });
});

test('the versioning of the destination is what counts', async () => {
  stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
  other.createBucket('copy');
  const { record } = await copyRecord();
  const { status, stderr } = await start(record, ['--destination-endpoint-url', other.endpoint]);
  expect([status, stderr.split(':')[0]]).toEqual([2, 'VERSIONING_NOT_ENABLED']);
  stage.bucket.versioning = 'Suspended';
  expect((await start(record, [])).status).toBe(0);
});

test('the policies for another account name both buckets and delete nothing', async () => {
  const { record } = await copyRecord();
  const arn = 'arn:aws:iam::123456789012:role/rollback';
  const { status, stdout } = await start(record, ['--print-policies', arn]);
  expect(status).toBe(0);
  for (const { bucket, policy } of copyPolicies('data', 'copy', arn)) {
    expect(stdout).toContain(`Bucket policy of ${bucket} `);
    expect(stdout).toContain(JSON.stringify(policy, null, 2));
    expect(JSON.stringify(policy)).not.toContain('Delete');
  }
  expect(stage.sandbox.requests.count()).toBe(0);
});

describe('a destination in another store', () => {
  const at = () => ['--destination-endpoint-url', other.endpoint];
  const plan = (...more: string[]) =>
    runCommand(stage.sandbox, [
      ...['plan', '--list', '--bucket', 'data', '--timestamp', BEFORE_P, '--mode', 'copy-to-bucket'],
      ...['--destination-bucket', 'copy', '--out', join(stage.folder, 'plan'), '--quiet', '--json', ...more],
    ]);

  test('plan --list looks at it where it is', async () => {
    await copyRecord();
    other.createBucket('copy', { versioning: 'Enabled' });
    const { status, stdout } = await plan(...at());
    expect(status).toBe(0);
    expect(JSON.parse(stdout).checks).not.toContainEqual(expect.objectContaining({ level: 'blocking' }));
  });

  test('plan --list blocks where that keeps no versions, whatever a bucket of the name in the other store does', async () => {
    await copyRecord();
    stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
    other.createBucket('copy', { versioning: 'Suspended' });
    const { stdout } = await plan(...at());
    expect(JSON.parse(stdout).checks).toContainEqual(
      expect.objectContaining({ level: 'blocking', code: 'VERSIONING_NOT_ENABLED' }),
    );
  });

  test.each(['plan', 'start-jobs'])(
    '%s that does not find it tells the options that lead there',
    async (command) => {
      const { record } = await copyRecord();
      const missing = command === 'plan' ? await plan() : await start(record, []);
      expect([missing.status, missing.stderr.split(':')[0]]).toEqual([2, 'BUCKET_NOT_FOUND']);
      expect(missing.stderr).toMatch(/\nNext: .*--destination-endpoint-url/);
      stage.sandbox.createBucket('copy', { versioning: 'Enabled', region: 'eu-west-1' });
      const far = command === 'plan' ? await plan() : await start(record, []);
      expect([far.status, far.stderr.split(':')[0]]).toEqual([2, 'WRONG_REGION']);
      expect(far.stderr).toContain('\nNext: add --destination-region eu-west-1');
    },
  );

  test('its undo is not sent to the store of the source, where a bucket may bear the same name', async () => {
    const copy = other.createBucket('copy', { versioning: 'Enabled' });
    stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
    const { record } = await copyRecord();
    expect((await start(record, at())).status).toBe(0);
    const undo = await undoRecord(stage.folder, record);
    const refused = await start(undo, at());
    expect([refused.status, refused.stderr.split(':')[0]]).toEqual([2, 'INVALID_OPTION']);
    expect(refused.stderr).toMatch(/\nNext: .*--endpoint-url/);
    const undone = await runCommand(other, ['start-jobs', '--record', undo.folder, '--yes', '--quiet']);
    expect([undone.status, undone.stderr]).toEqual([0, '']);
    expect(copy.current('dir/k ü')).toMatchObject({ isDeleteMarker: true });
  });
});
