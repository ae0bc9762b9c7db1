import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { BUCKET, POINT_IN_TIME } from '../inventory/history.ts';
import { configure, report } from '../inventory/stored-report.ts';
import { type AthenaSandbox, startAthenaSandbox } from './athena-sandbox.ts';

/** A report that nobody named: found by the configurations of the bucket, read by Athena where it lies. */

const RECORD = 'record-bucket';
/** A plan is written once, so the second engine has a bucket of its own. */
const OTHER_RECORD = 'other-record-bucket';
let aws: AthenaSandbox;
let scratch: string;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  scratch = await mkdtemp(join(tmpdir(), 's3-rewind-found-'));
  aws = await startAthenaSandbox(inject('trinoUrl'), RECORD);
  aws.sandbox.createBucket(OTHER_RECORD, { versioning: 'Enabled' });
  const daily = { id: 'daily', format: 'Parquet' } as const;
  configure(aws.sandbox.createBucket(BUCKET, { versioning: 'Enabled' }), daily);
  await report(aws.sandbox.createBucket('inventory-bucket'), daily);
});
afterAll(async () => {
  await aws.stop();
  await rm(scratch, { recursive: true });
  vi.unstubAllEnvs();
});

async function plan(name: string, ...options: string[]): Promise<RollbackPlan> {
  const out = join(scratch, name);
  const endpoint = ['--endpoint-url', aws.sandbox.endpoint, '--force-path-style'];
  const asked = ['--bucket', BUCKET, '--timestamp', POINT_IN_TIME, '--out', out, '--quiet'];
  const { stderr } = await runCommand('plan', ...asked, ...endpoint, ...options);
  expect(stderr).toBe('');
  return JSON.parse(await readFile(join(out, 'plan.json'), 'utf8')) as RollbackPlan;
}

test('Athena makes the plan that DuckDB makes, checks and sources included', async () => {
  const here = await plan('here', '--record-bucket', OTHER_RECORD);
  const there = await plan('there', '--record-bucket', RECORD, '--engine', 'athena');
  expect(here.engine).toMatchObject({ name: 'duckdb', reason: expect.stringContaining('little enough') });
  expect(there.engine).toMatchObject({ name: 'athena', reason: 'it was asked for' });
  // The digests differ by the casts of the SQL: the schema of this report names other types than its file has.
  for (const part of [
    'inputs',
    'inventory',
    'classes',
    'manifests',
    'undoManifests',
    'reviewLists',
  ] as const) {
    expect(there[part]).toEqual(here[part]);
  }
  expect(there.rollbackId).toBe(here.rollbackId);
  expect(there.sources).toEqual(here.sources);
  expect(there.sources?.find(({ chosen }) => chosen)).toMatchObject({
    source: 's3-inventory',
    name: 'daily',
  });
  const codes = ({ checks }: RollbackPlan) => checks.map(({ code }) => code);
  expect(codes(there)).toEqual(codes(here));
  expect(codes(there)).not.toContain('BUCKET_NOT_CHECKED');
});
