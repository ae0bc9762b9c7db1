import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { planInDatabase } from '../../src/cli/athena-database.ts';
import { tableOverReport } from '../../src/cli/athena-inventory.ts';
import { openAthenaSide, openReportOnS3 } from '../../src/cli/athena-side.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { buildRetentionPlan } from '../../src/retention/build-retention-plan.ts';
import { publishRetention } from '../../src/retention/remote-record.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from '../../src/retention/retention-plan-file.ts';
import { renderRetentionTemplate } from '../../src/retention/retention-template.ts';
import type { RetentionSettings } from '../../src/retention/settings.ts';
import { type DuckDbAthena, startDuckDbAthena } from '../athena/duckdb-athena.ts';
import { runCommand } from '../cli/run-command.ts';
import { type Aws, openAws, RECORDS, SETTINGS } from './aws-stage.ts';
import { BUCKET, inDays, inventoryOf, lock, locksOf, planNow } from './stage.ts';
import { putTruthRows } from './truth-rows.ts';

/** `extend-retention --engine athena`: AWS's protocols on loopback, with an engine behind them that runs the SQL. */

const REPORTS = 'reports';
const OTHER_RECORDS = 'other-records';
const MANIFEST_KEY = `locks/${BUCKET}/daily/2026-01-05T01-00Z/manifest.json`;
const FOLDER_URL = `s3://${REPORTS}/locks/${BUCKET}/daily/`;
const FIELDS = [
  ...['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate', 'StorageClass'],
  ...['ETag', 'ObjectLockRetainUntilDate', 'ObjectLockMode', 'ObjectLockLegalHoldStatus'],
];

let aws: Aws;
let double: DuckDbAthena;
let reports: Bucket;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  aws = await openAws();
  double = await startDuckDbAthena(aws.sandbox, RECORDS, aws.folder);
  reports = aws.sandbox.createBucket(REPORTS);
  aws.sandbox.createBucket(OTHER_RECORDS, { versioning: 'Enabled' });
});
afterEach(async () => {
  double.stop();
  await aws.end();
  vi.unstubAllEnvs();
});

/** The versions as they are now in a report of two files, as S3 lays it out. */
function deliverReport(change: Record<string, unknown> = {}): void {
  const lines = inventoryOf(aws.bucket).trimEnd().split('\n').slice(1);
  const half = Math.ceil(lines.length / 2);
  const files = [lines.slice(0, half), lines.slice(half)].map((some, index) => {
    const body = gzipSync(`${some.join('\n')}\n`);
    const key = `locks/${BUCKET}/daily/data/${index}.csv.gz`;
    reports.put(key, { body });
    return { key, size: body.length, MD5checksum: createHash('md5').update(body).digest('hex') };
  });
  const manifest = {
    ...{ sourceBucket: BUCKET, destinationBucket: `arn:aws:s3:::${REPORTS}`, version: '2016-11-30' },
    ...{ creationTimestamp: String(Date.parse('2026-01-05T01:00:00Z')), fileFormat: 'CSV' },
    ...{ fileSchema: FIELDS.join(', '), files, ...change },
  };
  reports.put(MANIFEST_KEY, { body: JSON.stringify(manifest) });
}

async function extend(out: string, settings: string | string[], ...options: string[]) {
  const asked = typeof settings === 'string' ? ['--config', settings] : settings;
  const endpoint = ['--endpoint-url', aws.sandbox.endpoint, '--force-path-style', '--region', 'us-east-1'];
  const paths = ['--out', join(aws.folder, out), '--quiet'];
  return await runCommand('extend-retention', ...asked, ...paths, ...endpoint, ...options);
}

const RULE = ['--bucket', BUCKET, '--minimum-retention-days', '90', '--extension-frequency-days', '28'];
const REPORT = ['--inventory', FOLDER_URL];
const ON_ATHENA = [...REPORT, '--engine', 'athena', '--record-bucket', RECORDS];

async function filesOf(out: string): Promise<Record<string, string>> {
  const folder = join(aws.folder, out);
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return Object.fromEntries(paths.map((path, index) => [path.slice(folder.length + 1), texts[index] ?? '']));
}

function recordOf(bucket: Bucket): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [key] of bucket.stacks.from(() => true)) {
    const found = bucket.current(key);
    if (found === undefined || found.isDeleteMarker || !key.startsWith('rt-')) continue;
    files[key.slice(key.indexOf('/') + 1)] = found.content.bytes?.toString('utf8') ?? '';
  }
  return files;
}

const planOf = (files: Record<string, string>) =>
  JSON.parse(files[RETENTION_PLAN_FILE] ?? '') as RetentionPlan;
const databases = () => [...double.glue.databases.keys()];

async function writeSettings(settings: RetentionSettings): Promise<string> {
  const path = join(aws.folder, 'settings.json');
  await writeFile(path, JSON.stringify(settings));
  return path;
}

test('the truth table: the plan of DuckDB, digest and manifests included, with its record in the bucket', async () => {
  const settings = await writeSettings(putTruthRows(aws));
  deliverReport();
  const there = await extend('there', settings, ...ON_ATHENA);
  expect(there).toMatchObject({ status: 0, stderr: '' });
  const here = await extend('here', settings, ...REPORT, '--record-bucket', OTHER_RECORDS);
  expect(here).toMatchObject({ status: 0, stderr: '' });
  const [athena, duckdb] = [await filesOf('there'), await filesOf('here')];
  const [plan, other] = [planOf(athena), planOf(duckdb)];
  expect(plan.digest).toBe(other.digest);
  expect({ ...plan, engine: null, checks: null }).toEqual({ ...other, engine: null, checks: null });
  expect(Object.keys(athena).toSorted()).toEqual(Object.keys(duckdb).toSorted());
  for (const [name, text] of Object.entries(duckdb)) {
    if (/\.(csv|sql|yaml)$/.test(name)) expect(athena[name], name).toBe(text);
  }
  expect(plan.engine).toMatchObject({ name: 'athena', reason: 'it was asked for' });
  expect(plan.engine?.queries).toBeGreaterThan(5);
  expect(plan.engine?.scannedBytes).toBeGreaterThan(0);
  expect(other.engine).toMatchObject({ name: 'duckdb', reason: expect.stringContaining('little enough') });
  expect(athena['comment.md']).toMatch(/QUERY_ENGINE.*Athena made this plan: it was asked for.*queries/);
  expect(recordOf(aws.records)).toEqual(athena);
  expect(databases()).toEqual([]);
});

test('the record is complete once it has retention.json', async () => {
  aws.bucket.put('k');
  deliverReport();
  const written: string[] = [];
  aws.sandbox.on('after', (name, { bucket, key }) => {
    if (name === 'PutObject' && bucket === RECORDS && key?.startsWith('rt-')) written.push(key);
  });
  expect(await extend('there', RULE, ...ON_ATHENA)).toMatchObject({ status: 0, stderr: '' });
  expect(written.length).toBeGreaterThan(3);
  expect(written.at(-1)).toMatch(/\/retention\.json$/);
});

test('a manifest that S3 put together from parts is what the jobs get', async () => {
  for (let index = 0; index < 40; index += 1) aws.bucket.put(`k ${index}`);
  aws.bucket.put('governed', { attributes: lock(aws, 'GOVERNANCE', 3) });
  deliverReport();
  const side = openAthenaSide({
    ...{ endpointUrl: aws.sandbox.endpoint, region: 'us-east-1', forcePathStyle: true },
    ...{ recordBucket: RECORDS, workGroup: 'any' },
  });
  const report = await openReportOnS3(side, `s3://${REPORTS}/${MANIFEST_KEY}`);
  const folder = await mkdtemp(join(aws.folder, 'parts-'));
  const plan = await planInDatabase(
    {
      ...{ side, folder, bucket: BUCKET, recordBucket: RECORDS, planFile: RETENTION_PLAN_FILE },
      signal: new AbortController().signal,
      limits: { partBytes: 200, maxPartBytes: 10_000, partsPerQuery: 3, slices: 100, smallBytes: 0 },
    },
    (place) => tableOverReport(place, report),
    async ({ site, source }) =>
      await buildRetentionPlan(folder, {
        ...{ site, source, settings: SETTINGS, previous: null, reportOnly: false, prices: builtInPrices() },
        lock: await aws.calls.readBucketLock(BUCKET),
        template: await renderRetentionTemplate(SETTINGS),
        now: new Date(aws.sandbox.clock.now()),
        progress: () => {},
      }),
  );
  expect(plan.manifests.map(({ rows, parts }) => [rows, parts?.length])).toEqual([
    [1, 1],
    [40, 1],
  ]);
  await writeFile(join(folder, RETENTION_PLAN_FILE), JSON.stringify(plan));
  const place = { bucket: RECORDS, prefix: `${plan.retentionId}/` };
  await publishRetention(aws.site, place, { folder, plan });
  const here = await planNow(aws, SETTINGS);
  for (const { path } of plan.manifests) {
    expect(recordOf(aws.records)[path]).toBe(await readFile(join(here.folder, path), 'utf8'));
  }
  // Only the record has it, and the jobs are made from there.
  const record = { folder, plan, place };
  await aws.deploy(record);
  const { outcomes } = await aws.start(record, 'review');
  expect(outcomes).toMatchObject({ done: 41, failed: 0, denied: 0 });
  for (const found of locksOf(aws.bucket).values()) expect(found?.retainUntil).toBe(inDays(aws, 118));
});

describe('is refused or fails without leaving anything', () => {
  beforeEach(() => {
    aws.bucket.put('k');
  });

  test.each([
    ['no record bucket', [...REPORT, '--engine', 'athena'], /^INVALID_OPTION: --engine athena needs/],
    [
      'a listing',
      ['--list', '--engine', 'athena', '--record-bucket', RECORDS],
      /^INVALID_OPTION: --engine athena reads one S3 Inventory report/,
    ],
    [
      'two reports',
      [...REPORT, `s3://${REPORTS}/${MANIFEST_KEY}`, '--engine', 'athena', '--record-bucket', RECORDS],
      /^INVALID_OPTION: --engine athena reads one S3 Inventory report/,
    ],
  ])('%s', async (_, options, message) => {
    deliverReport();
    const result = await extend('no', RULE, ...options);
    expect(result).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
    expect(double.athena.executions.size).toBe(0);
  });

  test('a report without the Object Lock fields, of another bucket, or changed since, before any query', async () => {
    const refusals: [change: Record<string, unknown>, code: RegExp][] = [
      [
        { fileSchema: FIELDS.map((name) => name.replace('ObjectLockMode', 'ObjectOwner')).join(', ') },
        /^INVENTORY_COLUMN_MISSING/,
      ],
      [{ sourceBucket: 'another' }, /^INVENTORY_FOREIGN_BUCKET/],
    ];
    for (const [change, code] of refusals) {
      deliverReport(change);
      expect(await extend('no', RULE, ...ON_ATHENA)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(code),
      });
    }
    deliverReport();
    reports.put(`locks/${BUCKET}/daily/data/0.csv.gz`, { body: 'something else' });
    expect((await extend('no', RULE, ...ON_ATHENA)).stderr).toMatch(/^INVENTORY_CHECKSUM/);
    expect(double.athena.executions.size).toBe(0);
    expect(databases()).toEqual([]);
    expect(recordOf(aws.records)).toEqual({});
  });

  test.each([
    ['the limit of scanned bytes', 'Bytes scanned limit was exceeded', 'BytesScannedCutoffPerQuery'],
    ['a query that broke', 'GENERIC_INTERNAL_ERROR: broken', 'get-query-execution'],
  ])('%s', async (_, reason, hint) => {
    deliverReport();
    double.athena.fault = (sql) => (sql.includes('retention_selected') ? { state: 'FAILED', reason } : null);
    const { status, stderr } = await extend('no', RULE, ...ON_ATHENA);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^QUERY_FAILED/)]);
    expect(stderr).toContain(reason);
    expect(stderr).toContain(hint);
    expect(databases()).toEqual([]);
    expect(recordOf(aws.records)).toEqual({});
    await expect(readdir(join(aws.folder, 'no'))).rejects.toThrow();
  });

  test('a key with two current versions, before a manifest is written', async () => {
    deliverReport();
    const twice = inventoryOf(aws.bucket).trimEnd().split('\n').at(-1);
    const body = gzipSync(`${twice}\n${twice}\n`);
    const key = `locks/${BUCKET}/daily/data/0.csv.gz`;
    const MD5checksum = createHash('md5').update(body).digest('hex');
    deliverReport({ files: [{ key, size: body.length, MD5checksum }] });
    reports.put(key, { body });
    expect((await extend('no', RULE, ...ON_ATHENA)).stderr).toMatch(/^INVENTORY_INCONSISTENT/);
    expect([...double.athena.executions.values()].some(({ sql }) => sql.includes('TEXTFILE'))).toBe(false);
    expect(databases()).toEqual([]);
  });
});

test('a report that is small is brought here unless Athena is asked for', async () => {
  aws.bucket.put('k');
  deliverReport();
  const result = await extend('out', RULE, ...REPORT, '--record-bucket', RECORDS, '--json');
  expect(result).toMatchObject({ status: 0, stderr: '' });
  expect(double.athena.executions.size).toBe(0);
  expect(JSON.parse(result.stdout).checks.map(({ code }: { code: string }) => code)).toContain(
    'QUERY_ENGINE',
  );
});
