import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { ProcessEnd } from '../cli/borrowed-process.ts';
import { runCommand } from '../execute/run-command.ts';
import { clientOf } from '../sandbox/client.ts';
import { expectedRows, readRows, withFolder } from './listing-store.ts';

let sandbox: Sandbox;
let bucket: Bucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
  for (let index = 0; index < 50; index += 1) {
    bucket.put(`a/${index}`, { body: 'x', lastModified: '2026-01-01T00:00:00Z' });
    if (index < 20) bucket.addDeleteMarker(`a/${index}`, { lastModified: '2026-01-03T00:00:00Z' });
  }
});
afterEach(() => sandbox.stop());

function run(args: readonly string[], environment: Record<string, string> = {}): Promise<ProcessEnd> {
  const endpoint = args.includes('--endpoint-url') ? [] : ['--endpoint-url', sandbox.endpoint];
  return runCommand(null, [...args, ...endpoint, '--force-path-style'], environment);
}

test('inventory lists to CSV, says so in JSON, and tells what stands in the way', async () => {
  bucket.mfaDelete = true;
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.csv');
    const { status, stdout } = await run([
      'inventory',
      '--bucket',
      'data',
      '--prefix',
      'a/',
      'a/1',
      '--out',
      out,
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'inventory',
      out,
      prefixes: ['a/'],
      format: 'csv',
      entries: 70,
      keys: 50,
      checks: expect.arrayContaining([
        expect.objectContaining({ code: 'MFA_DELETE_ENABLED', level: 'blocking' }),
      ]),
    });
    expect(await readRows(out)).toEqual(expectedRows(bucket));
    expect((await readFile(out, 'utf8')).split('\n')[0]).toBe(
      'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag,ordinal',
    );
  });
});

describe('refusals', () => {
  const cases: [string, string[], string, Record<string, string>?][] = [
    ['a missing bucket', ['--bucket', 'nothing-here'], 'BUCKET_NOT_FOUND'],
    ['versioning never enabled', ['--bucket', 'plain-bucket'], 'VERSIONING_NOT_ENABLED'],
    ['a directory bucket', ['--bucket', 'fast--use1-az4--x-s3'], 'INVALID_BUCKET'],
    [
      'an endpoint where nothing answers',
      ['--bucket', 'data', '--endpoint-url', 'http://127.0.0.1:9'],
      'ENDPOINT_UNREACHABLE',
    ],
    [
      'an endpoint that is no URL',
      ['--bucket', 'data', '--endpoint-url', 'localhost:9000'],
      'INVALID_OPTION',
    ],
    ['a senseless concurrency', ['--bucket', 'data', '--concurrency', '0'], 'INVALID_OPTION'],
    ['refused credentials', ['--bucket', 'data'], 'ACCESS_DENIED', { AWS_ACCESS_KEY_ID: 'AKIAGONE' }],
  ];
  test.each(cases)('%s', async (_, args, code, environment) => {
    sandbox.createBucket('plain-bucket');
    sandbox.deniedKeys.set('AKIAGONE', 'InvalidAccessKeyId');
    await withFolder(async (folder) => {
      const out = join(folder, 'versions.parquet');
      const { status, stderr } = await run(['inventory', ...args, '--out', out, '--quiet'], environment);
      expect([status, stderr.split(':')[0]]).toEqual([2, code]);
      expect(stderr).toContain('\nNext: ');
      await expect(stat(`${out}.partial`)).rejects.toThrow();
    });
  });
});

test('plan --list looks at the destination before it lists for a long time', async () => {
  await withFolder(async (folder) => {
    const { status, stderr } = await run([
      ...['plan', '--list', '--bucket', 'data', '--timestamp', '2025-01-01T00:00:00Z', '--quiet'],
      ...['--mode', 'copy-to-bucket', '--destination-bucket', 'not-there', '--out', join(folder, 'plan')],
    ]);
    expect([status, stderr.split(':')[0]]).toEqual([2, 'BUCKET_NOT_FOUND']);
    expect(sandbox.requests.count('ListObjectVersions')).toBe(0);
  });
});

test('plan --list lists first, keeps the listing in the record and the bucket in mind', async () => {
  const lifecycle =
    '<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter></Filter><NoncurrentVersionExpiration><NoncurrentDays>400</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>';
  bucket.configurations.set('lifecycle', lifecycle);
  await withFolder(async (folder) => {
    const out = join(folder, 'plan');
    const args = [
      'plan',
      '--list',
      '--bucket',
      'data',
      '--timestamp',
      '2026-01-02T00:00:00Z',
      '--out',
      out,
      '--json',
    ];
    const { status, stdout, stderr } = await run(args);
    expect([status, stderr.includes('Error')]).toEqual([0, false]);
    const plan = JSON.parse(stdout) as { checks: { code: string }[] };
    expect(plan).toMatchObject({
      inputs: { noncurrentExpirationDays: 400 },
      inventory: { location: 'inventory.parquet', order: 'ordinal', entries: 70 },
      classes: expect.arrayContaining([
        expect.objectContaining({ class: 'remove-delete-markers', keys: 20 }),
      ]),
    });
    const codes = plan.checks.map(({ code }) => code);
    expect(codes).toContain('LIFECYCLE_EXPIRES_NONCURRENT');
    expect(codes).not.toContain('BUCKET_NOT_CHECKED');
    expect((await stat(join(out, 'inventory.parquet'))).size).toBeGreaterThan(0);
  });
});

test('plan takes an inventory, or a report, from S3', async () => {
  const reports = sandbox.createBucket('reports');
  await withFolder(async (folder) => {
    const csv = join(folder, 'versions.csv');
    await run(['inventory', '--bucket', 'data', '--out', csv]);
    const body = await readFile(csv);
    const client = clientOf(sandbox);
    const put = (Key: string, Body: Buffer | string) =>
      client.send(new PutObjectCommand({ Bucket: 'reports', Key, Body }));
    await put('lists/versions.csv', body);
    const rows = body.toString().split('\n').slice(1).join('\n').replace(/,\d+$/gm, '');
    const data = await put('data/config/data/1.csv', rows);
    await put(
      'data/config/2026-01-04T01-00Z/manifest.json',
      JSON.stringify({
        sourceBucket: 'data',
        fileFormat: 'CSV',
        fileSchema:
          'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, StorageClass, ETag',
        creationTimestamp: String(Date.parse('2026-01-04T01:00:00Z')),
        files: [
          { key: 'data/config/data/1.csv', size: rows.length, MD5checksum: data.ETag?.replaceAll('"', '') },
        ],
      }),
    );
    expect(reports.entryCount).toBe(3);
    const plan = (inventory: string, out: string) =>
      run([
        'plan',
        '--inventory',
        inventory,
        '--bucket',
        'data',
        '--timestamp',
        '2026-01-02T00:00:00Z',
        '--out',
        join(folder, out),
        '--json',
      ]);
    for (const [inventory, out] of [
      ['s3://reports/lists/versions.csv', 'p1'],
      ['s3://reports/data/config/2026-01-04T01-00Z/manifest.json', 'p2'],
    ] as const) {
      const { status, stdout, stderr } = await plan(inventory, out);
      expect([status, stderr.includes('Next:')]).toEqual([0, false]);
      expect(JSON.parse(stdout)).toMatchObject({ inventory: { location: inventory, entries: 70 } });
    }
    const missing = await plan('s3://reports/none.csv', 'p3');
    expect([missing.status, missing.stderr.includes('\nINVENTORY_NOT_FOUND: ')]).toEqual([2, true]);
  });
});

test('--requester-pays goes with every request of a listing, and of an inventory on S3', async () => {
  const payers = new Set<string | undefined>();
  sandbox.on('before', (_, request) => void payers.add(request.headers.get('x-amz-request-payer')));
  await withFolder(async (folder) => {
    const csv = join(folder, 'versions.csv');
    const listed = await run(['inventory', '--bucket', 'data', '--out', csv, '--requester-pays']);
    sandbox.createBucket('reports').put('versions.csv', { body: await readFile(csv) });
    const source = ['--inventory', 's3://reports/versions.csv', '--bucket', 'data'];
    const options = [
      '--timestamp',
      '2026-01-02T00:00:00Z',
      '--out',
      join(folder, 'plan'),
      '--requester-pays',
    ];
    const planned = await run(['plan', ...source, ...options]);
    expect([listed.status, planned.status]).toEqual([0, 0]);
    expect(sandbox.requests.count('GetObject')).toBe(1);
  });
  expect([...payers]).toEqual(['requester']);
});

test('a listing tells a later plan when it was taken; an unfinished one is asked to be resumed', async () => {
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.parquet');
    expect((await run(['inventory', '--bucket', 'data', '--out', out])).status).toBe(0);
    const { stdout } = await run([
      'plan',
      '--inventory',
      out,
      '--bucket',
      'data',
      '--timestamp',
      '2026-01-02T00:00:00Z',
      '--out',
      join(folder, 'plan'),
      '--json',
    ]);
    const { takenAt } = (JSON.parse(stdout) as { inventory: { takenAt: string } }).inventory;
    expect(Math.abs(Date.parse(takenAt) - Date.now())).toBeLessThan(120_000);
    await writeFile(join(folder, 'other.csv.partial'), '');
    const { stderr } = await run([
      'inventory',
      '--bucket',
      'data',
      '--out',
      join(folder, 'other.csv'),
      '--quiet',
    ]);
    expect(stderr).toContain('LISTING_NOT_RESUMABLE');
  });
});
