import { GlueClient } from '@aws-sdk/client-glue';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openGlueCalls } from '../../src/aws/glue-calls.ts';
import { openObjectCalls } from '../../src/aws/objects.ts';
import { openS3Calls } from '../../src/aws/s3-calls.ts';
import { openUploadCalls } from '../../src/aws/upload-file.ts';
import { type CatalogSite, dropPlanDatabases } from '../../src/cleanup/plan-databases.ts';
import { clientOf } from '../sandbox/client.ts';

/** Glue databases of plans on Athena that were lost before they could drop them. */

const HOUR = 3_600_000;
const START = Date.parse('2025-09-01T00:00:00Z');
const OURS = { 's3-rewind:record-bucket': 'records', 's3-rewind:bucket': 'data' };

let sandbox: Sandbox;
let glue: GlueCatalog;
let records: Bucket;
let site: CatalogSite;
let calls: ReturnType<typeof openGlueCalls>;
beforeEach(async () => {
  sandbox = await startSandbox();
  glue = new GlueCatalog();
  glue.now = () => START;
  sandbox.routes.push(...glue.routes());
  records = sandbox.createBucket('records', { versioning: 'Enabled' });
  const credentials = { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'secret' };
  const endpoint = { endpoint: sandbox.endpoint, region: 'us-east-1' };
  calls = openGlueCalls(new GlueClient({ ...endpoint, credentials, maxAttempts: 1 }));
  const client = clientOf(sandbox);
  site = {
    catalog: calls,
    objects: { ...openObjectCalls(client), ...openUploadCalls(client) },
    markers: openS3Calls(clientOf(sandbox)),
    pause: async () => {},
  };
});
afterEach(() => sandbox.stop());

const TABLE = {
  ...{ location: 's3://records/work/plan-00000001/t/', columns: [], parameters: {} },
  ...{ inputFormat: 'i', outputFormat: 'o', serde: 's', serdeParameters: {} },
};
const drop = (hours: number, bucket: string | null = null, isTrial = false) =>
  dropPlanDatabases(
    site,
    { recordBucket: 'records', bucket, now: new Date(START + hours * HOUR) },
    isTrial,
  ).then((plans) => plans.map(({ database }) => database));

test('drops what is idle for a day and ours, and nothing else', async () => {
  await calls.createDatabase('s3_rewind_plan_00000001', '', OURS);
  await calls.createDatabase('s3_rewind_plan_00000002', '', {});
  await calls.createDatabase('s3_rewind_plan_00000003', '', { ...OURS, 's3-rewind:record-bucket': 'other' });
  await calls.createDatabase('s3_rewind_plan_notours0', '', OURS);
  await calls.createDatabase('sales', '', OURS);
  records.put('work/plan-00000001/t/1', { body: 'x' });
  records.put('work/plan-00000002/t/1', { body: 'x' });
  records.put('rb-x/plan.json', { body: '{}' });

  expect(await drop(23.9)).toEqual([]);
  expect(await drop(24, null, true)).toEqual(['s3_rewind_plan_00000001']);
  expect(await drop(24, 'another-bucket')).toEqual([]);
  expect(glue.databases.size).toBe(5);
  expect(records.current('work/plan-00000001/t/1')?.isDeleteMarker).toBe(false);

  expect(await drop(24, 'data')).toEqual(['s3_rewind_plan_00000001']);
  expect([...glue.databases.keys()]).toEqual([
    's3_rewind_plan_00000002',
    's3_rewind_plan_00000003',
    's3_rewind_plan_notours0',
    'sales',
  ]);
  expect(records.current('work/plan-00000001/t/1')?.isDeleteMarker).toBe(true);
  expect(records.current('work/plan-00000002/t/1')?.isDeleteMarker).toBe(false);
  expect(records.current('rb-x/plan.json')?.isDeleteMarker).toBe(false);
  expect(await drop(24)).toEqual([]);
});

test('a plan that is under way for days keeps its database: its newest table tells', async () => {
  await calls.createDatabase('s3_rewind_plan_00000001', '', OURS);
  await calls.createTable('s3_rewind_plan_00000001', { ...TABLE, name: 'inventory' });
  glue.now = () => START + 40 * HOUR;
  await calls.createTable('s3_rewind_plan_00000001', { ...TABLE, name: 'scan' });
  expect(await drop(63)).toEqual([]);
  expect(await drop(64)).toEqual(['s3_rewind_plan_00000001']);
});

test('work that could not be emptied: the database stays, so that the next cleanup finds it', async () => {
  await calls.createDatabase('s3_rewind_plan_00000001', '', OURS);
  records.put('work/plan-00000001/t/1', { body: 'x' });
  const off = sandbox.faults.add({
    operation: 'DeleteObjects',
    key: 'work/plan-00000001/t/1',
    effect: { deleteError: { code: 'AccessDenied' } },
  });
  await expect(drop(24)).rejects.toMatchObject({ code: 'AccessDenied' });
  off();
  expect(await drop(24)).toEqual(['s3_rewind_plan_00000001']);
});
