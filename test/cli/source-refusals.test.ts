import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AthenaService } from '../../sandbox/athena/athena.ts';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { ERROR_KINDS, type ErrorCode } from '../../src/errors.ts';
import { BUCKET, POINT_IN_TIME } from '../inventory/history.ts';
import { type Configured, configure, type Reported, report } from '../inventory/stored-report.ts';
import { configureMetadata } from '../metadata/configuration.ts';
import { expectInert } from './refusal.ts';
import { runCommand } from './run-command.ts';

/** Why a plan cannot have its inventory from AWS, as the command line says it. No query of these ever succeeds. */

const RECORD = 'record-bucket';
const REPORTS = 'inventory-bucket';

type Stage = {
  sandbox: Sandbox;
  source: Bucket;
  destination: Bucket;
  /** makes every query fail */
  failQueries(reason: string): void;
};

let stage: Stage;
let glue: GlueCatalog;
let scratch: string;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 's3-rewind-sources-'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const sandbox = await startSandbox();
  glue = new GlueCatalog();
  const execute = () => Promise.reject(new Error('no query was to be run'));
  const athena = new AthenaService({ execute }, `s3://${RECORD}/work/`);
  sandbox.routes.push(...glue.routes(), ...athena.routes());
  sandbox.createBucket(RECORD, { versioning: 'Enabled' });
  stage = {
    sandbox,
    source: sandbox.createBucket(BUCKET, { versioning: 'Enabled' }),
    destination: sandbox.createBucket(REPORTS),
    failQueries(reason) {
      athena.fault = () => ({ state: 'FAILED', reason });
    },
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stage.sandbox.stop();
  rmSync(scratch, { recursive: true });
});

const ROLE = 'arn:aws:iam::123456789012:role/plan-role';
const denied = (action: string) =>
  `User: arn:aws:sts::123456789012:assumed-role/plan-role/run-7 is not authorized to perform: ${action} on resource: "arn:aws:x"`;
/** The operation is refused as AWS does where a policy does not allow it. */
const deny = (operation: string, action: string, code = 'AccessDenied', status = 403) => ({
  operation,
  effect: { error: { code, status, message: denied(action) } },
});
const ATHENA = ['--engine', 'athena', '--record-bucket', RECORD];
const named = (stamp: string) => [
  ...ATHENA,
  '--inventory',
  `s3://${REPORTS}/inventories/${BUCKET}/everything/${stamp}/manifest.json`,
];
const STAMP = '2025-08-24T01-00Z';
const OLD_STAMP = '2025-08-22T01-00Z';
const NO_SIZE = {
  fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, LastModifiedDate, StorageClass, ETag',
};
const reported = async (configured: Configured = {}, stored: Reported = {}) => {
  configure(stage.source, configured);
  await report(stage.destination, configured, stored);
};
const metadata = (reason: string) => {
  configureMetadata(stage.source);
  stage.failQueries(reason);
};
const elsewhere = (name: string) => {
  stage.sandbox.store.buckets.delete(name);
  stage.sandbox.createBucket(name, { versioning: 'Enabled', region: 'eu-west-1' });
};

type Case = {
  name: string;
  options: string[];
  prepare?: () => Promise<void> | void;
  code: ErrorCode;
  message: RegExp;
  next: RegExp;
};

const CASES: Case[] = [
  {
    name: 'no usable inventory: none is configured, and only a report will do',
    options: ['--inventory', 's3-inventory'],
    code: 'NO_USABLE_INVENTORY',
    message: /the bucket has no inventory configuration/,
    next: /--list.*list-bucket-inventory-configurations --bucket example-bucket/,
  },
  {
    name: 'no usable inventory: each is named with its reason',
    options: ['--inventory', 's3-inventory', '--record-bucket', RECORD],
    async prepare() {
      await reported({ id: 'current', versions: 'Current' });
      await reported({ id: 'logs', prefix: 'logs/' });
    },
    code: 'NO_USABLE_INVENTORY',
    message: /'current': it lists current versions only.*'logs': it lists keys below 'logs\/' only/,
    next: /--list/,
  },
  {
    name: 'no usable inventory for Athena: nothing but a listing',
    options: ATHENA,
    prepare: () => configureMetadata(stage.source, { inventory: 'BACKFILLING' }),
    code: 'NO_USABLE_INVENTORY',
    message:
      /s3-metadata: the live inventory table is being backfilled.*s3-inventory: the bucket has no inventory/,
    next: /leave --engine athena out.*listing/,
  },
  {
    name: 'an inventory older than the incident, where one was to be found',
    options: ['--inventory', 's3-inventory', '--record-bucket', RECORD],
    prepare: () => reported({}, { stamp: OLD_STAMP }),
    code: 'NO_USABLE_INVENTORY',
    message:
      /its newest report began at 2025-08-22T01:00:00Z, before the point in time.*the next comes within a day/,
    next: /wait for a report/,
  },
  {
    name: 'an inventory older than the incident, named',
    options: named(OLD_STAMP),
    prepare: () => reported({}, { stamp: OLD_STAMP }),
    code: 'INVENTORY_TOO_OLD',
    message: /was taken at 2025-08-22T01:00:00Z, before the point in time/,
    next: /take a newer inventory/,
  },
  {
    name: 'no Size field, where a report was to be found',
    options: ['--inventory', 's3-inventory', '--record-bucket', RECORD],
    prepare: () => reported({}, { manifest: NO_SIZE }),
    code: 'NO_USABLE_INVENTORY',
    message: /it has no column size; without it, copies up to 5 GiB/,
    next: /--list/,
  },
  {
    name: 'no Size field, in a report that is named',
    options: named(STAMP),
    prepare: () => reported({}, { manifest: NO_SIZE }),
    code: 'INVENTORY_COLUMN_MISSING',
    message: /has no column size/,
    next: /take the inventory again with all fields/,
  },
  {
    name: 'the table bucket is not integrated',
    options: ['--record-bucket', RECORD],
    prepare: () => metadata("CATALOG_NOT_FOUND: line 2:6: Catalog 's3tablescatalog/aws-s3' not found"),
    code: 'METADATA_UNUSABLE',
    message:
      /table buckets of account 123456789012 in us-east-1 are not integrated with the Glue Data Catalog/,
    next: /aws glue create-catalog --region us-east-1 --name s3tablescatalog .*or plan with --no-use-metadata/,
  },
  {
    name: 'Lake Formation',
    options: ATHENA,
    prepare: () => metadata('Insufficient Lake Formation permission(s): Required Select on journal'),
    code: 'METADATA_UNUSABLE',
    message: /Lake Formation keeps ROLE_ARN from the S3 Metadata tables of 'example-bucket'/,
    next: /aws lakeformation grant-permissions --region us-east-1 .*SELECT DESCRIBE/,
  },
  {
    name: 'a KMS key of the tables',
    options: ['--record-bucket', RECORD],
    prepare: () => metadata(denied('kms:Decrypt')),
    code: 'METADATA_UNUSABLE',
    message: new RegExp(`encrypted with a KMS key that ${ROLE} may not use`),
    next: /add to the key's policy: \{.*"kms:Decrypt"/,
  },
  {
    name: 'denied: the data of the tables',
    options: ['--record-bucket', RECORD],
    prepare: () => metadata(denied('s3tables:GetTableData')),
    code: 'METADATA_UNUSABLE',
    message: new RegExp(`${ROLE} may not s3tables:GetTableData`),
    next: new RegExp(`allow s3tables:GetTableData to ${ROLE}; or plan with --no-use-metadata`),
  },
  {
    name: 'denied: running a query, which leaving S3 Metadata out would not help',
    options: ['--record-bucket', RECORD],
    prepare() {
      configureMetadata(stage.source);
      stage.sandbox.faults.add(
        deny('StartQueryExecution', 'athena:StartQueryExecution', 'AccessDeniedException', 400),
      );
    },
    code: 'ACCESS_DENIED',
    message: /athena:StartQueryExecution is denied on the workgroup s3-rewind-plan/,
    next: new RegExp(
      `^allow athena:StartQueryExecution to ${ROLE}; docs/security.md names the role of the bootstrap stack that may$`,
    ),
  },
  {
    name: 'denied: the database of the plan',
    options: ['--record-bucket', RECORD],
    prepare() {
      configureMetadata(stage.source);
      stage.sandbox.faults.add(deny('CreateDatabase', 'glue:CreateDatabase', 'AccessDeniedException', 400));
    },
    code: 'ACCESS_DENIED',
    message: /glue:CreateDatabase is denied on the database s3_rewind_plan_[0-9a-f]{8}/,
    next: new RegExp(`allow glue:CreateDatabase to ${ROLE}`),
  },
  {
    name: 'denied: the files of a report, by the query that reads them',
    options: named(STAMP),
    async prepare() {
      await reported();
      stage.failQueries(`PERMISSION_DENIED: Access Denied: ${denied('s3:GetObject')}`);
    },
    code: 'ACCESS_DENIED',
    message: /The Athena query [0-9a-f-]{36} failed: PERMISSION_DENIED/,
    next: new RegExp(`^allow s3:GetObject to ${ROLE}, then run the same command again$`),
  },
  {
    name: 'denied: the inventory configurations, where only a report will do',
    options: ['--inventory', 's3-inventory'],
    prepare: () =>
      void stage.sandbox.faults.add(
        deny('ListBucketInventoryConfigurations', 's3:GetInventoryConfiguration'),
      ),
    code: 'ACCESS_DENIED',
    message: /is denied: User: arn:aws:sts::123456789012:assumed-role\/plan-role\/run-7/,
    next: new RegExp(`allow s3:GetInventoryConfiguration on arn:aws:s3:::example-bucket to ${ROLE}`),
  },
  {
    name: 'denied: every source that Athena could read, each with the action and the role',
    options: ATHENA,
    prepare() {
      const { faults } = stage.sandbox;
      faults.add(deny('GetBucketMetadataConfiguration', 's3:GetBucketMetadataTableConfiguration'));
      faults.add(deny('ListBucketInventoryConfigurations', 's3:GetInventoryConfiguration'));
    },
    code: 'NO_USABLE_INVENTORY',
    message: new RegExp(
      `allow s3:GetBucketMetadataTableConfiguration on .* to ${ROLE}.*allow s3:GetInventoryConfiguration on .* to ${ROLE}`,
    ),
    next: /leave --engine athena out/,
  },
  {
    name: 'denied: the record bucket',
    options: ['--record-bucket', RECORD],
    prepare() {
      configureMetadata(stage.source);
      stage.sandbox.faults.add({ ...deny('ListObjectsV2', 's3:ListBucket'), bucket: RECORD });
    },
    code: 'ACCESS_DENIED',
    message: /record-bucket/,
    next: new RegExp(`allow s3:ListBucket on arn:aws:s3:::${RECORD}.* to ${ROLE}`),
  },
  {
    name: 'a Region mismatch: the bucket',
    options: ['--record-bucket', RECORD],
    prepare: () => elsewhere(BUCKET),
    code: 'WRONG_REGION',
    message: /'example-bucket' is in the Region eu-west-1/,
    next: /^add --region eu-west-1$/,
  },
  {
    name: 'a Region mismatch: the record bucket',
    options: ['--record-bucket', RECORD],
    prepare() {
      configureMetadata(stage.source);
      elsewhere(RECORD);
    },
    code: 'WRONG_REGION',
    message: /'record-bucket' is in the Region eu-west-1\. Athena writes to its own Region only/,
    next: /name with --record-bucket the record bucket of the Region of 'example-bucket'/,
  },
];

describe.each(CASES)('$name', ({ options, prepare, code, message, next }) => {
  test('is refused with the next step, and leaves nothing behind', async () => {
    await prepare?.();
    const out = join(scratch, 'plan');
    const endpoint = ['--endpoint-url', stage.sandbox.endpoint, '--force-path-style'];
    const asked = ['--bucket', BUCKET, '--timestamp', POINT_IN_TIME, '--out', out, '--quiet', '--json'];
    const { status, stdout, stderr } = await runCommand('plan', ...asked, ...endpoint, ...options);
    expect(stderr).toMatch(/^[A-Z_]+: .+\nNext: .+\n$/);
    expect(stderr.slice(0, stderr.indexOf(':'))).toBe(code);
    const { error } = JSON.parse(stdout);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(next);
    expect(status).toBe(ERROR_KINDS[code].exit);
    expectInert(stderr);
    expect(readdirSync(scratch)).toEqual([]);
    expect([...glue.databases.keys()]).toEqual([]);
  });
});
