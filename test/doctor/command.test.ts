import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { CloudFormation } from '../../sandbox/cloudformation/cloud-formation.ts';
import type { Environment, Repository } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { DoctorReport } from '../../src/doctor/diagnose.ts';
import { doctorReportSchema } from '../../src/doctor/diagnose.ts';
import { runCommand } from '../cli/run-command.ts';
import { bootstrapStack } from '../iam/stacks.ts';
import { BUCKET } from '../inventory/history.ts';
import { configure, report as putReport } from '../inventory/stored-report.ts';
import { copyOf, PUBLISHED } from './healthy.ts';

/** The command against a strict GitHub and a sandbox of S3, CloudFormation, IAM and STS. */

const REPOSITORY = 'my-org/my-repo';
const RECORDS = 'my-records';
const STACK = 's3-rewind-bootstrap';
const template = await bootstrapStack({ repository: REPOSITORY, repositoryId: '5001', ownerId: '6001' });
let github: GitHubDouble;
let sandbox: Sandbox;
let cloudFormation: CloudFormation;
let repository: Repository;
let environment: Environment;
let records: Bucket;

beforeEach(async () => {
  [github, sandbox] = await Promise.all([startGitHubDouble(), startSandbox()]);
  cloudFormation = new CloudFormation(sandbox, new BatchOperations(sandbox));
  vi.stubEnv('GITHUB_API_URL', github.url);
  vi.stubEnv('GITHUB_TOKEN', 'token-of-alice');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  prepareGitHub();
  await prepareAccount();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([github.stop(), sandbox.stop()]);
  expect(github.unknown).toEqual([]);
});

function prepareGitHub(): void {
  const { state } = github;
  repository = state.addRepository(REPOSITORY);
  repository.isPrivate = true;
  for (const login of ['alice', 'bob', 'carol']) state.addPerson(login);
  const reviewers = ['bob', 'carol'].map((login) => ({
    type: 'User' as const,
    reviewer: state.account(login),
  }));
  const gate = { reviewers, preventSelfReview: true, canAdminsBypass: false, branchPolicy: ['main'] };
  environment = state.addEnvironment(repository, 's3-rewind', gate);
  repository.commit(
    'main',
    new Map([...PUBLISHED].map(([file, text]) => [`.github/workflows/${file}`, copyOf(text)])),
    'copies of the workflows',
  );
  const lastRun = {
    created_at: new Date().toISOString(),
    status: 'completed',
    conclusion: 'success',
    html_url: 'https://github.com/x',
  };
  const path = '.github/workflows/cleanup.yml';
  repository.workflows.push({ id: 3, path, state: 'active', scheduledRuns: [lastRun] });
}

async function prepareAccount(): Promise<void> {
  const { roles } = cloudFormation;
  const outputs = Object.fromEntries(
    ['PlanRole', 'DeployRole', 'StartJobsRole', 'CleanupRole'].map((id) => {
      const arn = `arn:aws:iam::111122223333:role/s3-rewind/bootstrap/${id}`;
      const properties = template.resources[id]?.properties ?? {};
      roles.add(id, arn, { ...properties, Tags: [] });
      return [`${id}Arn`, arn];
    }),
  );
  const boundary = 'arn:aws:iam::111122223333:policy/s3-rewind/bootstrap/Boundary';
  roles.managedPolicies.add(boundary);
  roles.caller = 'arn:aws:sts::111122223333:assumed-role/PlanRole/run-1';
  cloudFormation.stacks.push({
    id: `arn:aws:cloudformation:us-east-1:111122223333:stack/${STACK}/1`,
    name: STACK,
    ...{ token: '', template: '', serviceRoleArn: '', parameters: [], tags: [], events: [], functions: [] },
    status: 'CREATE_COMPLETE',
    resolved: { ...template, outputs: { ...outputs, BoundaryArn: boundary } },
  });
  records = sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
  records.configurations.set(
    'publicAccessBlock',
    '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
  );
  const { PolicyDocument } = template.resources.RecordBucketPolicy?.properties ?? {};
  records.configurations.set('policy', JSON.stringify(PolicyDocument));
  records.configurations.set(
    'lifecycle',
    '<LifecycleConfiguration><Rule><ID>work</ID><Status>Enabled</Status><Prefix>work/</Prefix><Expiration><Days>14</Days></Expiration></Rule></LifecycleConfiguration>',
  );
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  const daily = { id: 'everything', format: 'CSV' as const };
  configure(bucket, daily);
  const stamp = `${new Date(Date.now() - 7_200_000).toISOString().slice(0, 13)}-00Z`;
  await putReport(sandbox.createBucket('inventory-bucket'), daily, { stamp });
}

const ALL = [
  '--repository',
  REPOSITORY,
  '--record-bucket',
  RECORDS,
  '--bootstrap-stack',
  STACK,
  '--bucket',
  BUCKET,
];

async function doctor(
  ...options: string[]
): Promise<{ status: number; report: DoctorReport; stdout: string }> {
  const { status, stdout } = await runCommand(
    ...['doctor', '--endpoint-url', sandbox.endpoint, '--force-path-style', '--quiet', '--json'],
    ...options,
  );
  return { status, stdout, report: JSON.parse(stdout) as DoctorReport };
}

const notOk = ({ checks }: DoctorReport) =>
  checks.filter(({ status }) => status !== 'ok').map(({ code, subject, status }) => [code, subject, status]);

test('a repository, an account and a bucket that are ready', async () => {
  const { status, report } = await doctor(...ALL);
  expect(notOk(report)).toEqual([
    ['RECORD_OBJECT_LOCK', RECORDS, 'not-checked'],
    ['SCHEDULE_ENABLED', 'drill.yml', 'warning'],
    ['SCHEDULE_ENABLED', 'extend-retention.yml', 'not-checked'],
    ['BUCKET_METADATA', BUCKET, 'warning'],
    ['BUCKET_INVENTORY_FIELDS', BUCKET, 'warning'],
  ]);
  expect(report.ready).toBe(true);
  expect(status).toBe(0);
  expect(doctorReportSchema.parse(report)).toEqual(report);
  expect(report.checks).toContainEqual(
    expect.objectContaining({
      code: 'ACCOUNT_IDENTITY',
      found: 'account 111122223333, as the role for plan',
    }),
  );
});

test('it reads, and changes nothing', async () => {
  await doctor(...ALL);
  expect(github.requests.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual([]);
  const operations = new Set(sandbox.requests.entries().map(({ operation }) => operation));
  expect([...operations].filter((operation) => !/^(Get|List|Head|Describe)/.test(operation))).toEqual([]);
});

test('a gate that is open: exit status 1, and what to click', async () => {
  environment.reviewers = null;
  environment.canAdminsBypass = true;
  const { status, report } = await doctor(...ALL);
  expect(status).toBe(1);
  expect(report.checks).toContainEqual(
    expect.objectContaining({
      code: 'GATE_ADMIN_BYPASS',
      status: 'problem',
      fix: expect.stringContaining('Settings, Environments, s3-rewind'),
    }),
  );
});

test('the token of a job: what it cannot read is unreadable, until somebody accepts it', async () => {
  github.state.addWorkflowToken('job', {
    actions: 'read',
    contents: 'read',
    'pull-requests': 'read',
    deployments: 'read',
  });
  vi.stubEnv('GITHUB_TOKEN', 'job');
  const refused = await doctor(...ALL);
  expect(refused.status).toBe(1);
  expect(notOk(refused.report)).toContainEqual(['ACTIONS_PULL_REQUESTS', REPOSITORY, 'unreadable']);
  const accepted = await doctor(...ALL, '--accept', 'ACTIONS_PULL_REQUESTS', 'ACTIONS_DEFAULT_PERMISSIONS');
  expect(accepted.status).toBe(0);
  github.state.addWorkflowToken('job', { contents: 'read' });
  const weak = await doctor(...ALL);
  expect(notOk(weak.report)).toContainEqual(['GATE_ENVIRONMENT', 's3-rewind', 'unreadable']);
  expect(notOk(weak.report)).toContainEqual(['TOKEN_PERMISSIONS', REPOSITORY, 'unreadable']);
});

test('tokens with IDs, and roles that trust names', async () => {
  repository.oidc = {
    use_default: true,
    use_immutable_subject: true,
    sub_claim_prefix: 'repo:my-org@6001/my-repo@5001',
  };
  expect((await doctor(...ALL)).status).toBe(0);
  const named = await bootstrapStack({ repository: REPOSITORY });
  const { PlanRole } = named.resources;
  cloudFormation.roles.add('PlanRole', 'arn', { ...PlanRole?.properties, Tags: [] });
  const { status, report } = await doctor(...ALL);
  expect(status).toBe(1);
  expect(notOk(report)).toContainEqual(['ROLE_TRUST', 'PlanRole', 'problem']);
});

test('what is not there: stack, boundary, role, bucket, workflow', async () => {
  cloudFormation.roles.byName.delete('DeployRole');
  cloudFormation.roles.managedPolicies.clear();
  const gone = await doctor(...ALL, '--bucket', 'not-there', '--workflow', 'drill.yml');
  expect(notOk(gone.report)).toEqual(
    expect.arrayContaining([
      ['BOUNDARY', STACK, 'problem'],
      ['ROLE_TRUST', 'DeployRole', 'problem'],
      ['BUCKET_ACCESS', 'not-there', 'problem'],
      ['SCHEDULE_ENABLED', 'drill.yml', 'problem'],
    ]),
  );
  cloudFormation.stacks.pop();
  expect(notOk((await doctor(...ALL)).report)).toContainEqual(['BOOTSTRAP_STACK', STACK, 'problem']);
});

test('what S3, IAM and STS deny is unreadable, one by one', async () => {
  const denied = [
    'GetBucketPolicy',
    'GetPublicAccessBlock',
    'ListObjectVersions',
    'ListBucketInventoryConfigurations',
    'GetBucketMetadataConfiguration',
    'GetRole',
    'GetPolicy',
    'GetCallerIdentity',
  ];
  for (const operation of denied)
    sandbox.faults.add({ operation, effect: { error: { code: 'AccessDenied', status: 403 } } });
  const { status, report } = await doctor(...ALL);
  expect(status).toBe(1);
  const unreadable = report.checks.filter((check) => check.status === 'unreadable').map(({ code }) => code);
  expect([...new Set(unreadable)]).toEqual([
    'ACCOUNT_IDENTITY',
    'BOUNDARY',
    'ROLE_TRUST',
    'RECORD_PRIVATE',
    'RECORD_TLS_ONLY',
    'BUCKET_ACCESS',
    'BUCKET_METADATA',
    'BUCKET_INVENTORY',
  ]);
});

test('a store that asks for patience is asked again; one that never answers is unreadable', async () => {
  const slow = { operation: 'ListObjectVersions', effect: { error: { code: 'SlowDown', status: 503 } } };
  sandbox.faults.add({ ...slow, times: 1 });
  expect((await doctor('--bucket', BUCKET)).status).toBe(0);
  sandbox.faults.add(slow);
  const { status, report } = await doctor('--bucket', BUCKET);
  expect(status).toBe(1);
  expect(notOk(report)).toContainEqual(['BUCKET_ACCESS', BUCKET, 'unreadable']);
});

test('a report that may not be read is unreadable, not missing', async () => {
  sandbox.faults.add({ operation: 'GetObject', effect: { error: { code: 'AccessDenied', status: 403 } } });
  const { report } = await doctor('--bucket', BUCKET);
  expect(notOk(report)).toContainEqual(['BUCKET_INVENTORY', BUCKET, 'unreadable']);
});

test('a bucket alone: the rest is not checked, with the way to include it', async () => {
  const { status, report } = await doctor('--bucket', BUCKET);
  expect(status).toBe(0);
  expect(report.checks.find(({ code }) => code === 'GATE_REVIEWERS')).toMatchObject({
    status: 'not-checked',
    fix: 'add --repository OWNER/NAME and --environment NAME',
  });
});

describe('for a person', () => {
  const print = (...options: string[]) =>
    runCommand('doctor', '--endpoint-url', sandbox.endpoint, '--force-path-style', '--quiet', ...options);

  test('tables within the width of a terminal, and what it comes to', async () => {
    environment.preventSelfReview = false;
    environment.canAdminsBypass = true;
    cloudFormation.roles.caller = `arn:aws:sts::111122223333:assumed-role/${'Role'.repeat(16)}/${'name'.repeat(16)}`;
    const { stdout, status } = await print(...ALL);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^The gate on GitHub$/m);
    expect(stdout).toMatch(/PROBLEM +│ GATE_ADMIN_BYPASS/);
    expect(stdout).toMatch(/Next: Settings, Environments, s3-rewind/);
    expect(stdout).toMatch(/^Not ready: /m);
    // Nothing is cut off, however long a word is.
    expect(stdout).not.toContain('…');
    const text = stdout.replaceAll(/[│\s]/g, '');
    expect(text).toContain(cloudFormation.roles.caller);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(140);
  });

  test('hostile names are shown, and do nothing', async () => {
    const hostile = 'x\x1b[2J\u202e|<!--@all-->';
    const bucket = sandbox.bucket(BUCKET);
    bucket.configurations.set(
      'lifecycle',
      `<LifecycleConfiguration><Rule><ID>&#x202e;[31m|</ID><Status>Enabled</Status><Filter></Filter><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>`.replace(
        '\x1b',
        '',
      ),
    );
    const { stdout, status } = await print(
      '--repository',
      REPOSITORY,
      '--environment',
      hostile,
      '--bucket',
      BUCKET,
    );
    expect(status).toBe(1);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('\\x1b[2J');
    const { stdout: json } = await doctor(
      '--repository',
      REPOSITORY,
      '--environment',
      hostile,
      '--bucket',
      BUCKET,
    );
    expect(json.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect((JSON.parse(json) as DoctorReport).checks.map(({ subject }) => subject)).toContain(hostile);
  });
});
