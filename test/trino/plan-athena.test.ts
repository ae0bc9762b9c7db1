import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { openAthenaSide, openReportOnS3 } from '../../src/cli/athena-side.ts';
import { makeAthenaPlan, writeAthenaRecord } from '../../src/cli/plan-athena.ts';
import { parsePlanInputs } from '../../src/plan/inputs.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { BUCKET, HISTORY, POINT_IN_TIME } from '../inventory/history.ts';
import { writeReport } from '../inventory/inventory-report.ts';
import { clientOf } from '../sandbox/client.ts';
import { type AthenaSandbox, startAthenaSandbox } from './athena-sandbox.ts';
import { queryTrino } from './client.ts';

/** The plan command on Athena: AWS's protocols on loopback, and a real Trino behind them. */

const RECORD = 'record-bucket';
const REPORTS = 'inventory-bucket';
const half = Math.ceil(HISTORY.length / 2);
const PARTS = [HISTORY.slice(0, half), HISTORY.slice(half)];

let aws: AthenaSandbox;
let scratch: string;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  scratch = await mkdtemp(join(tmpdir(), 's3-rewind-athena-'));
  aws = await startAthenaSandbox(inject('trinoUrl'), RECORD);
  aws.sandbox.createBucket(REPORTS);
});
afterAll(async () => {
  await aws.stop();
  await rm(scratch, { recursive: true });
  vi.unstubAllEnvs();
});
beforeEach(() => {
  aws.athena.fault = () => null;
});

let folders = 0;
const fresh = () => join(scratch, String(++folders));

/** Puts a report on the sandbox's S3. @returns the URL of its manifest, and the local one */
async function upload(format: 'CSV' | 'Parquet'): Promise<{ url: string; path: string }> {
  const folder = fresh();
  const path = await writeReport(folder, format, PARTS);
  const prefix = `reports-${folders}`;
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: { key: string }[] };
  for (const file of manifest.files) {
    const name = file.key.split('/').at(-1) ?? '';
    file.key = `${prefix}/data/${name}`;
    await put(file.key, readFileSync(join(folder, 'data', name)));
  }
  await put(`${prefix}/manifest.json`, JSON.stringify(manifest));
  return { url: `s3://${REPORTS}/${prefix}/manifest.json`, path };
}

async function put(key: string, body: string | Buffer): Promise<void> {
  await clientOf(aws.sandbox).send(new PutObjectCommand({ Bucket: REPORTS, Key: key, Body: body }));
}

const planOptions = (out: string) => [
  '--bucket',
  BUCKET,
  '--timestamp',
  POINT_IN_TIME,
  '--out',
  out,
  '--quiet',
];
const athenaOptions = (url: string) => [
  '--inventory',
  url,
  '--engine',
  'athena',
  '--record-bucket',
  RECORD,
  '--endpoint-url',
  aws.sandbox.endpoint,
  '--force-path-style',
];

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path, 'utf8');
  }
  return files;
}

async function recordOf(rollbackId: string): Promise<Record<string, string>> {
  const client = clientOf(aws.sandbox);
  const { Contents } = await client.send(
    new ListObjectsV2Command({ Bucket: RECORD, Prefix: `${rollbackId}/` }),
  );
  const files: Record<string, string> = {};
  for (const { Key = '' } of Contents ?? []) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: RECORD, Key }));
    files[Key.slice(rollbackId.length + 1)] = (await Body?.transformToString()) ?? '';
  }
  return files;
}

/** plan.json without what tells when, where and by which engine it was made. */
function settled(files: Record<string, string>) {
  const { createdAt, engine, ...plan } = JSON.parse(files['plan.json'] ?? '') as RollbackPlan;
  const { location, ...inventory } = plan.inventory;
  return { ...plan, inventory, checks: plan.checks.filter(({ code }) => code !== 'QUERY_ENGINE') };
}

const DIFFERING = /^- (Created |Inventory )|QUERY_ENGINE|None blocks/;
const comment = (files: Record<string, string>) =>
  (files['comment.md'] ?? '').split('\n').filter((line) => !DIFFERING.test(line));

describe.each(['bucket-rollback', 'delete-marker-removal', 'copy-to-bucket'])('%s', (mode) => {
  const modeOptions = [
    '--mode',
    mode,
    ...(mode === 'copy-to-bucket' ? ['--destination-bucket', 'other-bucket'] : []),
  ];

  test.each(['CSV', 'Parquet'] as const)('plans a %s report as DuckDB does', async (format) => {
    const { url, path } = await upload(format);
    const here = fresh();
    const local = await runCommand('plan', '--inventory', path, ...planOptions(here), ...modeOptions);
    expect(local.stderr).toBe('');
    const there = fresh();
    const remote = await runCommand('plan', ...athenaOptions(url), ...planOptions(there), ...modeOptions);
    expect(remote.stderr).toBe('');
    const files = await filesOf(there);
    const expected = await filesOf(here);
    expect(settled(files)).toEqual(settled(expected));
    expect(Object.keys(files).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const name of Object.keys(expected).filter(
      (file) => file.endsWith('.csv') || file.endsWith('.sql'),
    )) {
      expect(files[name], name).toBe(expected[name]);
    }
    const plan = JSON.parse(files['plan.json'] ?? '') as RollbackPlan;
    expect(plan.engine).toMatchObject({ name: 'athena' });
    expect(plan.engine?.scannedBytes).toBeGreaterThan(0);
    expect(comment(files)).toEqual(comment(expected));
    expect(await recordOf(plan.rollbackId)).toEqual(files);
    expect([...aws.glue.databases.keys()]).toEqual([]);
  });
});

test('refuses to plan the same rollback twice into one record bucket', async () => {
  const { url } = await upload('Parquet');
  const again = await runCommand('plan', ...athenaOptions(url), ...planOptions(fresh()));
  expect(again.stderr).toContain('RECORD_EXISTS');
  expect(again.status).toBe(2);
  expect([...aws.glue.databases.keys()]).toEqual([]);
});

test('reads an ORC report, which DuckDB refuses', async () => {
  const { url, path } = await upload('Parquet');
  const here = fresh();
  await runCommand('plan', '--inventory', path, ...planOptions(here), '--prefix', 'd', 'm');
  const orc = await asOrc(url);
  const there = fresh();
  const result = await runCommand('plan', ...athenaOptions(orc), ...planOptions(there), '--prefix', 'd', 'm');
  expect(result.stderr).toBe('');
  const [expected, files] = [await filesOf(here), await filesOf(there)];
  const lists = (all: Record<string, string>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name.endsWith('.csv')));
  expect(lists(files)).toEqual(lists(expected));
  expect(settled(files).classes).toEqual(settled(expected).classes);
  expect(settled(files).samples).toEqual(settled(expected).samples);
});

/** The report once more as S3 Inventory's ORC, written by Trino. */
async function asOrc(url: string): Promise<string> {
  const columns: [name: string, type: string][] = [
    ['bucket', 'varchar'],
    ['key', 'varchar'],
    ['version_id', 'varchar'],
    ['is_latest', 'boolean'],
    ['is_delete_marker', 'boolean'],
    ['size', 'bigint'],
    ['last_modified_date', 'timestamp(3)'],
    ['e_tag', 'varchar'],
    ['storage_class', 'varchar'],
  ];
  const prefix = `orc-${++folders}`;
  const { catalog } = aws;
  const source = url.replace('/manifest.json', '/data');
  const run = (sql: string) => queryTrino(inject('trinoUrl'), sql, { catalog });
  await run('CREATE SCHEMA orc');
  const list = columns.map(([name, type]) => `${name} ${type}`).join(', ');
  await run(`CREATE TABLE orc.source (${list}) WITH (format = 'PARQUET', external_location = '${source}')`);
  await run(
    `CREATE TABLE orc.report WITH (format = 'ORC', external_location = 's3://${REPORTS}/${prefix}/data') AS SELECT * FROM orc.source`,
  );
  aws.glue.databases.delete('orc');
  const client = clientOf(aws.sandbox);
  const { Contents } = await client.send(
    new ListObjectsV2Command({ Bucket: REPORTS, Prefix: `${prefix}/data/` }),
  );
  const files = await Promise.all(
    (Contents ?? []).map(async ({ Key = '' }) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: REPORTS, Key }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return { key: Key, size: bytes.length, MD5checksum: createHash('md5').update(bytes).digest('hex') };
    }),
  );
  const types: Record<string, string> = { varchar: 'string', 'timestamp(3)': 'timestamp' };
  const fileSchema = `struct<${columns.map(([name, type]) => `${name}:${types[type] ?? type}`).join(',')}>`;
  const manifest = {
    sourceBucket: BUCKET,
    version: '2016-11-30',
    creationTimestamp: String(Date.parse('2025-08-24T01:00:00Z')),
    fileFormat: 'ORC',
    fileSchema,
    files,
  };
  await put(`${prefix}/manifest.json`, JSON.stringify(manifest));
  return `s3://${REPORTS}/${prefix}/manifest.json`;
}

test('a list in slices and parts is the same list', async () => {
  const { url, path } = await upload('CSV');
  const here = fresh();
  await runCommand('plan', '--inventory', path, ...planOptions(here), '--markers', 'copy');
  const options = {
    endpointUrl: aws.sandbox.endpoint,
    forcePathStyle: true,
    recordBucket: RECORD,
    workGroup: 'any',
  };
  const side = openAthenaSide(options);
  const there = await mkdtemp(join(scratch, 'slices-'));
  const plan = await makeAthenaPlan(there, {
    side,
    inventory: { kind: 'report', source: await openReportOnS3(side, url) },
    inputs: parsePlanInputs({ bucket: BUCKET, timestamp: POINT_IN_TIME, markers: 'copy' }, new Date()),
    inventoryTime: null,
    preflight: null,
    prices: null,
    now: new Date(),
    progress: () => {},
    recordBucket: RECORD,
    reason: 'of a test',
    signal: new AbortController().signal,
    limits: { partBytes: 60, maxPartBytes: 10_000, partsPerQuery: 2, slices: 100, smallBytes: 0 },
  });
  await writeAthenaRecord(options, there, { recordBucket: RECORD, plan });
  const expected = await filesOf(here);
  const record = await recordOf(plan.rollbackId);
  const lists = plan.manifests.concat(plan.reviewLists as never[]);
  expect(lists.length).toBeGreaterThan(1);
  for (const list of lists) {
    expect(record[list.path]).toBe(expected[list.path]);
    const parts = list.parts ?? [];
    expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBe(list.bytes);
    const whole = createHash('sha256')
      .update(record[list.path] ?? '')
      .digest();
    expect(list.sha256).toBe(`sha256:${createHash('sha256').update(whole).digest('hex')}`);
  }
});

describe('what goes wrong', () => {
  test.each([
    ['a failed query', { state: 'FAILED', reason: 'GENERIC_INTERNAL_ERROR: broken' }, 'QUERY_FAILED', 1],
    ['a time-out', { state: 'FAILED', reason: 'Query timeout' }, 'QUERY_TIMED_OUT', 1],
    [
      'a query cancelled by hand',
      { state: 'CANCELLED', reason: 'Query cancelled by user' },
      'QUERY_CANCELLED',
      1,
    ],
    ['a cut-off', { state: 'FAILED', reason: 'Bytes scanned limit was exceeded' }, 'QUERY_FAILED', 1],
    [
      'denied files',
      { state: 'FAILED', reason: 'Access Denied (Service: Amazon S3; Status Code: 403)' },
      'ACCESS_DENIED',
      2,
    ],
  ] as const)('%s: the query, the reason, and the database is gone', async (_name, fault, code, status) => {
    const { url } = await upload('CSV');
    aws.athena.fault = (sql) => (sql.includes('"changed"') ? fault : null);
    const out = fresh();
    const result = await runCommand('plan', ...athenaOptions(url), ...planOptions(out));
    expect(result.stderr).toContain(code);
    expect(result.stderr).toContain(fault.reason);
    expect(result.stderr).toMatch(/query [0-9a-f-]{36}/);
    expect(result.status).toBe(status);
    expect([...aws.glue.databases.keys()]).toEqual([]);
    await expect(readdir(out)).rejects.toThrow();
  });

  test('a throttled API is asked again', async () => {
    const { url } = await upload('CSV');
    for (const operation of ['StartQueryExecution', 'GetQueryExecution', 'CreateTable']) {
      aws.sandbox.faults.add({
        operation,
        effect: { error: { code: 'ThrottlingException', status: 400, message: 'Rate exceeded' } },
        times: 2,
      });
    }
    const result = await runCommand(
      'plan',
      ...athenaOptions(url),
      ...planOptions(fresh()),
      '--scenarios',
      '2',
    );
    expect(result.stderr).toBe('');
  });

  test('an expired token says so, at once', async () => {
    const { url } = await upload('CSV');
    aws.sandbox.faults.add({
      operation: 'StartQueryExecution',
      effect: {
        error: { code: 'ExpiredTokenException', status: 400, message: 'The security token is expired' },
      },
      times: 1,
    });
    const result = await runCommand('plan', ...athenaOptions(url), ...planOptions(fresh()));
    expect(result.stderr).toContain('ACCESS_DENIED');
    expect(result.stderr).toContain('expired');
    expect([...aws.glue.databases.keys()]).toEqual([]);
  });

  test('a file that is not the one of the manifest is refused before any query', async () => {
    const { url } = await upload('CSV');
    const before = aws.athena.executions.size;
    const key = `${url.split('/')[3]}/data/part-0.csv.gz`;
    aws.sandbox.expectLosses({ nullVersionReplacements: 1 });
    await put(key, 'something else');
    const result = await runCommand('plan', ...athenaOptions(url), ...planOptions(fresh()));
    expect(result.stderr).toContain('INVENTORY_CHECKSUM');
    expect(aws.athena.executions.size).toBe(before);
  });
});
