import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { configureMetadata } from '../metadata/configuration.ts';
import { type AthenaSandbox, startAthenaSandbox } from './athena-sandbox.ts';
import { queryTrino } from './client.ts';
import {
  appendToJournal,
  CATALOG,
  createMetadataCatalog,
  createMetadataTables,
  type MetadataRow,
} from './metadata-tables.ts';
import { RecordedBucket } from './recorded-bucket.ts';

/** The plan command on the tables of S3 Metadata: Iceberg tables on a real Trino, chosen by themselves. */

const POINT_IN_TIME = '2025-08-22T11:01:00Z';
const BEFORE = '2025-08-22T10:00:00Z';
const AFTER = '2025-08-22T12:00:00Z';
const RECORD = 'record-bucket';
/** Records that the live inventory table lacks. */
const LAG = 4;
const url = inject('trinoUrl');

let aws: AthenaSandbox;
let bucket: Bucket;
let scratch: string;
let later: MetadataRow;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  scratch = await mkdtemp(join(tmpdir(), 's3-rewind-metadata-'));
  aws = await startAthenaSandbox(url, RECORD);
  bucket = aws.sandbox.createBucket('data', { versioning: 'Enabled' });
  const tables = play(new RecordedBucket(bucket, aws.sandbox.clock)).tables(LAG);
  aws.sandbox.clock.set('2025-08-22T13:00:00Z');
  configureMetadata(bucket);
  await createMetadataCatalog(url, inject('trinoRoot'));
  await createMetadataTables(url, tables);
  const last = tables.journal.at(-1);
  later = { ...last, sequence_number: '90ffffffffff', version_id: 'written-later' };
});
afterAll(async () => {
  await queryTrino(url, `DROP CATALOG "${CATALOG}"`, { catalog: 'system' });
  await aws.stop();
  await rm(scratch, { recursive: true });
  vi.unstubAllEnvs();
});
beforeEach(() => {
  aws.athena.fault = () => null;
});

function play(recorded: RecordedBucket): RecordedBucket {
  recorded.put('old null', '2025-01-01T00:00:00Z', { isNull: true });
  for (const key of [
    'same',
    'overwritten',
    'deleted',
    "quoted 'key', ü+%20",
    'put back',
    'docs/a',
    'docs/b',
  ]) {
    recorded.put(key, BEFORE);
  }
  recorded.put('archived', BEFORE, { storageClass: 'GLACIER' });
  // One second, decided by the order alone.
  recorded.put('tie', '2025-08-22T10:30:00Z', { body: 'first' });
  recorded.put('tie', '2025-08-22T10:30:00Z', { body: 'second' });
  recorded.delete('gone at P', '2025-08-22T10:45:00Z');
  recorded.put('tie', AFTER);
  recorded.put('overwritten', AFTER);
  recorded.put('overwritten', AFTER, { body: 'once more' });
  recorded.put('archived', AFTER);
  recorded.put('old null', AFTER);
  recorded.put('new', AFTER, { storageClass: 'STANDARD_IA' });
  recorded.delete("quoted 'key', ü+%20", '2025-08-22T12:05:00Z');
  recorded.delete('put back', '2025-08-22T12:05:00Z');
  recorded.removeMarker('put back', '2025-08-22T12:06:00Z');
  recorded.put('gone at P', '2025-08-22T12:06:00Z');
  recorded.delete('docs/a', '2025-08-22T12:07:00Z', '210987654321');
  recorded.delete('docs/b', '2025-08-22T12:07:00Z', '210987654321');
  recorded.delete('deleted', '2025-08-22T12:08:00Z', '210987654321');
  return recorded;
}

let folders = 0;
async function plan(...options: string[]) {
  const out = join(scratch, String(++folders));
  const endpoint = ['--endpoint-url', aws.sandbox.endpoint, '--force-path-style'];
  const asked = ['--bucket', 'data', '--timestamp', POINT_IN_TIME, '--out', out, '--quiet'];
  const result = await runCommand('plan', ...asked, ...endpoint, ...options);
  const files: Record<string, string> = {};
  if (result.status === 0) {
    for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files[path.slice(out.length + 1)] = await readFile(path, 'utf8');
    }
  }
  return { ...result, files, made: JSON.parse(files['plan.json'] ?? 'null') as RollbackPlan };
}

const lists = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith('.csv')));

const MODES = [
  ['bucket-rollback', []],
  ['bucket-rollback', ['--prefix', 'docs/', "quoted '"]],
  ['delete-marker-removal', ['--mode', 'delete-marker-removal']],
  ['copy-to-bucket', ['--mode', 'copy-to-bucket', '--destination-bucket', RECORD]],
] as const;

test.each(MODES)('%s %j: as from a listing of the same history', async (_mode, options) => {
  const listed = await plan('--list', ...options);
  expect(listed.stderr).toBe('');
  const merged = await plan('--record-bucket', RECORD, ...options);
  expect(merged.stderr).toBe('');
  expect(merged.made.classes).toEqual(listed.made.classes);
  expect(merged.made.samples).toEqual(listed.made.samples);
  expect(lists(merged.files)).toEqual(lists(listed.files));
  expect(Object.keys(lists(merged.files)).length).toBeGreaterThan(0);
  expect(merged.made.inventory).toMatchObject({
    format: 's3-metadata',
    order: 'sequence-number',
    entriesInScope: listed.made.inventory.entriesInScope,
    keysInScope: listed.made.inventory.keysInScope,
  });
  expect([...aws.glue.databases.keys()]).toEqual([]);
  // The bucket was looked at, as for a listing.
  const bucketChecks = (made: RollbackPlan) =>
    made.checks.map(({ code }) => code).filter((code) => code !== 'QUERY_ENGINE');
  expect(bucketChecks(merged.made)).toEqual(bucketChecks(listed.made));
  expect(bucketChecks(merged.made)).not.toContain('BUCKET_NOT_CHECKED');
});

test('the plan says where it comes from, why, and who did it', async () => {
  const { files, made, stderr } = await plan('--record-bucket', RECORD, '--scenarios', '2');
  expect(stderr).toBe('');
  expect(made.engine).toMatchObject({
    name: 'athena',
    reason: 'the tables of S3 Metadata are read by Athena alone',
  });
  expect(made.engine?.scannedBytes).toBeGreaterThan(0);
  expect(made.sources?.map(({ source, chosen }) => [source, chosen])).toEqual([
    ['s3-metadata', true],
    ['s3-inventory', false],
    ['listing', false],
  ]);
  expect(made.requesters).toEqual({
    top: [
      { requester: '123456789012', puts: 7, deleteMarkers: 2, permanentDeletions: 1, keys: 8 },
      { requester: '210987654321', puts: 0, deleteMarkers: 3, permanentDeletions: 0, keys: 3 },
    ],
    total: 2,
  });
  expect(files['comment.md']).toContain('**S3 Metadata**, chosen: ');
  expect(files['comment.md']).toContain('| `210987654321` | 3 | 0 | 3 | 0 |');
  expect(made.sql[0]?.path).toBe('sql/00_inventory.athena.sql');
  expect(files['sql/00_inventory.athena.sql']).toMatch(
    /"s3tablescatalog\/aws-s3"\."b_data"\."journal" FOR VERSION AS OF \d+/,
  );
});

test('the digest follows the snapshots: the same ones give the same plan, a later record another', async () => {
  const first = await plan('--record-bucket', RECORD, '--scenarios', '1');
  const again = await plan('--record-bucket', RECORD, '--scenarios', '1');
  expect(again.stderr).toContain(`RECORD_EXISTS: s3://${RECORD}/${first.made.rollbackId}/`);
  // A record of another bucket changes nothing but the snapshot.
  await appendToJournal(url, 'b_data', [{ ...later, bucket: 'another' }]);
  const moved = await plan('--record-bucket', RECORD, '--scenarios', '1');
  expect(moved.stderr).toBe('');
  expect(moved.made.inventory.sha256).not.toBe(first.made.inventory.sha256);
  expect(moved.made.digest).not.toBe(first.made.digest);
  expect(lists(moved.files)).toEqual(lists(first.files));
});

test('a record that comes while the plan is made is not in it', async () => {
  const before = await plan('--record-bucket', RECORD, '--scenarios', '1,2');
  // It is written between the look at the snapshots and the merge.
  let appended: Promise<void> | null = null;
  const { backend } = aws;
  const execute = backend.execute;
  backend.execute = async (sql, location) => {
    if (sql.includes('CREATE TABLE') && sql.includes('"inventory" WITH')) {
      appended ??= appendToJournal(url, 'b_data', [later]);
      await appended;
    }
    return execute(sql, location);
  };
  try {
    const meanwhile = await plan('--record-bucket', RECORD, '--scenarios', '1,2', '--markers', 'copy');
    expect(appended).not.toBe(null);
    expect(meanwhile.stderr).toBe('');
    expect(meanwhile.made.inventory.entries).toBe(before.made.inventory.entries);
    expect(meanwhile.made.inventory.sha256).toBe(before.made.inventory.sha256);
  } finally {
    backend.execute = execute;
  }
  const after = await plan('--record-bucket', RECORD, '--scenarios', '1,2');
  expect(after.made.inventory.entries).toBe(before.made.inventory.entries + 1);
});

test('--no-use-metadata leaves them out, and says so', async () => {
  const { made, stderr } = await plan('--record-bucket', RECORD, '--no-use-metadata');
  expect(stderr).toBe('');
  expect(made.engine).toMatchObject({ name: 'duckdb' });
  expect(made.sources).toMatchObject([
    { source: 's3-metadata', chosen: false, reason: expect.stringContaining('--no-use-metadata') },
    { source: 's3-inventory', chosen: false },
    { source: 'listing', chosen: true },
  ]);
});

test('a table that is not there is refused with the way to it', async () => {
  await queryTrino(url, `ALTER TABLE "${CATALOG}".b_data.journal RENAME TO "${CATALOG}".b_data.hidden`, {
    catalog: CATALOG,
  });
  const { stderr, status } = await plan('--record-bucket', RECORD);
  expect(stderr).toMatch(/^METADATA_UNUSABLE: .*not in the catalog/);
  expect(stderr).toMatch(/get-bucket-metadata-configuration --bucket data; or plan with --no-use-metadata/);
  expect(status).toBe(2);
  expect([...aws.glue.databases.keys()]).toEqual([]);
});
