import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openInventoryReader } from '../../src/aws/inventory-reports.ts';
import { findInventoryReport, requireInventoryReport } from '../../src/inventory/s3-inventory.ts';
import { type CommandResult, runCommand } from '../cli/run-command.ts';
import { clientOf } from '../sandbox/client.ts';
import { BUCKET, POINT_IN_TIME } from './history.ts';
import { type Configured, configure, type Reported, report } from './stored-report.ts';

let sandbox: Sandbox;
let source: Bucket;
let destination: Bucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  source = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  destination = sandbox.createBucket('inventory-bucket');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox.stop();
});

const request = { bucket: BUCKET, prefixes: [], timestamp: POINT_IN_TIME, formats: ['CSV', 'Parquet'] };
const find = (change: object = {}) =>
  findInventoryReport(openInventoryReader(clientOf(sandbox)), { ...request, ...change });
const require = (change: object = {}) =>
  requireInventoryReport(openInventoryReader(clientOf(sandbox)), { ...request, ...change });

async function set(configured: Configured = {}, ...reports: Reported[]): Promise<void> {
  configure(source, configured);
  for (const reported of reports.length === 0 ? [{}] : reports)
    await report(destination, configured, reported);
}

test('the newest complete report of all configurations is taken, whatever page its configuration is on', async () => {
  for (let index = 0; index < 120; index += 1)
    configure(source, { id: `unused-${String(index).padStart(3, '0')}` });
  await set({ id: 'weekly', frequency: 'Weekly' }, { stamp: '2025-08-24T01-00Z' });
  await set(
    { id: 'z-daily', format: 'Parquet' },
    { stamp: '2025-08-25T01-00Z' },
    { stamp: '2025-08-26T01-00Z', checksum: '' },
  );
  const { report: found, considered } = await find();
  expect(found).toMatchObject({
    configuration: 'z-daily',
    location: `s3://inventory-bucket/inventories/${BUCKET}/z-daily/2025-08-25T01-00Z/manifest.json`,
    format: 'Parquet',
    takenAt: new Date('2025-08-25T01:00:00Z'),
  });
  expect(considered).toHaveLength(122);
  expect(considered.filter(({ chosen }) => chosen).map(({ name }) => name)).toEqual(['z-daily']);
  const reasonOf = (id: string) => considered.find(({ name }) => name === id)?.reason;
  expect(reasonOf('z-daily')).toMatch(
    /began at 2025-08-25T01:00:00Z, 2 d 14 h after.*without EncryptionStatus.*report 2025-08-26T01-00Z: it has no manifest\.checksum/,
  );
  expect(reasonOf('weekly')).toMatch(/; z-daily serves better$/);
});

test('of one moment, Parquet is taken', async () => {
  await set({ id: 'a' });
  await set({ id: 'b', format: 'Parquet' });
  expect((await find()).report?.configuration).toBe('b');
});

test('a report below a prefix serves a plan below it', async () => {
  await set({ prefix: 'docs/' });
  expect((await find({ prefixes: ['docs/a', 'docs/'] })).report).not.toBeNull();
  expect((await find({ prefixes: ['docs/a', 'doc'] })).report).toBeNull();
  expect((await find()).report).toBeNull();
});

test('ORC serves Athena', async () => {
  const schema =
    'struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,last_modified_date:timestamp,e_tag:string,storage_class:string>';
  await set({ format: 'ORC' }, { manifest: { fileSchema: schema } });
  expect((await find({ formats: ['ORC'] })).report).toMatchObject({
    format: 'ORC',
    columns: expect.arrayContaining(['version_id', 'size']),
  });
});

type Refused = [name: string, set: () => Promise<void> | void, reason: RegExp];
const denied =
  'User: arn:aws:sts::123456789012:assumed-role/plan-role/run-7 is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::inventory-bucket"';

const REFUSED: Refused[] = [
  ['no configuration', () => {}, /the bucket has no inventory configuration/],
  [
    'current versions only',
    () => set({ versions: 'Current' }),
    /'everything': it lists current versions only/,
  ],
  ['another prefix', () => set({ prefix: 'logs/' }), /keys below 'logs\/' only/],
  [
    'ORC for the embedded engine',
    () => set({ format: 'ORC' }),
    /ORC, which the embedded engine does not read; Athena does/,
  ],
  [
    'no report yet',
    () => configure(source),
    /no report below s3:\/\/inventory-bucket\/inventories\/example-bucket\/everything\/ yet/,
  ],
  [
    'a report from before the incident',
    () => set({}, { stamp: '2025-08-22T01-00Z' }),
    /began at 2025-08-22T01:00:00Z, before the point in time.*within a day/,
  ],
  [
    'a weekly one from before it',
    () => set({ frequency: 'Weekly' }, { stamp: '2025-08-17T01-00Z' }),
    /the next comes on Sunday/,
  ],
  [
    'a scan that began too soon after',
    () => set({}, { stamp: '2025-08-22T11-31Z' }),
    /only 30 min after the point in time, and may not hold what happened then/,
  ],
  ['no manifest', () => set({}, { without: 'manifest.json' }), /no manifest\.json, so it is not complete/],
  ['no checksum', () => set({}, { checksum: '' }), /no manifest\.checksum, so it is not complete/],
  ['another checksum', () => set({}, { checksum: '0123' }), /manifest\.checksum says 0123/],
  [
    'a manifest that is none',
    () => set({}, { manifest: { files: 'none' } }),
    /is not the manifest of an S3 Inventory report: 'files'/,
  ],
  ['another bucket', () => set({}, { manifest: { sourceBucket: 'other' } }), /names the bucket 'other'/],
  ['no files', () => set({}, { manifest: { files: [] } }), /it lists no file/],
  [
    'no Size',
    () =>
      set(
        {},
        {
          manifest: {
            fileSchema:
              'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, LastModifiedDate, StorageClass, ETag',
          },
        },
      ),
    /it has no column size; without it, copies up to 5 GiB/,
  ],
  [
    'no LastModifiedDate',
    () =>
      set(
        {},
        {
          manifest: {
            fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, StorageClass, ETag',
          },
        },
      ),
    /no column last_modified/,
  ],
  [
    'current versions by its own schema',
    () => set({}, { manifest: { fileSchema: 'Bucket, Key, Size, LastModifiedDate, StorageClass, ETag' } }),
    /no column version_id, is_latest, is_delete_marker/,
  ],
  [
    'a destination that is gone',
    () => configure(source, { destination: 'gone-bucket' }),
    /There is no bucket 'gone-bucket'/,
  ],
  [
    'a destination that may not be listed',
    () => {
      configure(source);
      sandbox.faults.add({
        operation: 'ListObjectsV2',
        effect: { error: { code: 'AccessDenied', status: 403, message: denied } },
      });
    },
    /allow s3:ListBucket on arn:aws:s3:::inventory-bucket to arn:aws:iam::123456789012:role\/plan-role/,
  ],
];

test.each(REFUSED)('refused: %s', async (_, prepare, reason) => {
  await prepare();
  await expect(require()).rejects.toMatchObject({
    code: 'NO_USABLE_INVENTORY',
    message: expect.stringMatching(reason),
    hint: expect.stringContaining('--list'),
  });
});

test('configurations that may not be read: the action and the role are named', async () => {
  sandbox.faults.add({
    operation: 'ListBucketInventoryConfigurations',
    effect: {
      error: {
        code: 'AccessDenied',
        status: 403,
        message: denied.replace('ListBucket', 'GetInventoryConfiguration'),
      },
    },
  });
  await expect(require()).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    hint: expect.stringMatching(
      /allow s3:GetInventoryConfiguration on arn:aws:s3:::example-bucket to arn:aws:iam::123456789012:role\/plan-role/,
    ),
  });
});

describe('the plan command', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 's3-rewind-sources-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  const plan = (...options: string[]): Promise<CommandResult> =>
    runCommand(
      ...['plan', '--bucket', BUCKET, '--timestamp', POINT_IN_TIME, '--out', join(scratch, 'plan')],
      ...['--endpoint-url', sandbox.endpoint, '--force-path-style', '--quiet', '--json', ...options],
    );
  const written = (name: string) => readFileSync(join(scratch, 'plan', name), 'utf8');

  test.each(['CSV', 'Parquet'] as const)(
    'takes the %s report where none is named, and says why',
    async (format) => {
      await set({ format });
      const { status, stderr } = await plan();
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const { inventory, sources, checks } = JSON.parse(written('plan.json'));
      expect(inventory).toMatchObject({
        format: `s3-inventory-${format.toLowerCase()}`,
        takenAt: '2025-08-24T01:00:00Z',
      });
      expect(sources).toEqual([
        { source: 's3-metadata', name: null, chosen: false, reason: expect.stringContaining('Athena') },
        {
          source: 's3-inventory',
          name: 'everything',
          chosen: true,
          reason: expect.stringContaining(`a complete ${format} report`),
        },
        { source: 'listing', name: null, chosen: false, reason: expect.stringContaining('--list') },
      ]);
      // The bucket was there to be looked at.
      expect(checks.map(({ code }: { code: string }) => code)).not.toContain('BUCKET_NOT_CHECKED');
      expect(written('comment.md')).toMatch(/\*\*S3 Inventory\*\* `everything`, chosen: a complete/);
    },
  );

  test('lists the bucket where no report serves', async () => {
    configure(source, { versions: 'Current' });
    source.put('a', { body: 'x', lastModified: '2025-08-22T12:00:00Z' });
    const { status } = await plan('--inventory', 'auto', '--no-use-metadata');
    expect(status).toBe(0);
    const { inventory, sources } = JSON.parse(written('plan.json'));
    expect(inventory).toMatchObject({ location: 'inventory.parquet', order: 'ordinal' });
    expect(sources.map(({ chosen }: { chosen: boolean }) => chosen)).toEqual([false, false, true]);
    expect(sources[0].reason).toContain('--no-use-metadata');
    expect(sources[1].reason).toContain('current versions only');
  });

  test('a source that the user names is not explained', async () => {
    source.put('a', { body: 'x', lastModified: '2025-08-22T12:00:00Z' });
    expect((await plan('--list')).status).toBe(0);
    expect(JSON.parse(written('plan.json'))).not.toHaveProperty('sources');
  });

  test.each([
    [['--inventory', 's3-inventory'], 'NO_USABLE_INVENTORY', /no inventory configuration/],
    [['--inventory', 'auto', 'b.csv'], 'INVALID_OPTION', /auto stands among 2 paths/],
    [['--inventory', 'auto', '--list'], 'INVALID_OPTION', /exclude each other/],
    [['--inventory', ''], 'INVALID_OPTION', /a value for --inventory/],
    [['--bucket', 'nothing-here'], 'BUCKET_NOT_FOUND', /no bucket 'nothing-here'/],
  ])('refuses %j', async (options, code, message) => {
    const { status, stderr } = await plan(...options);
    expect(stderr).toMatch(message);
    expect(stderr.split(':')[0]).toBe(code);
    expect(status).toBe(2);
  });

  test('a report whose file is not the one that its manifest lists is refused', async () => {
    await set(
      {},
      {
        manifest: {
          files: [
            {
              key: `inventories/${BUCKET}/everything/data/2025-08-24T01-00Z.csv.gz`,
              size: 1,
              MD5checksum: '0'.repeat(32),
            },
          ],
        },
      },
    );
    expect((await plan()).stderr).toMatch(/^INVENTORY_CHECKSUM/);
  });

  test('a bucket in another Region is named', async () => {
    sandbox.faults.add({
      operation: 'ListBucketInventoryConfigurations',
      effect: {
        error: { code: 'AuthorizationHeaderMalformed', status: 400, message: 'the region is wrong' },
      },
    });
    expect((await plan()).stderr).toMatch(/^WRONG_REGION/);
  });
});
