import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addNoncurrentExpiration } from '../../src/retention/bucket-setup.ts';
import { runCommand } from '../cli/run-command.ts';
import { BUCKET, inventoryOf, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  stage = await openStage();
});
afterEach(() => stage.end());

const here = () => ['--endpoint-url', stage.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'];
const prepare = (...args: string[]) =>
  runCommand('prepare-retention', '--bucket', BUCKET, ...here(), ...args);
const configuration = (name: string) => stage.bucket.configurations.get(name) ?? '';

describe('prepare-retention', () => {
  test('adds an inventory with the Object Lock fields, once', async () => {
    const asked = ['--create-inventory', 's3://reports/locks/', '--json'];
    const { status, stdout } = await prepare(...asked);
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      {
        command: 'prepare-retention',
        bucket: BUCKET,
        inventory: true,
        expiration: null,
        reports: `s3://reports/locks/${BUCKET}/s3-rewind-retention/`,
      },
    ]);
    const xml = configuration('inventory/s3-rewind-retention');
    for (const part of [
      'ObjectLockRetainUntilDate',
      'ObjectLockMode',
      'ObjectLockLegalHoldStatus',
      '>All<',
      '>Weekly<',
      '>Parquet<',
      'arn:aws:s3:::reports',
    ]) {
      expect(xml).toContain(part);
    }
    expect(JSON.parse((await prepare(...asked)).stdout)).toMatchObject({ inventory: false });
    expect(configuration('inventory/s3-rewind-retention')).toBe(xml);
  });

  test('adds a rule for noncurrent versions, and keeps the others as they are', async () => {
    const other =
      '<Rule><ID>logs</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>30</Days></Expiration></Rule>';
    stage.bucket.configurations.set('lifecycle', `<LifecycleConfiguration>${other}</LifecycleConfiguration>`);
    const before = [...stage.bucket.configurations.keys()];
    const { status, stderr } = await prepare('--add-noncurrent-expiration', '7');
    expect([status, stderr]).toEqual([0, '']);
    const [name = ''] = [...stage.bucket.configurations.keys()].filter((key) => /lifecycle/i.test(key));
    expect(before).toContain(name);
    const xml = configuration(name);
    expect(xml).toContain('<ID>logs</ID>');
    expect(xml).toContain('<NoncurrentDays>7</NoncurrentDays>');
    expect((await prepare('--add-noncurrent-expiration', '7')).stdout).toContain('was there already');
    expect(configuration(name)).toBe(xml);
    const changed = await prepare('--add-noncurrent-expiration', '8');
    expect([changed.status, changed.stderr.split(':')[0]]).toEqual([2, 'INVALID_OPTION']);
    expect(configuration(name)).toBe(xml);
  });

  test.each([
    [[]],
    [['--create-inventory', 'reports']],
    [['--add-noncurrent-expiration', '0']],
    [['--add-noncurrent-expiration', '1.5']],
    [['--add-noncurrent-expiration', '7', '--schedule-interval-days', 'x']],
  ])('%j is refused', async (args) => {
    const { status, stderr } = await prepare(...args);
    expect([status, stderr.split(':')[0]]).toEqual([2, 'INVALID_OPTION']);
    expect([...stage.bucket.configurations.keys()]).toEqual([]);
  });

  test('rules that change under its hands are told, with what was there', async () => {
    let reads = 0;
    const calls = {
      listInventories: async () => [],
      createInventory: async () => {},
      readLifecycle: async () => {
        reads += 1;
        return { rules: reads === 1 ? [{ ID: 'mine', Status: 'Enabled' as const }] : [], minimumSize: null };
      },
      writeLifecycle: async () => {},
    };
    const made = addNoncurrentExpiration(calls, 'b', 7, (ID) => ({ ID, Status: 'Enabled' as const }));
    await expect(made).rejects.toMatchObject({
      code: 'LIFECYCLE_CHANGED',
      hint: expect.stringContaining('"mine"'),
    });
  });
});

test('a folder of reports stands for the newest finished one', async () => {
  stage.bucket.put('k');
  const reports = stage.sandbox.createBucket('reports');
  const folder = `locks/${BUCKET}/s3-rewind-retention/`;
  const text = inventoryOf(stage.bucket);
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const NAMES: Record<string, string> = {
    bucket: 'Bucket',
    key: 'Key',
    version_id: 'VersionId',
    is_latest: 'IsLatest',
    is_delete_marker: 'IsDeleteMarker',
    size: 'Size',
    last_modified_date: 'LastModifiedDate',
    storage_class: 'StorageClass',
    e_tag: 'ETag',
    object_lock_retain_until_date: 'ObjectLockRetainUntilDate',
    object_lock_mode: 'ObjectLockMode',
    object_lock_legal_hold_status: 'ObjectLockLegalHoldStatus',
  };
  const data = gzipSync(`${lines.join('\n')}\n`);
  reports.put(`${folder}data/one.csv.gz`, { body: data });
  const manifest = JSON.stringify({
    sourceBucket: BUCKET,
    destinationBucket: 'arn:aws:s3:::reports',
    version: '2016-11-30',
    creationTimestamp: String(stage.sandbox.clock.now() - 3_600_000),
    fileFormat: 'CSV',
    fileSchema: header
      .split(',')
      .map((name) => NAMES[name])
      .join(', '),
    files: [
      {
        key: `${folder}data/one.csv.gz`,
        size: data.length,
        MD5checksum: createHash('md5').update(data).digest('hex'),
      },
    ],
  });
  reports.put(`${folder}2025-12-28T01-00Z/manifest.json`, { body: '{}' });
  reports.put(`${folder}2026-01-04T01-00Z/manifest.json`, { body: manifest });
  // Not finished: S3 writes the manifest last.
  reports.put(`${folder}2026-01-11T01-00Z/manifest.checksum`, { body: '' });
  reports.put(`${folder}hive/dt=2026-01-11-01-00/symlink.txt`, { body: '' });
  const config = join(stage.folder, 'settings.yml');
  await writeFile(
    config,
    `bucket: ${BUCKET}\nrules: [{minimumRetentionDays: 90, extensionFrequencyDays: 28}]\n`,
  );
  const plan = (from: string, out: string) =>
    runCommand(
      'extend-retention',
      '--config',
      config,
      '--inventory',
      from,
      '--out',
      join(stage.folder, out),
      '--quiet',
      ...here(),
    );
  const { status, stdout, stderr } = await plan(`s3://reports/${folder}`, 'one');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('1 of 1 current versions are due');
  const nothing = await plan('s3://reports/elsewhere/', 'two');
  expect([nothing.status, nothing.stderr.split(':')[0]]).toEqual([2, 'INVENTORY_NOT_FOUND']);
});
