import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { openObjectCalls } from '../../src/aws/objects.ts';
import { openUploadCalls } from '../../src/aws/upload-file.ts';
import { fetchPlan, publishPlan, type RecordCalls } from '../../src/execute/batch/remote-record.ts';
import { hashContent } from '../../src/execute/content-hash.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import { clientOf } from '../sandbox/client.ts';
import { startCommand } from './command.ts';
import { AFTER_P, BEFORE_P, openStage, planNow, RUN_TIME, type Stage } from './harness.ts';
import { runCommand } from './run-command.ts';

/** A record that is kept on S3: uploaded once, run from this machine, and nothing of it lost with the machine. */

const RECORDS = 'records';
const noPause = async () => {};

let stage: Stage;
let records: Bucket;
let calls: RecordCalls;
beforeEach(async () => {
  stage = await openStage();
  records = stage.sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
  const client = clientOf(stage.sandbox);
  calls = { ...openObjectCalls(client), ...openUploadCalls(client) };
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

/** Deleted keys that the plan brings back, and new ones that it hides. */
async function incident(keys = 20): Promise<PlanRecord> {
  for (let number = 0; number < keys; number += 1) {
    stage.sandbox.clock.set(BEFORE_P);
    stage.bucket.put(`old/${number}`, { body: `old ${number}` });
    stage.sandbox.clock.set(AFTER_P);
    stage.bucket.addDeleteMarker(`old/${number}`);
    stage.bucket.put(`new/${number}`, { body: 'new' });
  }
  stage.sandbox.clock.set(RUN_TIME);
  const record = await planNow(stage);
  return record;
}

const placeOf = ({ plan }: PlanRecord) => ({ bucket: RECORDS, prefix: `${plan.rollbackId}/` });
const urlOf = ({ plan }: PlanRecord) => `s3://${RECORDS}/${plan.rollbackId}/`;
const publish = (record: PlanRecord) => publishPlan(calls, placeOf(record), record, noPause);

test('a plan is uploaded once: the same plan made later is taken, another is refused', async () => {
  const record = await incident();
  await publish(record);
  const key = `${record.plan.rollbackId}/plan.json`;
  const first = records.current(key)?.versionId;
  await publish(record);
  expect(records.current(key)?.versionId).toBe(first);
  const path = join(record.folder, 'plan.json');
  const later = { ...JSON.parse(await readFile(path, 'utf8')), createdAt: '2030-01-01T00:00:00Z' };
  await writeFile(path, JSON.stringify(later));
  await publish(record);
  expect(records.current(key)?.versionId).toBe(first);
  const digest = `sha256:${'0'.repeat(64)}`;
  await writeFile(path, JSON.stringify({ ...later, digest }));
  const other = { ...record, plan: { ...record.plan, digest } };
  await expect(publish(other)).rejects.toMatchObject({ code: 'RECORD_EXISTS' });
  expect(records.current(key)?.versionId).toBe(first);
});

test('a large file is uploaded by parts, once too', async () => {
  const client = clientOf(stage.sandbox);
  const upload = openUploadCalls(client, 5 * 1_048_576);
  const path = join(stage.folder, 'large');
  const body = Buffer.alloc(12 * 1_048_576, 'rows\n');
  await writeFile(path, body);
  await upload.uploadFile(path, { bucket: RECORDS, key: 'large', ifNoneMatch: true });
  const stored = await calls.readObject({ bucket: RECORDS, key: 'large' });
  expect(stored.bytes.equals(body)).toBe(true);
  await expect(
    upload.uploadFile(path, { bucket: RECORDS, key: 'large', ifNoneMatch: true }),
  ).rejects.toMatchObject({ failure: 'precondition' });
  expect(stage.sandbox.requests.count('AbortMultipartUpload')).toBe(1);
});

test('what is fetched is proved: a manifest that was changed, and a plan in another place, are refused', async () => {
  const record = await incident();
  await publish(record);
  const { rollbackId } = record.plan;
  const into = async (name: string) => {
    await mkdir(join(stage.folder, name));
    return join(stage.folder, name);
  };
  const fetched = await fetchPlan(calls, placeOf(record), await into('a'), noPause);
  expect(fetched.plan).toEqual(record.plan);
  expect(fetched.name).toBe(urlOf(record));
  for (const path of [
    'plan.json',
    'manifests/scenario1.csv',
    'manifests/scenario2.csv',
    'manifests/scenario2_undo.csv',
  ]) {
    const source = records.current(`${rollbackId}/${path}`);
    if (source === undefined || source.isDeleteMarker) throw new Error(path);
    const { bytes } = await calls.readObject({ bucket: RECORDS, key: `${rollbackId}/${path}` });
    records.put(`elsewhere/${path}`, { body: bytes });
  }
  await expect(
    fetchPlan(calls, { bucket: RECORDS, prefix: 'elsewhere/' }, await into('b'), noPause),
  ).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
  records.put(`${rollbackId}/manifests/scenario1.csv`, { body: 'data,other,,,,\n' });
  await expect(fetchPlan(calls, placeOf(record), await into('c'), noPause)).rejects.toMatchObject({
    code: 'RECORD_CHANGED',
  });
  await expect(
    fetchPlan(calls, { bucket: RECORDS, prefix: 'none/' }, await into('d'), noPause),
  ).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' });
});

test('the SHA-256 of a file in parts is over those of its parts', async () => {
  async function* chunks() {
    yield Buffer.from('abc');
    yield Buffer.from('defgh');
  }
  const { createHash } = await import('node:crypto');
  const sha = (text: string) => createHash('sha256').update(text).digest();
  const whole = createHash('sha256').update(sha('abcd')).update(sha('efgh')).digest('hex');
  expect(await hashContent(chunks(), [4, 4])).toBe(`sha256:${whole}`);
  expect(await hashContent(chunks(), undefined)).toBe(`sha256:${sha('abcdefgh').toString('hex')}`);
  expect(await hashContent(chunks(), [4, 5])).toMatch(/^shorter/);
  expect(await hashContent(chunks(), [4, 3])).toMatch(/^longer/);
});

test('run, verified, undone and verified again from s3://, with nothing kept here', async () => {
  const record = await incident();
  await publish(record);
  const run = (...args: string[]) => runCommand(stage.sandbox, args);
  const started = await run('start-jobs', '--record', urlOf(record), '--yes', '--quiet', '--json');
  expect([started.status, started.stderr]).toEqual([0, '']);
  expect(JSON.parse(started.stdout)).toMatchObject({ outcomes: { done: 40 } });
  expect(stage.bucket.current('old/1')?.isDeleteMarker).toBe(false);
  expect(await readdir(record.folder)).not.toContain('outcome.json');

  const verified = await run('verify', '--record', urlOf(record), '--quiet');
  expect([verified.status, verified.stderr]).toEqual([0, '']);

  const undone = await runCommand(null, [
    'undo',
    ...['--record', urlOf(record), '--record-bucket', RECORDS, '--json'],
    ...['--endpoint-url', stage.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
  ]);
  expect([undone.status, undone.stderr]).toEqual([0, '']);
  const { record: undo } = JSON.parse(undone.stdout) as { record: string };
  expect((await run('start-jobs', '--record', undo, '--yes', '--quiet')).status).toBe(0);
  expect((await run('verify', '--record', undo, '--quiet')).status).toBe(0);
  expect(stage.bucket.current('old/1')?.isDeleteMarker).toBe(true);
  expect(stage.bucket.current('new/1')?.isDeleteMarker).toBe(false);
});

test('a runner that is lost on the way loses nothing: another one goes on', async () => {
  const record = await incident();
  await publish(record);
  const args = ['start-jobs', '--record', urlOf(record), '--yes', '--quiet', '--json'];
  let acted = 0;
  const first = startCommand(stage.sandbox, args);
  const off = stage.sandbox.on('after', (operation) => {
    if (operation !== 'DeleteObjects') return;
    acted += 1;
    if (acted === 2) first.child.kill('SIGKILL');
  });
  await first.result;
  off();
  expect(acted).toBeGreaterThanOrEqual(2);
  const markers = stage.bucket.stack('new/1').length;
  // The lost runner's lease has to end.
  stage.sandbox.clock.set('2025-08-22T12:06:00Z');
  const second = await runCommand(stage.sandbox, args);
  expect([second.status, second.stderr]).toEqual([0, '']);
  expect(JSON.parse(second.stdout)).toMatchObject({ rows: 40, outcomes: { done: 40 } });
  expect(stage.bucket.stack('new/1').length).toBe(Math.max(markers, 2));
});

test.each(['s3://records', 's3://records/a/b/', 'S3://records/x'])('--record %s is refused', async (name) => {
  const { status, stderr } = await runCommand(stage.sandbox, ['verify', '--record', name]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('INVALID_OPTION')]);
});
